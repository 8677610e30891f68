"""The process's own work, round after round, and the times when it has something to do."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlmodel import col

from core.adapters.storage.engine import Database
from core.adapters.storage.session import only_looking
from core.adapters.storage.tables import AssignmentRow, CommandRow, OutgoingRow, RequestRow
from core.domain.assignment import ALARM_AFTER
from core.domain.errors import Upstream
from core.domain.request import Status
from core.services.services import Services
from tests.fakes.clock import FakeClock
from tests.services.company import MINUTE, SECOND

MOST_ROUNDS = 500
RESTS_UNTIL_AN_END = exists().where(
    col(RequestRow.status) == Status.ACTIVE.value,
    col(RequestRow.requester) == col(AssignmentRow.principal_id),
    col(RequestRow.account_id) == col(AssignmentRow.account_id),
    col(RequestRow.end_at) < col(AssignmentRow.next_try_at),
    col(AssignmentRow.attempts) == 0,
)
"""Time ends it: that is a deadline."""
IN_HAND: dict[str, Any] = {
    "assignments": select(col(AssignmentRow.next_try_at), col(AssignmentRow.held_until)).where(
        col(AssignmentRow.next_try_at).is_not(None), ~RESTS_UNTIL_AN_END
    ),
    "acts": select(col(CommandRow.next_try_at), col(CommandRow.held_until)).where(col(CommandRow.closed_at).is_(None)),
    "judgements": select(col(RequestRow.held_until)).where(
        col(RequestRow.closed_at).is_(None), col(RequestRow.unjudged)
    ),
    "starts": select(col(RequestRow.start_at), col(RequestRow.held_until)).where(
        col(RequestRow.status) == Status.SCHEDULED.value, ~col(RequestRow.unjudged)
    ),
    "messages": select(
        *(
            col(getattr(OutgoingRow, name))
            for name in ("audience", "recipient", "lane", "created_at", "attempts", "next_try_at", "held_until")
        )
    )
    .where(col(OutgoingRow.closed_at).is_(None))
    .order_by(col(OutgoingRow.id)),
}
"""The process's work still to do, by kind."""
DEADLINES = select(RequestRow.__table__).where(  # type: ignore[attr-defined]
    col(RequestRow.status).in_([Status.PENDING, Status.SCHEDULED, Status.GRANTING, Status.ACTIVE, Status.REVOKING])
)


class Rounds:
    """``settle`` works until nothing is in hand, ``pass_time`` until a later time; both move the clock as needed."""

    database: Database
    clock: FakeClock
    services: Services
    has_begun: bool
    says_nothing: bool
    """Messages wait in the outbox: for tests that read them there."""

    async def tick(self) -> None:
        """One round of everything the process does by itself."""
        await self.deadlines()
        await self.services.reconciler.work()
        await self.services.commands.resume()
        if not self.says_nothing:
            await self.services.dispatcher.deliver()

    async def begin(self) -> None:
        """Do what a process does before everything else, once."""
        if not self.has_begun:
            self.has_begun = True
            with suppress(Upstream):
                await self.services.health.recovery.work()

    async def deadlines(self) -> None:
        """Do what the clock alone decides."""
        await self.begin()
        for round_of in (
            self.services.schedule.end,
            self.services.second_judgement.work,
            self.services.schedule.start,
            self.services.schedule.expire,
            self.services.schedule.warn,
            self.services.schedule.remind,
            self.services.schedule.tell_undecidable,
        ):
            await round_of()
        await self.services.schedule.raise_alarms(ALARM_AFTER)

    async def settle(self) -> None:
        """Work until nothing is in hand. Fails when that never comes."""
        await self.begin()
        if any(at <= self.clock.now() for at in await self.instants()):
            await self.deadlines()
        for _ in range(MOST_ROUNDS):
            due = await self.due()
            if not due:
                return
            self.go_to(min(due.values()))
            await self._work_on(kind for kind, instant in due.items() if instant <= self.clock.now())
        raise AssertionError(f"never comes to rest: {await self.due()}")

    async def pass_time(self, by: timedelta) -> None:
        """Let time pass, and do at each instant on the way what is due then, deadlines included."""
        until = self.clock.now() + by
        for _ in range(MOST_ROUNDS):
            due, deadline = await self.due(), await self.next_deadline()
            soonest = min([*due.values(), *filter(None, [deadline])], default=until)
            if soonest >= until:
                self.go_to(until)
                await self.tick()
                return
            self.go_to(soonest)
            if deadline and deadline <= self.clock.now():
                await self.deadlines()
            await self._work_on(kind for kind, instant in due.items() if instant <= self.clock.now())
        raise AssertionError(f"too much to do on the way: {await self.due()}")

    async def next_deadline(self) -> datetime | None:
        """The next moment when time alone decides something."""
        return min((at for at in await self.instants() if at > self.clock.now()), default=None)

    async def instants(self) -> list[datetime]:
        """The moments when time alone decides something, past and to come."""
        async with self.database.engine.connect() as connection:
            await only_looking(connection)  # or it waits for a unit that is open
            rows = (await connection.execute(DEADLINES)).all()
        return [at for row in rows for at in _instants(row) if at is not None]

    async def _work_on(self, kinds: Iterable[str]) -> None:
        rounds = {
            "assignments": self.services.reconciler.work,
            "acts": self.services.commands.resume,
            "judgements": self.services.second_judgement.work,
            "starts": self.services.schedule.start,
            "messages": self.services.dispatcher.deliver,
        }
        for kind in kinds:
            await rounds[kind]()

    def go_to(self, instant: datetime) -> None:
        self.clock.move(max(instant - self.clock.now(), timedelta()))

    async def due(self) -> dict[str, datetime]:
        """The time when each kind of open work can next be done; for leased work, when the lease is over."""
        async with self.database.engine.connect() as connection:
            await only_looking(connection)  # or it disturbs a unit that is open
            found = {kind: (await connection.execute(wanted)).all() for kind, wanted in IN_HAND.items()}
        messages = [_next_of(rows, self.clock.now()) for rows in _lanes(found["messages"])]
        instants_of = {**found, "messages": messages}
        soon = self.clock.now()
        due = {
            kind: min(max(filter(None, row), default=soon) for row in rows)
            for kind, rows in instants_of.items()
            if rows
        }
        if self.says_nothing:
            due.pop("messages", None)
        if due.get("starts", soon) > soon + MINUTE:  # a start that lies ahead is not in hand
            del due["starts"]
        return due


def _lanes(messages: Sequence[Any]) -> Iterable[list[Any]]:
    lanes: dict[tuple[str, str, int], list[Any]] = {}
    for audience, recipient, lane, *rest in messages:
        lanes.setdefault((audience, recipient, lane), []).append(rest)
    return lanes.values()


def _next_of(lane: list[Any], now: datetime) -> tuple[datetime, datetime | None]:
    """The time when the next of a lane is due.

    One that was tried, is being sent, or lets something else come first keeps the others waiting.
    """
    busy = [(at, held) for put_at, attempts, at, held in lane if attempts or held or put_at <= now < at]
    if busy:
        return max(max(filter(None, each)) for each in busy), None
    return min(at for _, _, at, _ in lane), None


def _instants(row: Any) -> Sequence[datetime | None]:
    """The times when something is to happen to a request by time alone."""
    match Status(row.status):
        case Status.PENDING:
            return (row.expires_at, row.remind_at)
        case Status.SCHEDULED:
            return (row.start_at,)
        case Status.GRANTING:
            return () if row.failure else (row.end_at,)
        case Status.ACTIVE:
            return (row.end_at, None if row.ending_soon_told else row.warn_at)
        case _:
            return (None if row.alarmed_at else row.revoking_at + ALARM_AFTER + SECOND,)
