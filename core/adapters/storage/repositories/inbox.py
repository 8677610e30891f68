"""The inbox: what people want done, kept until it is known what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, Text, case, delete, func, select, type_coerce, update
from sqlalchemy.sql.dml import ReturningUpdate

from core.adapters.storage.claims import NOW, claim, is_free
from core.adapters.storage.columns import col, param
from core.adapters.storage.mapping import columns_of_command, stored_command_of
from core.adapters.storage.readable import readable
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import CommandRow
from core.domain.commands import Command
from core.domain.errors import Conflict, NotFound
from core.domain.notices import Recipient
from core.ports import StoredCommand

FIRST_LEASE = timedelta(seconds=15)
"""For whoever took the command in. Another takes it up after that, and closing it twice is refused."""

AT_ONCE_OF_ONE = 3
"""Commands of one person that are under way together when they are taken up again (rule 26)."""

_id = col(CommandRow.id)
_ahead = col(CommandRow.ahead)
_is_open = col(CommandRow.closed_at).is_(None)
_ONE = select(CommandRow).where(_id == param("command"))
_OF_KEY = select(CommandRow).where(col(CommandRow.key) == param("delivered_as"))
_CLOSE = update(CommandRow).where(_id == param("command"), _is_open).returning(CommandRow)


class SqlInbox:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def put(self, command: Command, at: datetime) -> StoredCommand:
        flow = Recipient.chat(command.actor).id
        last = select(func.max(_ahead) + 1).where(_is_open, col(CommandRow.flow) == flow).scalar_subquery()
        new = self._session.insert(CommandRow).values(
            received_at=at,
            answer_later=False,
            attempts=0,
            faults=0,
            next_try_at=at,
            last_error="",
            held_until=self._session.leases.dated(at) + FIRST_LEASE,
            flow=flow,
            ahead=func.coalesce(last, 0),
            **columns_of_command(command),
        )
        row = await self._session.first(new.on_conflict_do_nothing(index_elements=["key"]).returning(CommandRow))
        if row is not None:
            self._session.leases.note(CommandRow, row)
        return stored_command_of(row or await self._one(_OF_KEY, {"delivered_as": command.key}))

    async def get(self, command_id: int) -> StoredCommand | None:
        row = await self._session.first(_ONE, {"command": command_id})
        return stored_command_of(row) if row else None

    async def forget(self, closed_before: datetime, limit: int, *, only: str = "") -> int:
        old = select(_id).where(col(CommandRow.closed_at) < closed_before)
        if only:
            old = old.where(type_coerce(col(CommandRow.outcome), Text).startswith(f'{{"result":"{only}"'))
        return await self._session.run(
            delete(CommandRow).where(_id.in_(old.order_by(col(CommandRow.closed_at)).limit(limit)))
        )

    async def drop(self, command_id: int) -> None:
        await self._session.run(delete(CommandRow).where(_id == command_id, ~_is_open))

    async def close(self, command_id: int, outcome: Mapping[str, object], at: datetime) -> StoredCommand:
        closed = {"command": command_id, "outcome": dict(outcome), "closed_at": at, "held_until": None}
        row = await self._session.first(_CLOSE, closed)
        if row is None:
            raise Conflict(f"what came of command {command_id} is recorded already")
        return stored_command_of(row)

    async def answer_later(self, command_id: int) -> StoredCommand:
        """Of this and ``close`` one comes first, and the other sees it: the outcome is told exactly once."""
        await self._session.run(update(CommandRow).where(_id == command_id, _is_open).values(answer_later=True))
        return stored_command_of(await self._one(_ONE, {"command": command_id}))

    async def claim_open(self, now: datetime, lease: timedelta, limit: int) -> Sequence[StoredCommand]:
        rows = await self._session.claim(CommandRow, _CLAIM, now, lease, limit)
        return await readable(self._session, CommandRow, sorted(rows, key=lambda row: row.id), stored_command_of, now)

    async def retry(self, command_id: int, at: datetime, error: str, *, is_fault: bool = False) -> None:
        later = {"next_try_at": at, "attempts": col(CommandRow.attempts) + 1, "last_error": error, "held_until": None}
        later["faults"] = col(CommandRow.faults) + int(is_fault)
        await self._session.run(update(CommandRow).where(_id == command_id, _is_open).values(**later))

    async def _one(self, statement: Select[CommandRow], given: Mapping[str, object]) -> CommandRow:
        row = await self._session.first(statement, given)
        if row is None:
            raise NotFound("there is no such act")
        return row


def _claim() -> ReturningUpdate[CommandRow]:
    is_due, free = (_is_open, col(CommandRow.next_try_at) <= NOW), is_free(col(CommandRow.held_until))
    place = func.row_number().over(partition_by=col(CommandRow.flow), order_by=(case((free, 1), else_=0), _ahead, _id))
    lines = select(_id.label("id"), place.label("place")).where(*is_due).subquery()
    called = select(lines.c.id).where(lines.c.place <= AT_ONCE_OF_ONE)
    due = select(_id).where(_id.in_(called), *is_due, free).order_by(_ahead, col(CommandRow.next_try_at), _id)
    return claim(CommandRow, due, answer_later=True)


_CLAIM = _claim()
