"""The fake of AWS with a record of everything that happened in it: what exists from when until when, and who did it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from core.domain.assignment import OperationKind
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.ports import OperationStatus
from tests.fakes.cloud import ABSENT, NOT_FOUND, Failure, FakeCloud, FakeOperation, Holding
from tests.model.loop import BEGIN

EXISTS = Failure("The account assignment already exists")
Held = tuple[str, str, str]
"""Person, account, permission set."""


class Change(NamedTuple):
    at: float
    is_there: bool
    by: str
    """"bot" or "hand": who made it, or took it away."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation that AWS was asked for; ``ended_at`` with success, None while it has had none.

    ``done_at``: when its work was done, also where AWS called it FAILED.
    """

    id: str
    creates: bool
    held: Held
    begun_at: float
    ended_at: float | None = None
    done_at: float | None = None


class RecordingCloud(FakeCloud):
    happened: dict[Held, list[Change]]
    asked: dict[str, Asked]
    next_hangs: Callable[[FakeOperation], None] | None
    """Told the next operation, which has no outcome until ``end`` is called."""
    finds_after: timedelta
    """The age at which a change finds what another one has done: a younger one it takes for not done."""
    names_after: timedelta
    """The age at which AWS knows of an operation whose name it has told."""
    chance: Random

    def watch(self, seed: int = 0) -> None:
        self.happened, self.asked, self.next_hangs = {}, {}, None
        self.finds_after = self.names_after = timedelta()
        self.chance = Random(f"finds late {seed}")  # noqa: S311 - chance that can be repeated

    async def begin(self, kind: OperationKind, principal: PrincipalId, target: Target, **more: Any) -> str:
        """Of what it does not find yet it says so at once, or in the end; of memberships at once."""
        self._pass_time()
        holding = (principal, target)
        if self._is_not_found_yet(kind, holding) and (target.group is not None or self.chance.random() < 0.5):
            if kind is OperationKind.DELETE:
                raise UpstreamRefused("not found", code=NOT_FOUND)
            raise UpstreamBusy("ConflictException")
        return await super().begin(kind, principal, target, **more)

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        begun = self.operations.get(aws_id)
        if begun is not None and self._clock.now() - begun.begun_at < self.names_after:
            raise UpstreamRefused("unknown", code=NOT_FOUND)
        return await super().operation(kind, aws_id)

    def _failure_of(self, operation: FakeOperation) -> Failure | None:
        if self.finds_after and self._is_not_found_yet(operation.kind, operation.holding):
            return EXISTS if operation.kind is OperationKind.CREATE else Failure(ABSENT)
        return super()._failure_of(operation)

    def _is_not_found_yet(self, kind: OperationKind, holding: Holding) -> bool:
        """True if the last that was done to it is the opposite, and is too young to be found."""
        last = self._changes[holding][-1:]
        if not last or last[0].is_there is (kind is OperationKind.CREATE):
            return False
        return self._clock.now() - last[0].at < self.finds_after

    def end(self, operation: FakeOperation) -> None:
        """Let one that hangs come to its end."""
        operation.ends_at = operation.ends_at or self._clock.now()
        self._pass_time()

    def outcome_at(self, asked: Asked) -> float | None:
        """The moment when AWS said SUCCEEDED or FAILED to it; None when it has said neither."""
        operation = self.operations.get(asked.id)
        return moment(operation.ends_at) if operation is not None and operation.ends_at else asked.ended_at

    def is_there(self, held: Held) -> str:
        """The maker of what is there now; empty when nothing is."""
        _ = self.assigned  # lets operations end that are due
        last = self.happened.get(held, [Change(0.0, is_there=False, by="")])[-1]
        return self._made_by(held) if last.is_there else ""

    def _made_by(self, held: Held) -> str:
        return next((change.by for change in reversed(self.happened[held]) if change.is_there), "")

    def _begun(self, kind: OperationKind, holding: Holding) -> FakeOperation:
        operation = super()._begun(kind, holding)
        creates, begun_at = kind is OperationKind.CREATE, moment(operation.begun_at)
        self.asked[operation.id] = Asked(operation.id, creates, held_of(holding), begun_at)
        if self.next_hangs is not None:
            tell, self.next_hangs = self.next_hangs, None
            operation.ends_at, operation.is_alone = None, True
            tell(operation)
        return operation

    def _change_membership(self, kind: OperationKind, holding: Holding, made: str) -> str:
        """It is done when it is asked for."""
        name, at = super()._change_membership(kind, holding, made), moment(self._clock.now())
        number = f"{kind.value} {name} {len(self.asked)}"
        self.asked[number] = Asked(number, kind is OperationKind.CREATE, held_of(holding), at, at, at)
        return name

    def _finish(self, operation: FakeOperation) -> None:
        super()._finish(operation)
        failure = operation.failure
        if operation.id in self.asked and (failure is None or failure.does_the_work):
            at = moment(operation.ends_at or self._clock.now())
            ended_at = at if failure is None else None
            self.asked[operation.id] = replace(self.asked[operation.id], ended_at=ended_at, done_at=at)

    def _put(self, holding: Holding, by: str, at: datetime) -> None:
        if holding not in self._assigned:
            self.happened.setdefault(held_of(holding), []).append(Change(moment(at), is_there=True, by=by))
        super()._put(holding, by, at)

    def remove(self, principal: PrincipalId, target: Target) -> None:
        holding = (principal, target)
        was_there = holding in self.assigned
        super().remove(*holding)
        if was_there:
            past = self.happened[held_of(holding)]
            past[-1] = past[-1]._replace(by="hand")

    def _take(self, holding: Holding, at: datetime) -> str | None:
        taken = super()._take(holding, at)
        if taken is not None:
            self.happened.setdefault(held_of(holding), []).append(Change(moment(at), is_there=False, by="bot"))
        return taken


def held_of(holding: Holding) -> Held:
    person, target = holding
    return person, target.account, target.permission_set


def moment(at: datetime) -> float:
    """An instant as a moment of the history."""
    return (at - BEGIN).total_seconds()
