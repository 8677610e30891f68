"""Leases: due rows that are somebody's for a while.

Replicas' clocks differ by seconds, and a lease must mean the same to all of them: it is dated by the database's clock,
as far as this process knows that one.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Select, Update, bindparam, or_, select, update
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.dml import ReturningUpdate

from core.adapters.storage.columns import AT_MOST, col
from core.adapters.storage.tables import (
    ArchiveRow,
    AssignmentRow,
    CommandRow,
    ExportRow,
    OutgoingRow,
    RequestRow,
    SharedRoundRow,
    SummaryRow,
    SweepRow,
)
from core.adapters.storage.types import UtcDateTime

LONGEST_LEASE = timedelta(minutes=2)
"""No lease lasts longer, nor does the pause of a start. One that claims to was dated by a clock that is ahead."""
REMEMBERED_FOR = 2 * LONGEST_LEASE.total_seconds()

Leased: TypeAlias = (
    RequestRow
    | AssignmentRow
    | OutgoingRow
    | CommandRow
    | ExportRow
    | ArchiveRow
    | SummaryRow
    | SweepRow
    | SharedRoundRow
)
QUEUES: tuple[type[Leased], ...] = (
    RequestRow,
    AssignmentRow,
    OutgoingRow,
    CommandRow,
    ExportRow,
    ArchiveRow,
    SummaryRow,
    SweepRow,
    SharedRoundRow,
)
NOW = bindparam("claimed_at", type_=UtcDateTime())
"""In a statement that is built once, and executed with what ``moments`` says: by this process's clock."""
_DATED, _TOO_LONG = bindparam("claimed_at_dated", type_=UtcDateTime()), bindparam("too_long", type_=UtcDateTime())
_UNTIL = bindparam("leased_until", type_=UtcDateTime())
C = TypeVar("C", RequestRow, AssignmentRow, OutgoingRow, CommandRow, ExportRow, ArchiveRow, SummaryRow, SweepRow)
Key: TypeAlias = tuple[type[Leased], int | str]


class Leases:
    """Those of this process: how they are dated, and which it holds, to be given back when it ends."""

    def __init__(self) -> None:
        self.ahead: Callable[[], timedelta] = timedelta
        """The difference by which this process's clock is ahead of the database's."""
        self.is_closed = False
        """Nothing more is leased: the process is about to end."""
        self._held: OrderedDict[Key, tuple[float, datetime]] = OrderedDict()

    def dated(self, at: datetime) -> datetime:
        """A moment of this process's clock, by the database's."""
        return at - self.ahead()

    def note(self, table: type[Leased], row: Any) -> None:
        """Remember a lease, as long as one may last."""
        now, key = time.monotonic(), (table, row.name if table is SharedRoundRow else row.id)
        if row.held_until is not None:
            self._held[key] = (now, row.held_until)
            self._held.move_to_end(key)
        while self._held and next(iter(self._held.values()))[0] < now - REMEMBERED_FOR:
            self._held.popitem(last=False)

    def keep(self, table: type[Leased], number: int) -> None:
        """It is not to be given back: only when it runs out is it known that nothing comes of it any more."""
        self._held.pop((table, number), None)

    def held(self) -> Mapping[Key, datetime]:
        """Until when each one lasts, those that were given up since among them."""
        return {key: until for key, (_, until) in self._held.items()}


def is_free(
    held_until: Mapped[datetime | None],
    now: datetime | BindParameter[datetime] = _DATED,
    too_long: datetime | BindParameter[datetime] = _TOO_LONG,
) -> ColumnElement[bool]:
    """Nobody holds a lease that is still good. ``now`` is dated, and ``too_long`` the ``LONGEST_LEASE`` after it.

    A lease that ends later than any may was dated by a clock that is ahead: should its replica have died, the row would
    be nobody's for as long as that. If it lives, the fence keeps the two apart.
    """
    return or_(held_until.is_(None), held_until <= now, held_until > too_long)


def claim(table: type[C], due: Select[int], **changes: Any) -> ReturningUpdate[C]:
    """Lease the rows whose ids ``due`` selects, and return them, in no particular order; executed with ``moments``.

    The selection stands in a common table expression because PostgreSQL may run a plain subquery more than
    once, and would then lease more than the limit. SKIP LOCKED (left out on SQLite, where writers queue)
    is what keeps two claimers from waiting for each other and then taking the same rows.
    """
    chosen = due.limit(AT_MOST).with_for_update(skip_locked=True).cte("due")
    return (
        update(table)
        .where(col(table.id).in_(select(chosen.c.id)))
        .values(held_until=_UNTIL, **changes)
        .returning(table)
    )


def moments(now: datetime, dated: datetime, lease: timedelta, limit: int) -> Mapping[str, Any]:
    """The parameters of a ``claim``."""
    return {
        NOW.key: now,
        _DATED.key: dated,
        _TOO_LONG.key: dated + LONGEST_LEASE,
        _UNTIL.key: dated + lease,
        AT_MOST.key: limit,
    }


def given_back(key: Key, until: datetime) -> Update:
    """End a lease before its time, unless it has ended, or is another's by now: then it ends at another moment."""
    table, named = key
    name = col(SharedRoundRow.name) if table is SharedRoundRow else col(table.id)  # type: ignore[union-attr]
    return update(table).where(name == named, col(table.held_until) == until).values(held_until=None)
