"""The operations of the HTTP API, as a table: the routes and the OpenAPI document are made of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from core.domain.machines import Scope
from core.domain.visibility import personas
from handlers.api import request_calls, target_calls, trail_calls
from handlers.api.calls import Call, document
from handlers.api.models import (
    ActAnswer,
    CallerDocument,
    EndRequest,
    FileRequest,
    PolicyAnswer,
    PolicyCheck,
    RequestDetails,
    RequestList,
    TargetList,
)
from handlers.api.policy_calls import YAML, PolicyCalls

Answer = type[BaseModel] | str
"""A document, or the media type of something else."""
SMALL, LARGE = 64 * 1024, 1024 * 1024
"""Bytes of a body."""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    does: str
    place: str = "query"
    is_number: bool = False
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One call: its scope is asked for before anything else of it is read."""

    name: str
    method: str
    path: str
    does: str
    scope: Scope | None
    """None: whoever has proved who they are."""
    answer: Callable[[Call], Awaitable[web.StreamResponse]]
    gives: Mapping[HTTPStatus, Answer]
    takes: Answer | None = None
    parameters: Sequence[Parameter] = field(default_factory=tuple)
    largest: int = SMALL


KEY = Parameter(
    "Idempotency-Key", "Makes the same act sent twice one act: it answers with what came of the first.", "header"
)
ID = Parameter("id", "The number of a request, like R-1042.", "path", is_required=True)
BEFORE = Parameter("before", "The value of `next` from the page before.")
_ACT: Mapping[HTTPStatus, Answer] = {HTTPStatus.OK: ActAnswer, HTTPStatus.ACCEPTED: ActAnswer}


def operations(policies: PolicyCalls) -> tuple[ApiOperation, ...]:
    """All of them."""
    return (*_looking(), _targets(), *_acting(), *_policies(policies), _trail(), _caller())


def _looking() -> tuple[ApiOperation, ...]:
    ok = HTTPStatus.OK
    search = Parameter("search", "A search as in `/team audit`, among the requests that the caller may see.")
    return (
        ApiOperation(
            "listRequests",
            "GET",
            "/requests",
            "Lists requests, the newest first, ten a page: the caller's own, or those that a search finds.",
            Scope.READ_REQUESTS,
            request_calls.list_requests,
            {ok: RequestList},
            parameters=(search, BEFORE),
        ),
        ApiOperation(
            "showRequest",
            "GET",
            "/requests/{id}",
            "Shows a request with its history.",
            Scope.READ_REQUESTS,
            request_calls.show_request,
            {ok: RequestDetails},
            parameters=(ID,),
        ),
    )


def _targets() -> ApiOperation:
    return ApiOperation(
        "listTargets",
        "GET",
        "/targets",
        "Lists what the caller may ask for: accounts, permission sets, groups and bundles, at most 100 of each kind.",
        Scope.FILE_REQUESTS,
        target_calls.list_targets,
        {HTTPStatus.OK: TargetList},
        parameters=(
            Parameter("search", "A part of a name, as one types it in the form."),
            Parameter("account", "An account's id: only permission sets that may be asked for there."),
            Parameter("permission_set", "A permission set's ARN: only accounts where it may be asked for."),
        ),
    )


def _acting() -> tuple[ApiOperation, ...]:
    filed = {HTTPStatus.CREATED: ActAnswer, HTTPStatus.ACCEPTED: ActAnswer}
    return (
        ApiOperation(
            "fileRequest",
            "POST",
            "/requests",
            "Files a request, or one for each of several targets. What a token files waits for a person's approval, "
            "whatever the policies say.",
            Scope.FILE_REQUESTS,
            request_calls.file_request,
            filed,
            FileRequest,
            (KEY,),
        ),
        ApiOperation(
            "cancelRequest",
            "POST",
            "/requests/{id}/cancel",
            "Withdraws an own request before it has begun.",
            Scope.END_ACCESS,
            request_calls.cancel_request,
            _ACT,
            EndRequest,
            (ID, KEY),
        ),
        ApiOperation(
            "endAccess",
            "POST",
            "/requests/{id}/end",
            "Ends access early, or calls it off.",
            Scope.END_ACCESS,
            request_calls.end_access,
            _ACT,
            EndRequest,
            (ID, KEY),
        ),
    )


def _policies(policies: PolicyCalls) -> tuple[ApiOperation, ...]:
    ok = HTTPStatus.OK
    revision = Parameter(
        "If-Match", "The ETag of the policies that the document is made from.", "header", is_required=True
    )
    why = Parameter("why", "The reason, kept in the history.", is_required=True)
    return (
        ApiOperation(
            "readPolicies",
            "GET",
            "/policies",
            "Gives policies and settings as YAML. Their revision is the ETag.",
            Scope.READ_POLICIES,
            policies.read,
            {ok: YAML},
        ),
        ApiOperation(
            "checkPolicies",
            "POST",
            "/policies/check",
            "Says what is wrong with a document, and what it would change. Nothing is stored.",
            Scope.READ_POLICIES,
            policies.check,
            {ok: PolicyCheck},
            YAML,
            largest=LARGE,
        ),
        ApiOperation(
            "putPolicies",
            "PUT",
            "/policies",
            "Changes policies and settings. 202: it widens, and waits for another admin.",
            Scope.WRITE_POLICIES,
            policies.put,
            {ok: PolicyAnswer, HTTPStatus.ACCEPTED: PolicyAnswer},
            YAML,
            (revision, why, KEY),
            LARGE,
        ),
    )


def _trail() -> ApiOperation:
    return ApiOperation(
        "readTrail",
        "GET",
        "/audit",
        "Streams events of the audit trail, an event a line, in order.",
        Scope.READ_AUDIT,
        trail_calls.read_trail,
        {HTTPStatus.OK: trail_calls.NDJSON},
        parameters=(
            Parameter("after", "The number of the last event that the caller has.", is_number=True),
            Parameter("limit", "The most events to send: 1,000 by default, 10,000 at most.", is_number=True),
        ),
    )


def _caller() -> ApiOperation:
    return ApiOperation(
        "whoAmI",
        "GET",
        "/whoami",
        "Says whom the caller acts for, and what it may do.",
        None,
        who_am_i,
        {HTTPStatus.OK: CallerDocument},
    )


async def who_am_i(call: Call) -> web.Response:
    person = await call.services.identity.identify(call.caller.machine, fresh=True)
    held = personas(await call.services.policies.current(), person)
    return document(
        CallerDocument(
            user_id=person.id,
            name=person.principal.name,
            user_name=person.principal.user_name,
            personas=sorted(each.value for each in held),
            token=person.token,
            scopes=sorted(each.value for each in call.caller.scopes),
        )
    )
