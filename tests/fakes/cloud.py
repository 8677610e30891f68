"""AWS account assignments in memory: operations that take a while, one at a time an account, failures on demand."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from core.domain.assignment import OperationKind, OperationState
from core.domain.errors import AnswerLost, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.ports import OperationStatus

Holding = tuple[PrincipalId, Target]


@dataclass(slots=True)
class FakeOperation:
    kind: OperationKind
    holding: Holding
    polls_left: int
    reason: str = ""
    done: bool = False


class FakeCloud:
    """``polls`` is how often an operation is IN_PROGRESS before it is done."""

    def __init__(self, polls: int = 1) -> None:
        self.polls = polls
        self.assigned: set[Holding] = set()
        self.operations: dict[str, FakeOperation] = {}
        self.begun: list[tuple[OperationKind, Holding]] = []
        self.down: Upstream | None = None
        self.begin_fails: deque[Exception] = deque()
        """Raised by the next calls of ``begin`` instead of doing anything."""
        self.answers_lost = 0
        """The next calls of ``begin`` do the work and then raise AnswerLost."""
        self.fail_with: deque[str] = deque()
        """The next operations end FAILED with these reasons."""
        self.most_outstanding = 0

    async def is_assigned(self, principal: PrincipalId, target: Target, *, urgent: bool = False) -> bool:
        await self._answer()
        return (principal, target) in self.assigned

    async def begin(self, kind: OperationKind, principal: PrincipalId, target: Target) -> str:
        await self._answer()
        if self.begin_fails:
            raise self.begin_fails.popleft()
        busy = [o for o in self.operations.values() if not o.done and o.holding[1].account == target.account]
        if busy:
            raise UpstreamBusy("ConflictException")
        self.begun.append((kind, (principal, target)))
        reason = self.fail_with.popleft() if self.fail_with else ""
        operation = FakeOperation(kind, (principal, target), self.polls, reason)
        aws_id = f"op-{len(self.operations)}"
        self.operations[aws_id] = operation
        self.most_outstanding = max(self.most_outstanding, sum(not o.done for o in self.operations.values()))
        if not self.polls:
            self._finish(operation)
        if self.answers_lost:
            self.answers_lost -= 1
            raise AnswerLost("the connection was dropped")
        return aws_id

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        await self._answer()
        operation = self.operations.get(aws_id)
        if operation is None or operation.kind is not kind:
            raise UpstreamRefused("unknown", code="ResourceNotFoundException")
        if operation.polls_left > 0:
            operation.polls_left -= 1
            return OperationStatus(OperationState.IN_PROGRESS)
        self._finish(operation)
        state = OperationState.FAILED if operation.reason else OperationState.SUCCEEDED
        return OperationStatus(state, operation.reason)

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, since: datetime
    ) -> str | None:
        await self._answer()
        for aws_id, operation in reversed(self.operations.items()):
            if operation.kind is kind and operation.holding == (principal, target) and not operation.done:
                return aws_id
        return None

    def _finish(self, operation: FakeOperation) -> None:
        if operation.done:
            return
        operation.done = True
        if operation.reason:
            return
        if operation.kind is OperationKind.CREATE:
            self.assigned.add(operation.holding)
        else:
            self.assigned.discard(operation.holding)

    async def _answer(self) -> None:
        await asyncio.sleep(0)
        if self.down is not None:
            raise self.down
