"""Calls about requests: list, show, file, withdraw, end. Every rule is the use case's."""

from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from core.domain.commands import CancelRequest, RevokeAccess, SubmitRequest, SubmitTogether
from core.domain.evaluation import RequestedAccess
from core.domain.ids import RequestId, read_request_id, show_request_id
from core.domain.search import Cursor
from handlers.api.calls import ACT_WITHIN, Call, document
from handlers.api.models import EndRequest, FileRequest, RequestDetails, RequestDocument, RequestList
from handlers.api.problems import ProblemRaised
from handlers.api.wanted_targets import wanted_by
from handlers.words import search_words


async def list_requests(call: Call) -> web.Response:
    """Own requests; with ``search``, those that the caller may see."""
    if "search" in call.query:
        return await _search(call, call.query["search"])
    before = _number(call.query["before"]) if "before" in call.query else None
    page = await call.services.request_queries.own(call.caller.machine, before)
    now = call.clock.now()
    following = show_request_id(page.requests[-1].id) if page.more else None
    return document(RequestList(requests=[RequestDocument.of(each, now) for each in page.requests], next=following))


async def _search(call: Call, typed: str) -> web.Response:
    parsed = call.services.search.read(typed)
    if parsed.puzzles:
        raise ProblemRaised(HTTPStatus.BAD_REQUEST, " ".join(map(search_words.puzzle, parsed.puzzles)))
    before = Cursor.read(call.query["before"]) if "before" in call.query else None
    if "before" in call.query and before is None:
        raise _not_from_here()
    page = await call.services.search.page(call.caller.machine, parsed.search, before=before)
    now = call.clock.now()
    following = str(page.older) if page.older else None
    return document(RequestList(requests=[RequestDocument.of(each, now) for each in page.requests], next=following))


async def show_request(call: Call) -> web.Response:
    return document(RequestDetails.seen(await call.services.request_queries.show(call.caller.machine, call.request_id)))


async def file_request(call: Call) -> web.Response:
    """File requests; those of a token wait for a person."""
    user, asked = call.caller.machine, call.read(FileRequest)
    wanted = await wanted_by(call, asked)
    access = RequestedAccess(wanted.targets[0], wanted.duration, asked.justification, _start(asked.start), asked.ticket)
    command = (
        SubmitTogether(user, call.key, access=access, others=wanted.targets[1:])
        if len(wanted.targets) > 1
        else SubmitRequest(user, call.key, access=access)
    )
    outcome = await call.services.commands.perform(command, ACT_WITHIN)
    return await call.answer_to(wanted.as_written(outcome), wanted.left_out)


async def cancel_request(call: Call) -> web.Response:
    reason = call.read(EndRequest).reason
    command = CancelRequest(call.caller.machine, call.key, request_id=call.request_id, reason=reason)
    return await call.answer_to(await call.services.commands.perform(command, ACT_WITHIN))


async def end_access(call: Call) -> web.Response:
    reason = call.read(EndRequest).reason
    command = RevokeAccess(call.caller.machine, call.key, request_id=call.request_id, reason=reason)
    return await call.answer_to(await call.services.commands.perform(command, ACT_WITHIN))


def _start(typed: str) -> datetime | None:
    if not typed.strip():
        return None
    try:
        start_at = datetime.fromisoformat(typed.strip())
        if start_at.tzinfo is not None:
            return start_at.astimezone(UTC)
    except (ValueError, OverflowError):  # no moment, or one beyond all calendars
        pass
    raise ProblemRaised(HTTPStatus.BAD_REQUEST, "start: write a moment with its offset, like 2026-11-30T09:00:00Z.")


def _number(typed: str) -> RequestId:
    found = read_request_id(typed)
    if found is None:
        raise _not_from_here()
    return found


def _not_from_here() -> ProblemRaised:
    return ProblemRaised(HTTPStatus.BAD_REQUEST, "before: give the value of next from the page before.")
