"""Requests as rows of a table, for spreadsheets: written page by page, however many there are."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.domain.approval import Verdict, Vote
from core.domain.durations import MINUTE, show_duration
from core.domain.errors import NotFound
from core.domain.ids import show_request_id
from core.domain.machines import is_at_terminal
from core.domain.people import ChatUser, Person
from core.domain.request import Request
from core.domain.search import Cursor, Search
from core.ports import Export, OpenUnit
from core.services.audit.export_maker import ExportFile, write_table
from core.services.queries.request_search import RequestSearch, unknown_addresses

PAGE = 500
OF_OTHERS, OF_ADDRESSES = "of_others", "of_addresses"
"""Gaps in a file: what an approver does not see, and who has left and was searched for by address."""
COLUMNS = (
    *("request", "status", "person", "person_id", "account", "account_id", "permission_set", "permission_set_arn"),
    *("asked_at", "wanted_start", "minutes_asked", "minutes", "extends", "active_from", "active_until", "closed_at"),
    *("justification", "ticket", "approvals", "decided_by", "decided_at", "decision_comment"),
    *("ended_by", "end_reason", "failure", "eligibility_policies", "approval_policies", "policy_revision"),
    *("submission", "asked_through"),
)
"""``minutes`` is what holds: less than what was asked for where an approver shortened it."""


class RequestRows:
    """Makes the file of everything that a search finds; a subject is a search as it is written."""

    def __init__(self, look: OpenUnit, search: RequestSearch) -> None:
        self._look = look
        self._search = search

    def file_name(self, export: Export) -> str:
        return f"team-requests-{export.asked_at:%Y-%m-%d-%H%M%S}.csv"

    async def allowed(self, chat_user: ChatUser, subject: str) -> Person:
        """Raises NotFound as well for what is no search."""
        reader = await self._search.confirmed_reader(chat_user)
        if self._search.read(subject).puzzles:
            raise NotFound
        return reader.person

    async def write(self, person: Person, subject: str, file: Path) -> ExportFile:
        search = await self._search.resolved(self._search.read(subject).search)
        sees_everything = (await self._search.reader_again(person)).sees is None
        written = await write_table(file, COLUMNS, self._pages(person, search))
        if not sees_everything:  # whether an address exists is not for them
            return replace(written, lacks=(OF_OTHERS,))
        return replace(written, lacks=(OF_ADDRESSES,)) if unknown_addresses(search) else written

    async def _pages(self, person: Person, search: Search) -> AsyncIterator[list[Iterator[object]]]:
        """The order of requests never changes, so pages that are read one after the other miss and double nothing.

        What the reader sees is resolved again for each (rule 22): Refused when that is nothing by then.
        """
        before: Cursor | None = None
        while True:
            reader = await self._search.reader_again(person)
            async with self._look() as unit:
                page = await unit.requests.search(search, limit=PAGE, before=before, among=reader.sees)
                votes = await unit.votes.of_several([request.id for request in page])
            yield [_row(request, votes.get(request.id, ())) for request in page]
            if len(page) < PAGE:
                return
            before = Cursor.of(page[-1])


def _row(request: Request, votes: Sequence[Vote]) -> Iterator[object]:
    yield show_request_id(request.id)
    yield request.status.value
    yield request.requester_name
    yield request.requester
    yield request.account_name
    yield request.target.account
    yield request.permission_set_name
    yield request.target.permission_set
    yield _instant(request.created_at)
    yield _instant(request.start_at)
    yield round((request.asked_duration or request.duration) / MINUTE)
    yield round(request.duration / MINUTE)
    yield show_request_id(request.extends) if request.extends else ""
    yield _instant(request.window_start_at)
    yield _instant((request.closed_at or request.end_at) if request.window_start_at else None)
    yield _instant(request.closed_at)
    yield request.justification
    yield request.ticket
    yield "; ".join(_vote(vote) for vote in votes)
    yield request.decided_by
    yield _instant(request.decided_at)
    yield request.decision_comment
    yield request.revoked_by
    yield request.revoke_reason
    yield request.failure
    yield " ".join(request.eligibility_policies)
    yield " ".join(request.approval_policies)
    yield request.policy_revision
    yield show_request_id(request.submission) if request.submission else ""
    yield _asked_through(request)


def _asked_through(request: Request) -> str:
    """``slack``, ``teams``, ``terminal``, or ``token`` with its name."""
    if request.filed_by_token:
        return f"token {request.filed_by_token}"
    if is_at_terminal(request.requester_chat):
        return "terminal"
    return request.requester_chat.platform if request.requester_chat else ""


def _vote(vote: Vote) -> str:
    did = "approved" if vote.verdict is Verdict.APPROVE else "rejected"
    length = f" for {show_duration(vote.allowed)}" if vote.allowed is not None else ""
    said = f": {vote.comment}" if vote.comment else ""
    return f"{vote.name} {did}{length} {_instant(vote.at)}{said}"


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
