"""Rows that cannot be read: they wait for a release that knows them, and stop no others."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import update

from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import AssignmentRow, CommandRow, ExportRow, OutgoingRow

UNREADABLE_FOR = timedelta(minutes=1)
UNREADABLE = (ValueError, KeyError, TypeError)
"""The errors of reading a row that a newer release wrote, or a person."""

V = TypeVar("V")
R = TypeVar("R", AssignmentRow, OutgoingRow, CommandRow, ExportRow)

log = structlog.get_logger()


async def readable(
    session: StorageSession,
    table: type[R],
    rows: Sequence[R],
    value_of: Callable[[R], V],
    now: datetime,
    **changes: Any,
) -> tuple[V, ...]:
    """The claimed rows, as values.

    A row that cannot be read stays leased for a while, with these changes, and stops no other: it waits for a release
    that knows it.
    """
    values: list[V] = []
    for row in rows:
        try:
            values.append(value_of(row))
        except UNREADABLE:
            log.exception("row cannot be read", table=table.__tablename__, row=row.id, incident=secrets.token_hex(4))
            session.leases.keep(table, row.id)
            left = update(table).where(col(table.id) == row.id)
            await session.run(left.values(held_until=session.leases.dated(now) + UNREADABLE_FOR, **changes))
    return tuple(values)
