"""The narrow way to the database: every statement of every repository goes through one ``Session``.

That keeps three promises in one place: no foreign error comes out, no value is older than the
transaction that reads it, and listeners hear of new work exactly when it is committed.
"""

from collections.abc import Callable, Collection, Sequence
from enum import IntEnum, StrEnum
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, Delete, Insert, Select, Update, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import TypedReturnsRows

from core.adapters.storage.errors import translated
from core.adapters.storage.tables import Row

R = TypeVar("R")

CHANNEL = "teambot"
"""Where PostgreSQL announces new work. The payload names the kinds of it, with commas between."""


class Work(StrEnum):
    """What a commit may leave to be done."""

    ASSIGNMENTS = "assignments"
    OUTBOX = "outbox"
    EXPORTS = "exports"
    POLICIES = "policies"
    REQUESTS = "requests"


class Turn(IntEnum):
    """What only one transaction of all replicas may be at. The numbers are PostgreSQL's advisory lock keys."""

    SLOTS = 0x7EA_0001
    AUDIT = 0x7EA_0002
    MIGRATION = 0x7EA_0003
    PERSON = 0x7EA_0004
    """One a person: see ``take_turn_of``."""
    PINS = 0x7EA_0005


class Session:
    """One transaction of one unit of work."""

    def __init__(self, session: AsyncSession, dialect: str, on_work: Callable[[Collection[str]], None]) -> None:
        self._session = session
        self._on_work = on_work
        self._is_postgresql = dialect == "postgresql"
        self._work: set[Work] = set()

    async def all(self, statement: TypedReturnsRows[R]) -> Sequence[R]:
        with translated():
            result = await self._session.execute(statement, execution_options=_AS_IT_IS_NOW)
            return result.scalars().all()

    async def first(self, statement: TypedReturnsRows[R]) -> R | None:
        with translated():
            result = await self._session.execute(statement, execution_options=_AS_IT_IS_NOW)
            return result.scalars().first()

    async def tuples(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        with translated():
            return (await self._session.execute(statement)).all()

    async def run(self, statement: Insert | Update | Delete) -> int:
        """Returns how many rows were touched."""
        with translated():
            result = await self._session.execute(statement, execution_options=_AS_IT_IS_NOW)
            return cast("CursorResult[Any]", result).rowcount

    def insert(self, table: type[Row]) -> "postgresql.Insert | sqlite.Insert":
        """An INSERT in the dialect at hand, for its ON CONFLICT."""
        return postgresql.insert(table) if self._is_postgresql else sqlite.insert(table)

    async def take_turn(self, turn: Turn) -> None:
        """Wait until no other transaction is at this; held until the end of this one.

        On SQLite there is nothing to wait for: a unit of work is alone from its first statement on.
        """
        if self._is_postgresql:
            await self.all(select(func.pg_advisory_xact_lock(int(turn))))

    async def take_turn_of(self, person: str) -> None:
        """The same for what only one transaction at a time may do for one person."""
        if self._is_postgresql:
            await self.all(select(func.pg_advisory_xact_lock(func.hashtextextended(person, int(Turn.PERSON)))))

    async def hold_still(self) -> None:
        """Let every later read see the same moment, when nothing was read yet."""
        if self._is_postgresql and not self._session.in_transaction():
            with translated():
                await self._session.connection(execution_options={"isolation_level": "REPEATABLE READ"})

    def leaves(self, work: Work) -> None:
        """Note what the commit will leave to be done."""
        self._work.add(work)

    async def announce(self) -> None:
        """Wake whoever listens, when and only when this transaction commits."""
        if self._work and self._is_postgresql:
            await self.all(select(func.pg_notify(CHANNEL, ",".join(sorted(self._work)))))

    async def commit(self) -> None:
        with translated():
            await self._session.commit()
        work, self._work = self._work, set()
        if work:
            self._on_work(work)


_AS_IT_IS_NOW = {"populate_existing": True, "synchronize_session": False}
