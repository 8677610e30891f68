"""The backlog: work that waits, since when, and leases that nobody can have taken, or that nobody takes over."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from core.adapters.storage.claims import LONGEST_LEASE
from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import (
    ArchiveRow,
    AssignmentRow,
    CommandRow,
    OutgoingRow,
    RequestRow,
    SharedRoundRow,
    SweepRow,
)
from core.domain.request import Status

_next_try_at = col(AssignmentRow.next_try_at)


class SqlBacklog:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def oldest_message(self) -> datetime | None:
        created_at = select(func.min(col(OutgoingRow.created_at))).where(col(OutgoingRow.closed_at).is_(None))
        return await self._session.first(created_at)

    async def oldest_act(self) -> datetime | None:
        received_at = select(func.min(col(CommandRow.received_at))).where(col(CommandRow.closed_at).is_(None))
        is_unjudged = col(RequestRow.closed_at).is_(None) & col(RequestRow.unjudged).is_(True)
        filed_at = select(func.min(col(RequestRow.created_at))).where(is_unjudged)
        found = [await self._session.first(each) for each in (received_at, filed_at)]
        return min(filter(None, found), default=None)

    async def oldest_assignment(self, now: datetime) -> datetime | None:
        """The oldest assignment that is due; one that waits for a slot waits for AWS, and is no neglect."""
        is_due = (_next_try_at <= now, self._session.is_free(col(AssignmentRow.held_until), now))
        return await self._session.first(select(func.min(_next_try_at)).where(*is_due))

    async def stale_leases(self, now: datetime, expired_before: datetime) -> Mapping[str, int]:
        start_at, due_at = col(RequestRow.start_at), col(SharedRoundRow.due_at)
        is_to_start = (
            (col(RequestRow.status) == Status.SCHEDULED.value)
            & col(RequestRow.unjudged).is_(False)
            & or_(start_at.is_(None), start_at <= now)
        )
        waits: Sequence[tuple[type, ColumnElement[bool]]] = (
            (RequestRow, is_to_start),
            (RequestRow, col(RequestRow.closed_at).is_(None) & col(RequestRow.unjudged).is_(True)),
            (AssignmentRow, _next_try_at <= expired_before),
            (OutgoingRow, col(OutgoingRow.closed_at).is_(None)),
            (CommandRow, col(CommandRow.closed_at).is_(None)),
            (ArchiveRow, col(ArchiveRow.next_try_at) <= expired_before),
            (SweepRow, col(SweepRow.id) == 1),
            (SharedRoundRow, due_at <= expired_before),
        )
        now, expired_before = self._session.leases.dated(now), self._session.leases.dated(expired_before)
        found = Counter[str]()
        for table, is_wanted in waits:
            held_until = table.held_until  # type: ignore[attr-defined]
            is_odd = or_(held_until > now + LONGEST_LEASE, held_until <= expired_before)
            odd = select(func.count()).select_from(table).where(is_wanted, is_odd)
            if count := await self._session.first(odd):
                found[str(table.__tablename__)] += count  # type: ignore[attr-defined]
        return found
