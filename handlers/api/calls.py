"""One call of the HTTP API: what it brought, and the answers that all have in common."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TypeVar
from uuid import uuid4

from aiohttp import web
from pydantic import BaseModel

from core.domain.errors import NotFound
from core.domain.ids import RequestId, read_request_id
from core.domain.outcome import InHand, Outcome, Result
from core.domain.request import Request
from core.ports import Clock
from core.services.queries.form_options import NOTHING_LEFT_OUT, LeftOut
from core.services.services import Services
from handlers.api.callers import Caller
from handlers.api.models import ActAnswer, RequestDocument
from handlers.api.problems import ProblemRaised, of_outcome
from handlers.screens import terminal
from handlers.screens.target_list import left_out_of_bundle
from handlers.words import sentences

ACT_WITHIN = timedelta(seconds=10)
"""The time that an act may take before its caller is told that it is stored, and asks again."""
ASK_AGAIN = "It's stored, and not done yet. Send it again with the same Idempotency-Key to read what came of it."
LONGEST_KEY = 100
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """``body`` is the raw one; ``key`` makes the same act sent twice one act, and no other act the same."""

    services: Services
    clock: Clock
    caller: Caller
    request: web.Request
    body: bytes

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query

    @property
    def key(self) -> str:
        given = self.request.headers.getall("Idempotency-Key", [])
        if not given:
            return f"api:{uuid4().hex}"
        if len(given) > 1 or not 1 <= len(given[0]) <= LONGEST_KEY or not given[0].isprintable():
            raise ProblemRaised(
                HTTPStatus.BAD_REQUEST, f"Idempotency-Key must be one text of at most {LONGEST_KEY} characters."
            )
        based_on = "".join(f"{each}\n" for each in self.request.headers.getall("If-Match", []))
        act = f"{self.request.method} {self.request.path_qs}\n{based_on}".encode(errors="surrogateescape") + self.body
        return f"api:{hashlib.sha256(act).hexdigest()}:{given[0]}"

    def read(self, model: type[M]) -> M:
        """The body as a document. ValidationError when it is none."""
        return model.model_validate_json(self.body or b"{}")

    @property
    def request_id(self) -> RequestId:
        """Of the request that the path names. NotFound for what is no number."""
        found = read_request_id(self.request.match_info["id"])
        if found is None:
            raise NotFound
        return found

    def number(self, name: str, *, otherwise: int, least: int, most: int) -> int:
        """A whole number of the query."""
        given = self.query.get(name)
        if given is None:
            return otherwise
        if not (given.isascii() and given.isdigit()) or len(given) > 18 or not least <= int(given) <= most:
            raise ProblemRaised(HTTPStatus.BAD_REQUEST, f"{name} must be a number from {least} to {most}.")
        return int(given)

    async def answer_to(self, outcome: Outcome | InHand, left_out: LeftOut = NOTHING_LEFT_OUT) -> web.Response:
        """The answer to an act about a request. ``left_out``: the part of a bundle that was not asked for."""
        if isinstance(outcome, InHand):
            return document(ActAnswer(said=ASK_AGAIN), HTTPStatus.ACCEPTED, {"Retry-After": "5"})
        request = await self.services.request_queries.request(outcome.request_id) if outcome.request_id else None
        now = self.clock.now()
        said = sentences.outcome(outcome, request, now, self.caller.machine)
        if outcome.result not in _DONE:
            return of_outcome(outcome, said)
        made = await self._made(outcome, request)
        several = [RequestDocument.of(each, now) for each in made]
        said = " ".join([said, *map(terminal.write, left_out_of_bundle(left_out))])
        status = HTTPStatus.CREATED if outcome.result is Result.SUBMITTED else HTTPStatus.OK
        first = several[0] if several else None
        return document(ActAnswer(said=said, request=first, requests=several, left_out=left_out.count), status)

    async def _made(self, outcome: Outcome, request: Request | None) -> Sequence[Request]:
        """All requests of a form that asked for several targets, else the one that the act was about."""
        if not outcome.together:
            return [request] if request is not None else []
        found = [await self.services.request_queries.request(each) for each in outcome.together]
        return [each for each in found if each is not None]


_DONE = frozenset({Result.SUBMITTED, Result.CANCELLED, Result.REVOKED})


def document(
    model: BaseModel, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status, text=model.model_dump_json(), content_type="application/json", headers=dict(headers or {})
    )
