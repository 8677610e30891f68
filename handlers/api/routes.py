"""The routes of the HTTP API, and the boundary around each call."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.hdrs import METH_ANY as ANY
from pydantic import BaseModel, ValidationError

from core.domain.errors import AccessError
from core.ports import Clock
from core.services.context.terminals import TerminalIdentity
from core.services.services import Services
from handlers.api import problems
from handlers.api.callers import Callers
from handlers.api.calls import Call, document
from handlers.api.models import SigningDocument
from handlers.api.openapi import BASE, describe
from handlers.api.operations import SMALL, ApiOperation, operations
from handlers.api.policy_calls import YAML, PolicyCalls, PolicyDocuments
from handlers.api.problems import ProblemRaised
from handlers.flows.boundary import INCIDENT, InteractionCounter
from handlers.flows.pace import Pace
from handlers.words import sentences

LONGEST_READ = 10.0
"""Seconds in which a body must have come."""
_MEDIA = {"application/json", YAML}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """Everything that the API is made of."""

    services: Services
    terminals: TerminalIdentity
    documents: PolicyDocuments
    clock: Clock
    count: InteractionCounter
    version: str
    pace: Pace


def routes(parts: ApiParts) -> list[web.RouteDef]:
    """Every route there is. None answers a browser of another site: there is no CORS, and no cookie."""
    callers = Callers(parts.services.identity.machines, parts.terminals, parts.pace)
    known = operations(PolicyCalls(parts.documents))
    said = describe(known, parts.version)

    async def openapi(_: web.Request) -> web.Response:
        return web.json_response(said)

    async def signing(_: web.Request) -> web.Response:
        return document(SigningDocument(audience=parts.terminals.audience, region=parts.terminals.region))

    return [
        web.get(f"{BASE}/openapi.json", openapi, allow_head=False),
        web.get(f"{BASE}/signing", signing, allow_head=False),
        *(web.route(each.method, BASE + each.path, _Boundary(each, parts, callers).answer) for each in known),
        web.route("*", BASE + "{rest:(/.*)?}", _unknown),
    ]


async def _unknown(request: web.Request) -> web.Response:
    """Whatever is no call: a problem as well, with the methods of the path where it has some."""
    at_path = [(await each.resolve(request))[1] for each in request.app.router.resources()]
    methods = set().union(*at_path) - {ANY}
    if not methods:
        said = f"There is no such call: {BASE}/openapi.json lists those that there are."
        return problems.of_error(ProblemRaised(HTTPStatus.NOT_FOUND, said))
    allowed = ", ".join(sorted(methods))
    answer = problems.of_error(ProblemRaised(HTTPStatus.METHOD_NOT_ALLOWED, f"Methods of this path: {allowed}."))
    answer.headers["Allow"] = allowed
    return answer


class _Boundary:
    """Around one operation: who calls, may they, and what is answered when something goes wrong."""

    def __init__(self, operation: ApiOperation, parts: ApiParts, callers: Callers) -> None:
        self._operation = operation
        self._parts = parts
        self._callers = callers

    async def answer(self, request: web.Request) -> web.StreamResponse:
        begun = time.monotonic()
        outcome = "ok"
        try:
            return await self._answer(request)
        except (AccessError, ProblemRaised) as error:
            outcome = type(error).__name__
            return problems.of_error(error)
        except ValidationError as error:
            outcome = "body"
            return problems.of_body(error)
        except (web.HTTPException, ConnectionError):
            outcome = "connection"
            raise
        except Exception:
            outcome, incident = INCIDENT, secrets.token_hex(4)
            log.exception("unexpected failure", incident=incident, kind=self._operation.name)
            return problems.incident(sentences.incident(incident))
        finally:
            self._parts.count("api", outcome, time.monotonic() - begun)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        operation = self._operation
        body = await _body(request, operation)
        caller = await self._callers.prove(request, body)
        if operation.scope is not None:
            await self._callers.admit(caller, operation.scope)
        call = Call(self._parts.services, self._parts.clock, caller, request, body)
        return await operation.answer(call)


async def _body(request: web.Request, operation: ApiOperation) -> bytes:
    """No more than the operation takes, and of the kind that it takes."""
    takes = operation.takes
    largest = operation.largest if takes is not None else SMALL
    if (request.content_length or 0) > largest:
        raise ProblemRaised(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {largest // 1024} KiB here.")
    try:
        body = await asyncio.wait_for(request.read(), LONGEST_READ)
    except TimeoutError:
        raise ProblemRaised(HTTPStatus.REQUEST_TIMEOUT, "The body didn't come in time.") from None
    if len(body) > largest:
        raise ProblemRaised(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body has at most {largest // 1024} KiB here.")
    if takes is None and body:
        raise ProblemRaised(HTTPStatus.BAD_REQUEST, "This call takes no body.")
    if body and request.content_type not in _kinds(takes):
        raise ProblemRaised(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"The body must be {' or '.join(sorted(_kinds(takes)))}."
        )
    return body


def _kinds(takes: type[BaseModel] | str | None) -> set[str]:
    """JSON is YAML, too."""
    return {"application/json"} if isinstance(takes, type) else _MEDIA
