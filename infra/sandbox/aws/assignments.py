"""Assignments of permission sets in accounts, and the writes that are under way.

Making and deleting are asynchronous, as at AWS: a write is an operation that is IN_PROGRESS until it has been
provisioned, and only then does the list of assignments change. Operations are remembered after they end.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import uuid4

from . import refusals
from .changes import Changes
from .conduct import Conduct

PrincipalType = Literal["USER", "GROUP"]


class Kind(StrEnum):
    CREATION = "CREATION"
    DELETION = "DELETION"


class Status(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class Assignment(NamedTuple):
    account_id: str
    permission_set_arn: str
    principal_type: PrincipalType
    principal_id: str


class _Change(NamedTuple):
    at: float
    is_there: bool


class Script(NamedTuple):
    """The scripted failure of an operation."""

    reason: str
    #: The work is done all the same: a failed creation leaves its assignment, a failed deletion takes it.
    does_the_work: bool = False


@dataclass(slots=True)
class Operation:
    kind: Kind
    assignment: Assignment
    script: Script | None = None
    request_id: str = field(default_factory=lambda: str(uuid4()))
    created_at: float = field(default_factory=time.time)
    status: Status = Status.IN_PROGRESS
    failure_reason: str = ""


#: Says why an operation fails now, or nothing when it succeeds.
Judge = Callable[[Operation], str]


class Assignments:
    """The rows that AWS lists, and the operations that change them."""

    def __init__(
        self, conduct: Conduct, changes: Changes, judge: Judge, clock: Callable[[], float] = time.time
    ) -> None:
        self.rows: dict[Assignment, float] = {}
        self.operations: dict[str, Operation] = {}
        self.in_flight: dict[str, Operation] = {}
        #: The most operations that were ever in flight at one time.
        self.max_outstanding = 0
        self._conduct = conduct
        self._changes = changes
        self._judge = judge
        self._clock = clock
        self._history: dict[Assignment, list[_Change]] = defaultdict(list)
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self, kind: Kind, assignment: Assignment, script: Script | None = None) -> Operation:
        """Begins a write that is free to begin."""
        operation = Operation(kind, assignment, script, created_at=self._clock())
        self.operations[operation.request_id] = self.in_flight[operation.request_id] = operation
        self.max_outstanding = max(self.max_outstanding, len(self.in_flight))
        if not self._conduct.held:
            self._finish_later(operation)
        self._changes.publish("operation.started", request_id=operation.request_id, kind=kind)
        return operation

    def refuse_unless_free(self, kind: Kind, assignment: Assignment) -> None:
        """Raises the conflict or the exceeded quota that AWS would answer a write with."""
        self._refuse_conflict(assignment)
        self._refuse_beyond_writes()
        if kind is Kind.CREATION:
            self._refuse_beyond_quota()

    def release(self, request_id: str | None = None) -> None:
        """Ends one operation, or all of them, at once; releasing all ends the hold as well."""
        if request_id is not None:
            self._finish(self.in_flight[request_id])
            return
        self._conduct.held = False
        for operation in list(self.in_flight.values()):
            self._finish(operation)

    def make(self, assignment: Assignment) -> None:
        """Puts a row there without an operation, as someone else would have left it."""
        if assignment not in self.rows:
            self.rows[assignment] = self._clock()
            self._history[assignment].append(_Change(self._clock(), is_there=True))
            self._changes.publish("assignment.made", **assignment._asdict())

    def remove(self, assignment: Assignment) -> None:
        if self.rows.pop(assignment, None) is not None:
            self._history[assignment].append(_Change(self._clock(), is_there=False))
            self._changes.publish("assignment.removed", **assignment._asdict())

    def listed(self) -> list[Assignment]:
        """The rows as the lists have them, which may be behind."""
        if not self._conduct.lists_behind_seconds:
            return list(self.rows)
        return [assignment for assignment, changes in self._history.items() if self._shows(changes)]

    def listed_operations(self) -> list[Operation]:
        """Those that have come into the lists of operations."""
        seen_until = self._clock() - self._conduct.operations_behind_seconds
        listed = [operation for operation in self.operations.values() if operation.created_at <= seen_until]
        return listed[::-1] if self._conduct.operations_newest_first else listed

    def _shows(self, changes: list[_Change]) -> bool:
        seen_until = self._clock() - self._conduct.lists_behind_seconds
        behind_with = self._conduct.lists_are_behind_with
        seen = [change for change in changes if change.at <= seen_until or change.is_there not in behind_with]
        return bool(seen) and seen[-1].is_there

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()

    def _finish_later(self, operation: Operation) -> None:
        loop = asyncio.get_running_loop()
        self._timers[operation.request_id] = loop.call_later(
            self._conduct.provisioning_seconds, self._finish, operation
        )

    def _finish(self, operation: Operation) -> None:
        if timer := self._timers.pop(operation.request_id, None):
            timer.cancel()
        del self.in_flight[operation.request_id]
        operation.failure_reason = operation.script.reason if operation.script else self._judge(operation)
        operation.status = Status.FAILED if operation.failure_reason else Status.SUCCEEDED
        if not operation.failure_reason or (operation.script and operation.script.does_the_work):
            change = self.make if operation.kind is Kind.CREATION else self.remove
            change(operation.assignment)
        self._changes.publish("operation.finished", request_id=operation.request_id, status=operation.status)

    def _refuse_conflict(self, wanted: Assignment) -> None:
        """One role is written at a time: a second write of its assignments has to come again later."""
        for operation in self.in_flight.values():
            busy = operation.assignment
            if busy.account_id == wanted.account_id and (
                self._conduct.conflicts_over == "account" or busy.permission_set_arn == wanted.permission_set_arn
            ):
                message = "There is a conflicting operation in progress for this account and permission set."
                raise refusals.conflict("sso-admin", message)

    def _refuse_beyond_writes(self) -> None:
        limit = self._conduct.outstanding_writes
        if limit is not None and len(self.in_flight) >= limit:
            raise refusals.conflict("sso-admin", "There are too many account assignment operations in progress.")

    def _refuse_beyond_quota(self) -> None:
        outstanding = sum(found.kind is Kind.CREATION for found in self.in_flight.values())
        if outstanding >= self._conduct.outstanding_quota:
            raise refusals.quota_exceeded("The number of outstanding account assignment creations is exceeded.")
