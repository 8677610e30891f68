"""Faults that a program like this one has had: each can be planted, to see whether a history finds it.

A fault changes one decision of the running program. ``python -m tests.model.hunt NAME`` plays random histories until
one of them shows it; ``tests/model/test_planted.py`` plays the shortest history that does.
"""

import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, or_, select

from core.adapters.storage.repositories.assignments import SqlAssignments
from core.adapters.storage.repositories.requests import UNTIL, DueList, SqlRequests
from core.adapters.storage.tables import AssignmentRow, RequestRow
from core.domain import assignment as rules
from core.domain.assignment import Assignment, AssignmentChange, Operation, OperationKind, Presence
from core.domain.errors import Conflict, Upstream
from core.domain.request import Event, Request, Status, activated, advance
from core.services.context.instance_binding import InstanceBinding
from core.services.provisioning.assignment_book import AssignmentBook, ReconcilePass
from core.services.provisioning.assignment_reconciler import AssignmentReconciler
from core.services.requests.schedule import RequestSchedule
from core.services.runtime.row_boundaries import RowBoundaries
from core.services.runtime.worker_pool import WorkerPool

USERS = (
    "core.domain.assignment",
    "core.services.provisioning.assignment_book",
    "core.services.provisioning.assignment_reconciler",
    "core.services.provisioning.operations",
)
"""Modules that decide by the functions of core/domain/assignment.py."""

Plant = Callable[["Ground"], None]


class Ground:
    """The running program. ``change`` replaces an attribute, as ``setattr`` does; that of a test ends with the test."""

    def __init__(self, change: Callable[[Any, str, Any], None] | None = None) -> None:
        self.change = change or self._change
        self._before: list[tuple[Any, str, Any]] = []

    def _change(self, owner: Any, name: str, instead: Any) -> None:
        self._before.append((owner, name, vars(owner)[name]))
        setattr(owner, name, instead)

    def restore(self) -> None:
        """The program as it was."""
        while self._before:
            setattr(*self._before.pop())

    def rule(self, name: str, instead: Callable[..., Any]) -> None:
        """Decide otherwise, wherever the program asks."""
        for user in map(importlib.import_module, USERS):
            if hasattr(user, name):
                self.change(user, name, instead)


@dataclass(frozen=True)
class Fault:
    plant: Plant
    words: str


FAULTS: dict[str, Fault] = {}


def fault(words: str) -> Callable[[Plant], Plant]:
    def declare(plant: Plant) -> Plant:
        FAULTS[plant.__name__] = Fault(plant, words)
        return plant

    return declare


@fault("A membership is deleted by who is in which group, not by the name of the one that we made.")
def any_membership_will_do(ground: Ground) -> None:
    ground.rule("made_as", lambda _: "")


@fault("A grant waits for every urgent row, also for one that wants a grant itself, and has no patience in line.")
def grants_wait_for_each_other(ground: Ground) -> None:
    whole, line = SqlAssignments.has_slot, SqlAssignments._next_in_line

    async def has_slot(self: SqlAssignments, assignment: Assignment, operation: Operation) -> bool:
        if operation.kind is OperationKind.CREATE and await somebody_urgent(self, assignment.id, operation.begun_at):
            return False
        return await whole(self, assignment, operation)

    async def next_in_line(self: SqlAssignments, now: datetime) -> Sequence[int]:
        grants = set(await self._session.all(_waiting_grants()))
        return [
            each for each in await line(self, now) if each not in grants or not await somebody_urgent(self, each, now)
        ]

    async def somebody_urgent(self: SqlAssignments, besides: int, now: datetime) -> bool:
        return await self._session.first(_urgent_besides(besides, now)) is not None

    ground.change(SqlAssignments, "has_slot", has_slot)
    ground.change(SqlAssignments, "_next_in_line", next_in_line)
    _no_patience_in_line(ground)


def _no_patience_in_line(ground: Ground) -> None:
    take = AssignmentReconciler._take

    async def take_with_a_slot(self: AssignmentReconciler, here: ReconcilePass) -> bool:
        change = rules.change_ahead(here.assignment, here.live)
        if change is OperationKind.CREATE and not await self._has_slot(here.assignment, change, here.now):
            await self._book.save(self._book.in_line(here, change))
            return False
        return await take(self, here)

    ground.change(AssignmentReconciler, "_take", take_with_a_slot)


def _waiting_grants() -> Any:
    return select(col(AssignmentRow.id)).where(col(AssignmentRow.waits_for) == OperationKind.CREATE.value)


def _urgent_besides(number: int, now: datetime) -> Any:
    waits = or_(col(AssignmentRow.waits_for).is_not(None), col(AssignmentRow.next_try_at) <= now)
    idle = col(AssignmentRow.operation_kind).is_(None)
    return select(col(AssignmentRow.id)).where(col(AssignmentRow.urgent), col(AssignmentRow.id) != number, idle, waits)


@fault("What is still being granted has no end by time, and its window begins when we notice that AWS made it.")
def grants_have_no_end(ground: Ground) -> None:
    async def due_to_end(
        self: SqlRequests, now: datetime, limit: int, after: Request | None = None
    ) -> Sequence[Request]:
        return await self._due(
            DueList("end_at", Status.ACTIVE, which=col(RequestRow.end_at) <= UNTIL), now, limit, after
        )

    async def activate(self: AssignmentBook, request: Request, made: AssignmentChange | None) -> Request:
        return await self.move(Event.GRANTED, request, activated(request, self._clock.now(), self._clock.now()), made)

    ground.change(SqlRequests, "due_to_end", due_to_end)
    ground.change(AssignmentBook, "activate", activate)
    ground.change(AssignmentBook, "end_what_is_over", _only_what_is_active_ends)


async def _only_what_is_active_ends(self: AssignmentBook, here: ReconcilePass) -> ReconcilePass:
    for request in here.live:
        if request.status is Status.ACTIVE and request.end_at is not None and request.end_at <= here.now:
            ended = await self.move(Event.END, request, advance(request, Event.END, here.now, revoking_at=here.now))
            live = [ended if one is request else one for one in here.live]
            here = replace(here, live=live, assignment=replace(here.assignment, urgent=True))
    return here


@fault("One look at a list that does not show it proves that what is ours is gone.")
def one_look_is_enough(ground: Ground) -> None:
    def presence(_assignment: object, *, listed: bool, now: object) -> Presence:  # noqa: ARG001
        return Presence.OURS if listed else Presence.GONE

    ground.rule("presence", presence)
    ground.rule("needs_look", lambda *_: True)
    ground.rule("is_deleted_at_once", lambda *_: False)


@fault("Patience is looked at after everything else, and an operation that hangs keeps its slot.")
def patience_comes_last(ground: Ground) -> None:
    _patience_after_the_look(ground)
    ground.rule("is_stuck", lambda *_: False)
    ground.change(importlib.import_module(SqlAssignments.__module__), "OUTCOME_WITHIN", timedelta(days=365))


def _patience_after_the_look(ground: Ground) -> None:
    """Give a grant up only where AWS was looked at: not in line, and not while an operation has no outcome."""
    look = AssignmentReconciler._look

    async def take(self: AssignmentReconciler, here: ReconcilePass) -> bool:
        if here.begun is not None:
            await self._operations.call(here, here.begun)
            return False
        settled = await self._operations.settle(await self._book.end_what_is_over(here))
        if settled is not None:
            await self._find_step(settled)
        return False

    async def look_and_give_up(self: AssignmentReconciler, here: ReconcilePass) -> ReconcilePass:
        here = await look(self, here)
        return await self._book.give_up(here, lambda one: rules.patience_is_over(one, here.now), "not in time")

    ground.change(AssignmentReconciler, "_take", take)
    ground.change(AssignmentReconciler, "_look", look_and_give_up)


@fault("One row that cannot be written ends the round, and is the first of the next one.")
def one_row_stops_the_round(ground: Ground) -> None:
    async def each(
        _: RowBoundaries[Request], _name: str, rows: Sequence[Request], work: Callable[[Request], Awaitable[None]]
    ) -> None:
        for row in rows:
            await work(row)

    async def end_what_is_over(_: AssignmentBook, here: ReconcilePass) -> ReconcilePass:
        return here

    ground.change(RowBoundaries, "each", each)
    ground.change(AssignmentBook, "end_what_is_over", end_what_is_over)


@fault("An error of the program in one pass ends the round for every other row, without a pause.")
def one_error_stops_all(ground: Ground) -> None:
    async def one_by_one(self: WorkerPool[Any]) -> int:
        rows = await self._claim(self._size)
        for row in rows:
            await self._work(row)
        return len(rows)

    async def try_it(self: AssignmentReconciler, here: ReconcilePass) -> bool:
        try:
            return await self._take(here)
        except Conflict:
            await self._let_go(here.assignment, lambda held: self._book.try_later(held, rules.LISTS_LAG * 0))
        except Upstream as error:
            upstream = error
            await self._let_go(here.assignment, lambda held: self._operations.back_off(held, error=upstream))
        return False

    ground.change(AssignmentReconciler, "_try", try_it)
    ground.change(AssignmentReconciler, "_pass", try_it)
    ground.change(WorkerPool, "run", one_by_one)


@fault("A deletion that finds nothing is the end of it, however lately AWS may have made it.")
def what_is_not_found_is_gone(ground: Ground) -> None:
    ground.rule("finds_nothing_yet", lambda *_: False)


@fault("Any instance of Identity Center will do.")
def any_instance_will_do(ground: Ground) -> None:
    async def admit(_: InstanceBinding, _arn: str) -> None: ...

    ground.change(InstanceBinding, "admit", admit)


@fault("The approved extension of access outlives its revocation.")
def extensions_survive(ground: Ground) -> None:
    ground.change(importlib.import_module("core.services.requests.end_early"), "approved_extensions", lambda *_: ())


@fault("What is listed counts as made, although it has just been deleted.")
def what_is_listed_counts_as_made(ground: Ground) -> None:
    def presence(assignment: Assignment, *, listed: bool, now: datetime) -> Presence:
        if listed and assignment.changed is not None:
            return Presence.OURS
        return weighed(assignment, listed=listed, now=now)

    weighed = rules.presence
    ground.rule("presence", presence)
    ground.rule("is_created", lambda assignment: assignment.ours)
    ground.rule("needs_look", lambda *_: True)


@fault("What is ours counts as made by us, whatever AWS said of our creation.")
def what_is_ours_counts_as_made(ground: Ground) -> None:
    ground.rule("is_created", lambda assignment: assignment.ours)


@fault("Nothing ends by time.")
def nothing_ends_by_time(ground: Ground) -> None:
    async def end(_: object) -> None: ...

    async def end_what_is_over(_: object, here: ReconcilePass) -> ReconcilePass:
        return here

    ground.change(RequestSchedule, "end", end)
    ground.change(AssignmentBook, "end_what_is_over", end_what_is_over)


@fault("An unknown assignment is removed as soon as admins are told of it.")
def nobody_can_object(ground: Ground) -> None:
    ground.change(importlib.import_module("core.domain.drift"), "REMOVED_AFTER", timedelta())


@fault("The sweep takes for unknown what a live request rests on.")
def what_is_live_is_unknown(ground: Ground) -> None:
    ground.change(importlib.import_module("core.services.provisioning.drift"), "unknown_of", lambda seen, *_: seen)
