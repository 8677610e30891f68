"""AWS account assignments in memory: operations that take a while, one at a time an account, trouble on demand.

It keeps who made what, so that a test can prove that nothing of somebody else's was ever deleted.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.assignment import OperationKind, OperationState
from core.domain.errors import AnswerLost, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.ports import Clock, OperationStatus

Holding = tuple[PrincipalId, Target]


@dataclass(slots=True)
class FakeOperation:
    id: str
    kind: OperationKind
    holding: Holding
    begun_at: datetime
    ends_at: datetime | None
    """None: held until it is released."""
    failure: "Failure | None" = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """How an operation ends FAILED; ``does_the_work``: it happened all the same."""

    reason: str
    does_the_work: bool = False


class FakeCloud:
    def __init__(self, clock: Clock, takes: timedelta = timedelta(seconds=2)) -> None:
        self._clock = clock
        self.takes = takes
        self.held = False
        """Operations stay IN_PROGRESS until they are released."""
        self._assigned: dict[Holding, str] = {}
        self.operations: dict[str, FakeOperation] = {}
        self.begun: list[tuple[OperationKind, Holding]] = []
        self.taken_from_others: list[Holding] = []
        """What a hand had made and an operation deleted. Must stay empty (rule 19)."""
        self.most_outstanding = 0
        self.down: Upstream | None = None
        self.begin_fails: deque[Exception] = deque()
        """Raised by the next calls of ``begin`` instead of doing anything."""
        self.answers_lost: deque[bool] = deque()
        """The next calls of ``begin`` raise AnswerLost; True: after the operation was begun."""
        self.fail_with: deque[Failure] = deque()
        """How the next operations fail."""
        self.listed_after = timedelta()
        """How long an operation that was begun is not found among the operations."""
        self.before: Callable[[str], Awaitable[None]] | None = None
        """Awaited with the name of each call before it is answered."""

    # --- the port ----------------------------------------------------------------------------------

    async def is_assigned(self, principal: PrincipalId, target: Target, *, urgent: bool = False) -> bool:
        await self._answer("is_assigned")
        return (principal, target) in self._assigned

    async def users_assigned(self, target: Target) -> frozenset[PrincipalId]:
        await self._answer("users_assigned")
        return frozenset(principal for principal, held in self._assigned if held == target)

    async def begin(self, kind: OperationKind, principal: PrincipalId, target: Target) -> str:
        await self._answer("begin")
        if self.begin_fails:
            raise self.begin_fails.popleft()
        lost = self.answers_lost.popleft() if self.answers_lost else None
        if lost is False:
            raise AnswerLost("the connection was dropped before anything was done")
        if any(o.holding[1].account == target.account for o in self.in_flight()):
            raise UpstreamBusy("ConflictException")
        operation = self._begun(kind, (principal, target))
        if lost is True:
            raise AnswerLost("the connection was dropped")
        return operation.id

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        await self._answer("operation")
        operation = self.operations.get(aws_id)
        if operation is None or operation.kind is not kind:
            raise UpstreamRefused("unknown", code="ResourceNotFoundException")
        if not operation.done:
            return OperationStatus(OperationState.IN_PROGRESS)
        if operation.failure:
            return OperationStatus(OperationState.FAILED, operation.failure.reason)
        return OperationStatus(OperationState.SUCCEEDED)

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, since: datetime
    ) -> str | None:
        await self._answer("find_operation")
        shown = self._clock.now() - self.listed_after
        for operation in reversed(self.operations.values()):
            fits = operation.kind is kind and operation.holding == (principal, target)
            if fits and since <= operation.begun_at <= shown:
                return operation.id
        return None

    # --- what a test sees --------------------------------------------------------------------------

    @property
    def assigned(self) -> Mapping[Holding, str]:
        """What exists now, by whom it was made: "bot" or "hand"."""
        self._pass_time()
        return self._assigned

    # --- hands -------------------------------------------------------------------------------------

    def make(self, principal: PrincipalId, target: Target) -> None:
        """What somebody else assigns."""
        self._assigned.setdefault((principal, target), "hand")

    def remove(self, principal: PrincipalId, target: Target) -> None:
        """What somebody else takes away."""
        self._assigned.pop((principal, target), None)

    def release(self) -> None:
        """End every operation that is held."""
        self.held = False
        for operation in self.in_flight():
            operation.ends_at = self._clock.now()
        self._pass_time()

    def forget(self) -> None:
        """AWS keeps operations for a while only."""
        self.operations = {key: operation for key, operation in self.operations.items() if not operation.done}

    def in_flight(self) -> list[FakeOperation]:
        """As they were when AWS was last asked or looked at."""
        return [operation for operation in self.operations.values() if not operation.done]

    # --- what happens inside -----------------------------------------------------------------------

    def _begun(self, kind: OperationKind, holding: Holding) -> FakeOperation:
        self.begun.append((kind, holding))
        now = self._clock.now()
        failure = self.fail_with.popleft() if self.fail_with else None
        ends_at = None if self.held else now + self.takes
        operation = FakeOperation(f"op-{len(self.begun)}", kind, holding, now, ends_at, failure)
        self.operations[operation.id] = operation
        self.most_outstanding = max(self.most_outstanding, len(self.in_flight()))
        self._pass_time()
        return operation

    def _pass_time(self) -> None:
        for operation in self.in_flight():
            if operation.ends_at is not None and operation.ends_at <= self._clock.now():
                self._finish(operation)

    def _finish(self, operation: FakeOperation) -> None:
        operation.done = True
        if operation.failure and not operation.failure.does_the_work:
            return
        if operation.kind is OperationKind.CREATE:
            self._assigned.setdefault(operation.holding, "bot")
        elif self._assigned.pop(operation.holding, "bot") == "hand":
            self.taken_from_others.append(operation.holding)

    async def _answer(self, call: str) -> None:
        await asyncio.sleep(0)
        if self.before is not None:
            await self.before(call)
        self._pass_time()
        if self.down is not None:
            raise self.down
