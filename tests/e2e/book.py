"""The database of the bot, read from beside it."""

import asyncio
import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from core.adapters.storage.address import is_sqlite

IN_HAND = """
SELECT (SELECT count(*) FROM outgoing WHERE closed_at IS NULL), (SELECT count(*) FROM act WHERE closed_at IS NULL),
  (SELECT count(*) FROM request WHERE status IN ('scheduled', 'granting', 'revoking'))
"""
BEHIND_ITS_CARD = "(attempts = 0 AND next_try_at > created_at) OR last_error LIKE '%its card comes first%'"
"""Such a message is sent within a second."""
HELD = " UNION ALL ".join(
    f"SELECT count(*) FROM {table} WHERE {is_held}"  # noqa: S608
    for table, is_held in (
        ("outgoing", f"closed_at IS NULL AND (held_until IS NOT NULL OR {BEHIND_ITS_CARD})"),
        ("act", "closed_at IS NULL AND held_until IS NOT NULL"),
        ("assignment", "held_until IS NOT NULL"),
    )
)
NAMES = ("messages", "acts", "requests")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the book has it."""

    id: int
    status: str
    requester: str
    target: tuple[str, str]
    """The account and the ARN of the permission set."""

    @property
    def number(self) -> str:
        return f"R-{self.id}"

    @property
    def is_open(self) -> bool:
        """Something may still come of it."""
        return self.status in {"pending", "scheduled", "granting", "active", "revoking"}


class Book:
    def __init__(self, url: str) -> None:
        self.address = make_url(url)
        self.is_sqlite = is_sqlite(self.address)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        if self.is_sqlite:
            return await asyncio.to_thread(self._sqlite, statement)
        connection = await self.connect()
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    async def connect(self) -> Any:
        """A connection of one's own to PostgreSQL."""
        return await asyncpg.connect(self.address.set(drivername="postgresql").render_as_string(hide_password=False))

    def _sqlite(self, statement: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(str(self.address.database), timeout=30)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    async def in_hand(self) -> dict[str, int]:
        """The bot's work still to do, by kind; empty when it is at rest."""
        (counts,) = await self.rows(IN_HAND)
        return {name: count for name, count in zip(NAMES, counts, strict=True) if count}

    async def past_end(self, now: datetime) -> int:
        """The number of requests that are active although their time is over."""
        found = await self.rows("SELECT end_at FROM request WHERE status = 'active'")
        ends = [end if isinstance(end, datetime) else datetime.fromisoformat(end) for (end,) in found]
        return sum((end if end.tzinfo else end.replace(tzinfo=UTC)) <= now for end in ends)

    async def held(self) -> int:
        """The number of leases that a process holds, or held when it died, and of messages about to be sent."""
        try:
            return sum(count for (count,) in await self.rows(HELD))
        except (sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            return 1  # it is away: whoever works on something cannot say so

    async def last_request(self) -> int:
        ((last,),) = await self.rows("SELECT max(id) FROM request")
        return last or 0

    async def requests(self, after: int = 0) -> list[Asked]:
        found = await self.rows(
            f"SELECT id, status, requester, account_id, permission_set_arn FROM request WHERE id > {after} ORDER BY id"  # noqa: S608
        )
        return [Asked(number, status, who, (account, arn)) for number, status, who, account, arn in found]

    async def events(self, after: int = 0) -> list[tuple[int, str]]:
        """The events of each request, in the order of the audit trail: its number, and the action."""
        found = await self.rows(
            f"SELECT request_id, body FROM audit_event WHERE request_id > {after} ORDER BY seq"  # noqa: S608
        )
        return [(number, str(json.loads(body)["action"])) for number, body in found]

    async def undeliverable(self, after: int = 0) -> set[int]:
        """The requests about which something could not be said."""
        found = await self.rows(f"SELECT request_id FROM outgoing WHERE undeliverable AND request_id > {after}")  # noqa: S608
        return {number for (number,) in found}

    async def alarms(self) -> list[str]:
        """Those that stand."""
        return [f"{kind} {facts}" for kind, facts in await self.rows("SELECT kind, facts FROM alarm")]
