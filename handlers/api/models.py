"""The documents that the HTTP API takes and gives. The OpenAPI document is made of these."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from core.domain.ids import show_request_id
from core.domain.open_requests import MOST_TARGETS
from core.domain.request import Request
from core.services.queries.request_queries import RequestView
from handlers.screens import history, request_texts, terminal

LONGEST_TEXT = 4000
"""Characters of any text that a call brings. The rules refuse a long justification in their own words before that."""
LONGEST_WORD = 300


class _Taken(BaseModel):
    """A body that a call brings: nothing is converted, and nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Given(BaseModel):
    """A body that is answered. Later releases may add fields."""

    model_config = ConfigDict(extra="forbid")


Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Word = Annotated[str, Field(max_length=LONGEST_WORD)]


class NamedTarget(_Taken):
    """One of several targets: a permission set in an account."""

    account: Word = Field(description="The account's id or name.", examples=["111122223333"])
    permission_set: Word = Field(description="The permission set's name, ARN or id.", examples=["ReadOnlyAccess"])


class FileRequest(_Taken):
    """A request for access, in the words of the form **Request access**.

    It is for a permission set in an account, for several of those, for membership of a group, or for all targets of a
    bundle.
    """

    account: Word = Field(default="", description="The account's id or name.", examples=["111122223333"])
    permission_set: Word = Field(
        default="",
        description="The permission set's name, ARN or id. It goes with an account.",
        examples=["ReadOnlyAccess"],
    )
    group: Word = Field(
        default="",
        description="The name or id of a group to be a member of, in place of an account.",
        examples=["Database operators"],
    )
    bundle: Word = Field(
        default="",
        description="The name of a bundle, in place of an account: a request for each of its targets, or none at all. "
        "Targets that the caller can't ask for, or that are gone, are left out, and counted in the answer.",
        examples=["incident"],
    )
    targets: list[NamedTarget] = Field(
        default=[],
        description=f"Up to {MOST_TARGETS} targets, in place of an account: a request for each, or none at all.",
        json_schema_extra={"maxItems": MOST_TARGETS},
    )
    duration: Word = Field(description="A length of time as people write it.", examples=["1h30", "45m"])
    justification: Text = Field(default="", description="What the access is needed for.")
    ticket: Word = Field(default="", description="The ticket, where settings ask for one.")
    start: Word = Field(
        default="", description="The start, with its offset (RFC 3339). Empty: now.", examples=["2026-11-30T09:00:00Z"]
    )


class EndRequest(_Taken):
    """The reason for withdrawing a request, or for ending access."""

    reason: Text = ""


class NamedThing(_Given):
    id: str
    name: str


class NamedAccount(NamedThing):
    path: list[str] = Field(description="Names of the organizational units above it, from the top down.")


class AccountTarget(_Given):
    account: NamedThing
    permission_set: NamedThing


class BundleDocument(_Given):
    """Targets under one word: those that the caller may ask for, and the number of the others."""

    name: str
    targets: list[AccountTarget]
    left_out: int


class TargetList(_Given):
    """The targets that the caller may ask for, best matches of the search first."""

    accounts: list[NamedAccount]
    permission_sets: list[NamedThing]
    groups: list[NamedThing]
    bundles: list[BundleDocument]


class RequestDocument(_Given):
    """A request. ``status`` is for programs, ``said`` is what people read; instants are UTC."""

    id: str = Field(examples=["R-1042"])
    status: str = Field(description="Later releases may add a status.", examples=["pending"])
    said: str = Field(examples=["🟡 Waiting for approval"])
    requester: NamedThing
    account: NamedThing | None = Field(description="None: membership of a group was asked for.")
    permission_set: NamedThing | None
    group: NamedThing | None = Field(description="The group whose membership was asked for.")
    minutes: int
    justification: str
    ticket: str
    created_at: datetime
    start_at: datetime | None = Field(description="The start that was asked for. None: as soon as it is decided.")
    access_since: datetime | None
    access_until: datetime | None
    closed_at: datetime | None
    decided_by: str
    ended_early_by: str
    filed_by_token: str = Field(description="The name of the token that filed it. Empty: a person did.")

    @classmethod
    def of(cls, request: Request, now: datetime) -> "RequestDocument":
        return cls(**_fields(request, now))


class RequestDetails(RequestDocument):
    """A request with its history, and what the caller may do with it now."""

    history: list[str]
    may_cancel: bool
    may_end: bool

    @classmethod
    def seen(cls, view: RequestView) -> "RequestDetails":
        return cls(
            **_fields(view.card.request, view.card.now),
            history=[terminal.write(line) for line in history.lines(view.events)],
            may_cancel=view.may_cancel,
            may_end=view.may_revoke,
        )


def _target(request: Request) -> dict[str, Any]:
    group = request.target.group
    if group is not None:
        return {"account": None, "permission_set": None, "group": NamedThing(id=group, name=request.account_name)}
    account = NamedThing(id=request.target.account, name=request.account_name)
    permission_set = NamedThing(id=request.target.permission_set, name=request.permission_set_name)
    return {"account": account, "permission_set": permission_set, "group": None}


def _fields(request: Request, now: datetime) -> dict[str, Any]:
    return {
        **_target(request),
        "id": show_request_id(request.id),
        "status": request.status.value,
        "said": terminal.write(request_texts.status_line(request, now)),
        "requester": NamedThing(id=request.requester, name=request.requester_name),
        "minutes": request.duration // timedelta(minutes=1),
        "justification": request.justification,
        "ticket": request.ticket,
        "created_at": request.created_at,
        "start_at": request.start_at,
        "access_since": request.window_start_at,
        "access_until": request.end_at,
        "closed_at": request.closed_at,
        "decided_by": request.decided_by,
        "ended_early_by": request.revoked_by,
        "filed_by_token": request.filed_by_token,
    }


class RequestList(_Given):
    """One page, newest first. ``next`` is the ``before`` of the next page; None where there is none."""

    requests: list[RequestDocument]
    next: str | None


class ActAnswer(_Given):
    """The outcome of an act, in the words of chat, and the request as it is now.

    Several targets, or a bundle, make several: ``requests`` has all of them, and ``request`` the first.
    """

    said: str
    request: RequestDocument | None = None
    requests: list[RequestDocument] = []
    left_out: int = Field(
        default=0, description="Targets of the bundle that the caller can't ask for, or that are gone."
    )


class PolicyProblem(_Given):
    """One fault of a policy document. ``line`` is 0 for the document as a whole."""

    line: int
    said: str


class PolicyCheck(_Given):
    """The effect that a policy document would have. Nothing is stored."""

    valid: bool
    revision: int = Field(description="The revision that is in effect, which it was compared with.")
    problems: list[PolicyProblem] = []
    warnings: list[str] = []
    added: list[str] = []
    removed: list[str] = []
    changed: list[str] = []
    waits_for_another_admin: bool = Field(default=False, description="It widens, and settings ask for a second admin.")


class PolicyAnswer(_Given):
    """The outcome of a change. ``revision`` is the one in effect now."""

    said: str
    revision: int


class CallerDocument(_Given):
    """The person whom the caller acts for."""

    user_id: str
    name: str
    user_name: str
    personas: list[str]
    token: str = Field(description="The name of the token. Empty for a person at a terminal.")
    scopes: list[str]


class SigningDocument(_Given):
    """The bot and the region that a call from a terminal is signed for."""

    audience: str
    region: str


class ProblemPart(_Given):
    """One reason. ``reason`` is for programs, ``said`` for people; ``field`` is the field to blame."""

    reason: str
    said: str
    field: str | None = None
    target: int | None = Field(
        default=None, description="The target that it is about: its place in `targets`, from 0. None: all of them."
    )


class ProblemDocument(_Given):
    """A problem (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[ProblemPart] = []
