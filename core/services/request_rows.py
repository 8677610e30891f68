"""Requests as rows of a table, for spreadsheets: written page by page, however many there are."""

import asyncio
import csv
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.domain.approval import Verdict, Vote
from core.domain.ids import show_request_id
from core.domain.request import Request
from core.domain.search import Cursor, Search
from core.domain.spreadsheet import harmless
from core.ports import OpenUnit

PAGE = 500
COLUMNS = (
    *("request", "status", "person", "person_id", "account", "account_id", "permission_set", "permission_set_arn"),
    *(
        "asked_at",
        "wanted_start",
        "minutes",
        "extends",
        "active_from",
        "active_until",
        "closed_at",
        "justification",
        "ticket",
    ),
    *("approvals", "decided_by", "decided_at", "decision_comment", "ended_by", "end_reason", "failure"),
    *("eligibility_policies", "approval_policies", "policy_revision"),
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds: rows without the heading, and the digest of its bytes."""

    rows: int
    sha256: str


async def write_requests(look: OpenUnit, search: Search, file: Path, go_on: Callable[[], Awaitable[None]]) -> Written:
    """Write everything that fits as CSV. ``go_on`` is called after every page, with no unit of work open."""
    rows = 0
    with file.open("w", encoding="utf-8-sig", newline="") as opened:  # spreadsheets tell UTF-8 by its mark alone
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        async for page in _pages(look, search):
            writer.writerows(page)
            rows += len(page)
            await go_on()
    return Written(rows, await asyncio.to_thread(_digest, file))


async def _pages(look: OpenUnit, search: Search) -> AsyncIterator[list[list[object]]]:
    """The order of requests never changes, so pages that are read one after the other miss and double nothing."""
    before: Cursor | None = None
    while True:
        async with look() as unit:
            page = await unit.requests.search(search, limit=PAGE, before=before)
            votes = await unit.votes.of_several([request.id for request in page])
        yield [_row(request, votes.get(request.id, ())) for request in page]
        if len(page) < PAGE:
            return
        before = Cursor.of(page[-1])


def _row(request: Request, votes: Sequence[Vote]) -> list[object]:
    cells = (
        show_request_id(request.id),
        request.status.value,
        request.requester_name,
        request.requester,
        request.account_name,
        request.target.account,
        request.permission_set_name,
        request.target.permission_set,
        _instant(request.created_at),
        _instant(request.start_at),
        round(request.duration.total_seconds() / 60),
        show_request_id(request.extends) if request.extends else "",
        _instant(request.window_start_at),
        _instant((request.closed_at or request.end_at) if request.window_start_at else None),
        _instant(request.closed_at),
        request.justification,
        request.ticket,
        "; ".join(_vote(vote) for vote in votes),
        request.decided_by,
        _instant(request.decided_at),
        request.decision_comment,
        request.revoked_by,
        request.revoke_reason,
        request.failure,
        " ".join(request.eligibility_policies),
        " ".join(request.approval_policies),
        request.policy_revision,
    )
    return [harmless(cell) for cell in cells]


def _vote(vote: Vote) -> str:
    did = "approved" if vote.verdict is Verdict.APPROVE else "rejected"
    said = f": {vote.comment}" if vote.comment else ""
    return f"{vote.name} {did} {_instant(vote.at)}{said}"


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
