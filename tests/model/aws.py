"""The fake of AWS with a record of everything that happened in it: what exists from when until when, and who did it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from core.domain.assignment import OperationKind
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from tests.fakes.cloud import FakeCloud, FakeOperation, Holding
from tests.model.loop import BEGIN

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

    def watch(self) -> None:
        self.happened, self.asked, self.next_hangs = {}, {}, None

    def end(self, operation: FakeOperation) -> None:
        """Let one that hangs come to its end."""
        operation.ends_at = operation.ends_at or self._clock.now()
        self._pass_time()

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
