"""The one statement by which due rows become somebody's for a while, and what happens to those that cannot be read."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col

from core.adapters.storage.session import Session
from core.adapters.storage.tables import ActRow, AssignmentRow, ExportRow, OutgoingRow, RequestRow, SummaryRow

LONGEST_LEASE = timedelta(minutes=10)
"""No lease lasts longer. One that claims to was taken by a replica whose clock is ahead."""

UNREADABLE_FOR = timedelta(minutes=1)
UNREADABLE = (ValueError, KeyError, TypeError)
"""What reading a row meets that a newer release wrote, or a hand."""

V = TypeVar("V")
C = TypeVar("C", RequestRow, AssignmentRow, OutgoingRow, ActRow, ExportRow, SummaryRow)

log = structlog.get_logger()


def is_free(held_until: Mapped[datetime | None], now: datetime) -> ColumnElement[bool]:
    """Nobody holds a lease that is still good.

    A lease that ends later than any may was dated by a clock that is ahead: should its replica have died, the row would
    be nobody's for as long as that. If it lives, the fence keeps the two apart.
    """
    return or_(held_until.is_(None), held_until <= now, held_until > now + LONGEST_LEASE)


def claim(
    table: type[C], due: Select[int], now: datetime, lease: timedelta, limit: int, **changes: Any
) -> ReturningUpdate[C]:
    """Lease the rows whose ids ``due`` selects, and return them, in no particular order.

    The selection stands in a common table expression because PostgreSQL may run a plain subquery more than
    once, and would then lease more than ``limit``. SKIP LOCKED (left out on SQLite, where writers queue)
    is what keeps two claimers from waiting for each other and then taking the same rows.
    """
    chosen = due.limit(limit).with_for_update(skip_locked=True).cte("due")
    return (
        update(table)
        .where(col(table.id).in_(select(chosen.c.id)))
        .values(held_until=now + lease, **changes)
        .returning(table)
    )


async def readable(
    session: Session, rows: Sequence[C], value_of: Callable[[C], V], now: datetime, **changes: Any
) -> tuple[V, ...]:
    """What was claimed, as values.

    A row that cannot be read stays leased for a while, with these changes, and stops no other: it waits for a release
    that knows it.
    """
    values: list[V] = []
    for row in rows:
        try:
            values.append(value_of(row))
        except UNREADABLE:
            log.exception("row cannot be read", table=row.__tablename__, row=row.id, incident=secrets.token_hex(4))
            left = update(type(row)).where(col(type(row).id) == row.id)
            await session.run(left.values(held_until=now + UNREADABLE_FOR, **changes))
    return tuple(values)
