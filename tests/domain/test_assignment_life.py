"""``next_step`` in use: requests come and go, AWS answers late or never, processes die, people reach into AWS.

``Worker`` is the smallest program that does what the docstrings of ``core.domain.assignment`` say; whoever
wants to know how to use that module can read it here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.domain.assignment import (
    Assignment,
    Operation,
    OperationKind,
    OperationState,
    Step,
    heir,
    next_step,
    patience_is_over,
    released,
    wants_access,
)
from core.domain.ids import RequestId
from core.domain.request import LIVE, Event, Request, Status, activated, advance, closed, granting
from tests.strategies import ANY_TARGET, NOW, PEOPLE, one_of, requests

MOST_PASSES = 12
"""So many looks at most until everything that has ended is closed, once AWS answers."""


class Maker(Enum):
    US = "us"
    HAND = "by hand"


class Trouble(Enum):
    """What goes wrong with one call."""

    NONE = "none"
    BUSY = "busy"
    DIES_BEFORE_CALL = "the intent is stored, the call never made"
    DIES_AFTER_CALL = "AWS heard it, the answer is lost"


class Meanwhile(Enum):
    """What somebody does in AWS between two passes."""

    NOTHING = "nothing"
    MADE_BY_HAND = "makes the assignment by hand"
    DELETED_BY_HAND = "deletes the assignment by hand"


@dataclass
class AwsOperation:
    kind: OperationKind
    begun_at: datetime
    state: OperationState = OperationState.IN_PROGRESS


@dataclass
class Aws:
    """One account assignment, as Identity Center keeps it: at most one row and one change of it at a time."""

    row: Maker | None = None
    untouchable: bool = False
    """The row was made by hand, and whoever looked before it was made could know that nothing of ours was there."""
    ours_may_exist: bool = False
    """AWS has worked on a creation of ours, and nobody has seen since that nothing is there."""
    operations: list[AwsOperation] = field(default_factory=list)

    @property
    def in_progress(self) -> AwsOperation | None:
        return next((found for found in self.operations if found.state is OperationState.IN_PROGRESS), None)

    def lists_it(self) -> bool:
        if self.row is None:
            self.ours_may_exist = False
        return self.row is not None

    def begin(self, kind: OperationKind, now: datetime) -> str:
        assert self.in_progress is None, "the worker asks for one change at a time"
        assert kind is OperationKind.CREATE or not self.untouchable, "a hand-made assignment is being deleted"
        self.operations.append(AwsOperation(kind, now))
        return str(len(self.operations) - 1)

    def find(self, wanted: Operation) -> str | None:
        for number, found in enumerate(self.operations):
            if found.kind is wanted.kind and found.begun_at >= wanted.begun_at:
                return str(number)
        return None

    def settle(self, *, well: bool) -> None:
        operation = self.in_progress
        assert operation is not None
        operation.state = OperationState.SUCCEEDED if well else OperationState.FAILED
        self.ours_may_exist |= operation.kind is OperationKind.CREATE
        if well:
            self.row = (self.row or Maker.US) if operation.kind is OperationKind.CREATE else None


class Worker:
    """One pass at a time over one assignment: follow the change in hand, look, do the next step."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.book = Assignment(PEOPLE[0], ANY_TARGET)
        self.requests: dict[RequestId, Request] = {}

    @property
    def live(self) -> list[Request]:
        return [request for request in self.requests.values() if request.status in LIVE]

    def pass_over(self, now: datetime, trouble: Trouble) -> None:
        if self.book.operation is not None:
            self._follow(self.book.operation)
            return
        listed = self.aws.lists_it()
        self.book = replace(self.book, ours=self.book.ours and listed)  # what is not there is nobody's
        match next_step(self.book, self.live, listed=listed):
            case Step.CREATE:
                self._close_released(now, gone=True)
                self._change(OperationKind.CREATE, now, trouble)
            case Step.DELETE:
                self._change(OperationKind.DELETE, now, trouble)
            case Step.CONFIRM_ACTIVE:
                self._update(lambda r: activated(r, now) if _is_wanted_grant(r) else r)
                self._close_released(now, gone=False)
            case Step.REST:
                self._close_released(now, gone=False)
            case Step.REFUSE_FOREIGN:
                self._give_up("somebody made this assignment by hand")
            case Step.REPORT_LOST | Step.CONFIRM_GONE:
                self._close_released(now, gone=True)

    def _change(self, kind: OperationKind, now: datetime, trouble: Trouble) -> None:
        before = self.book
        self.book = replace(self.book, ours=True, operation=Operation(kind, now))
        if trouble is Trouble.BUSY:
            self.book = replace(before, attempts=before.attempts + 1)
        elif trouble is not Trouble.DIES_BEFORE_CALL:
            aws_id = self.aws.begin(kind, now)
            if trouble is Trouble.NONE:
                self.book = replace(self.book, operation=Operation(kind, now, aws_id))

    def _follow(self, operation: Operation) -> None:
        aws_id = operation.aws_id or self.aws.find(operation)
        if aws_id is None:  # the call was never made: what exists now, if anything, is not of our making
            kept = operation.kind is OperationKind.DELETE
            self.book = replace(self.book, operation=None, ours=kept)
            return
        state = self.aws.operations[int(aws_id)].state
        if state is OperationState.IN_PROGRESS:
            return
        if state is OperationState.FAILED and operation.kind is OperationKind.CREATE:
            self._give_up("AWS said FAILED")
        self.book = replace(self.book, operation=None)

    def _give_up(self, why: str) -> None:
        self._update(lambda request: replace(request, failure=why) if _is_wanted_grant(request) else request)

    def _update(self, change: Callable[[Request], Request]) -> None:
        self.requests = {request_id: change(request) for request_id, request in self.requests.items()}

    def _close_released(self, now: datetime, *, gone: bool) -> None:
        successor = heir(self.live)
        for request in released(self.live):
            if request.status is Status.GRANTING:
                after = advance(request, Event.GRANT_FAILED, now)
            else:
                after = closed(request, now, continued_by=None if gone or not successor else successor.id)
            assert gone or successor is not None, "closed while the access goes on under nobody"
            assert not gone or self.aws.row is not Maker.US, "closed as gone while it is there"
            self.requests[request.id] = after


def _is_wanted_grant(request: Request) -> bool:
    return request.status is Status.GRANTING and wants_access(request)


class OneAssignment(RuleBasedStateMachine):
    """The world around the worker, with what must hold in it at every moment."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.aws = Aws()
        self.worker = Worker(self.aws)
        self.taken_by_hand = False

    @initialize(drawn=requests(Status.SCHEDULED), turns=one_of((0, 3)))
    def somebody_has_access_already(self, drawn: Request, turns: int) -> None:
        self.a_request_starts(drawn)
        self.all_goes_well_for_a_while(turns)

    @rule(drawn=requests(Status.SCHEDULED))
    def a_request_starts(self, drawn: Request) -> None:
        if len(self.worker.live) < 3:
            request_id = RequestId(len(self.worker.requests) + 1)
            fresh = replace(drawn, id=request_id, requester=PEOPLE[0], target=ANY_TARGET)
            self.worker.requests[request_id] = granting(fresh, self.now)

    @rule(trouble=one_of(tuple(Trouble)), then=one_of((Meanwhile.NOTHING, Meanwhile.NOTHING, *Meanwhile)))
    def a_worker_passes(self, trouble: Trouble, then: Meanwhile = Meanwhile.NOTHING) -> None:
        self.now += timedelta(seconds=1)  # so that no operation is taken for an earlier one
        self.worker.pass_over(self.now, trouble)
        self._forget_what_aws_made_again()
        if then is Meanwhile.MADE_BY_HAND:
            self._make_by_hand()
        if then is Meanwhile.DELETED_BY_HAND:
            self._delete_by_hand()

    @rule(turns=one_of((2, 3, 4)))
    def all_goes_well_for_a_while(self, turns: int) -> None:
        """Without this, hardly any request would ever become active among so many troubles."""
        for _ in range(turns):
            if self.aws.in_progress is not None:
                self.aws_gets_round_to_it(well=True)
            self.a_worker_passes(Trouble.NONE)

    @rule(minutes=one_of((1, 5, 14, 60)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.worker._update(self._grown_older)

    def _grown_older(self, request: Request) -> Request:
        if request.status is Status.ACTIVE and request.end_at is not None and request.end_at <= self.now:
            return advance(request, Event.END, self.now, revoking_at=self.now)
        if request.status is Status.GRANTING and not request.failure and patience_is_over(request, self.now):
            return replace(request, failure="tried long enough")
        return request

    @precondition(lambda self: any(request.status is not Status.REVOKING for request in self.worker.live))
    @rule(data=st.data())
    def somebody_revokes(self, data: st.DataObject) -> None:
        able = [request for request in self.worker.live if request.status is not Status.REVOKING]
        request = data.draw(st.sampled_from(able))
        changes = {"revoked_by": "Admin", "revoking_at": self.now}
        self.worker.requests[request.id] = advance(request, Event.REVOKE, self.now, **changes)

    @precondition(lambda self: self.aws.in_progress is not None)
    @rule(well=one_of((True, True, False)))
    def aws_gets_round_to_it(self, well: bool) -> None:
        self.aws.settle(well=well)
        self._forget_what_aws_made_again()

    def _make_by_hand(self) -> None:
        if self.aws.row is None and self.aws.in_progress is None:
            self.aws.row = Maker.HAND
            self.aws.untouchable = not self.aws.ours_may_exist

    def _delete_by_hand(self) -> None:
        if self.aws.row is not None and self.aws.in_progress is None:
            self.aws.row = None
            self.aws.untouchable = False
            self.taken_by_hand = True

    def _forget_what_aws_made_again(self) -> None:
        if self.aws.row is None:
            self.aws.untouchable = False
        else:
            self.taken_by_hand = False

    @invariant()
    def what_was_made_by_hand_stays(self) -> None:
        """Rule 19."""
        operation = self.aws.in_progress
        assert not (self.aws.untouchable and operation and operation.kind is OperationKind.DELETE)

    @invariant()
    def nothing_of_ours_is_left_when_no_request_is_live(self) -> None:
        """Rules 17 and 20."""
        if not self.worker.live:
            assert self.aws.row is not Maker.US
            assert self.aws.in_progress is None or self.aws.in_progress.kind is OperationKind.DELETE

    @invariant()
    def what_is_active_is_there_unless_somebody_took_it(self) -> None:
        """Rules 18 and 20: of overlapping requests the first to end takes nothing from the others."""
        if any(request.status is Status.ACTIVE for request in self.worker.live):
            assert self.aws.row is not None or self.taken_by_hand

    @invariant()
    def a_window_is_as_long_as_was_approved(self) -> None:
        """Rule 16."""
        for request in self.worker.requests.values():
            if request.window_start_at is not None and request.end_at is not None:
                assert request.end_at - request.window_start_at == request.duration

    @invariant()
    def who_failed_never_had_access(self) -> None:
        """Rule 20."""
        for request in self.worker.requests.values():
            assert request.status is not Status.FAILED or request.window_start_at is None

    def teardown(self) -> None:
        """Once AWS answers again, everything comes to its end within a bounded number of looks (rule 17)."""
        for _ in range(MOST_PASSES):
            self.time_passes(24 * 60)
            if self.aws.in_progress is not None:
                self.aws_gets_round_to_it(well=True)
            self.a_worker_passes(Trouble.NONE)
            self.nothing_of_ours_is_left_when_no_request_is_live()
        assert not self.worker.live
        assert self.worker.book.operation is None
        assert not self.worker.book.ours


OneAssignment.TestCase.settings = settings(
    max_examples=max(60, settings().max_examples // 2),
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine says nothing about the rules
)
test_an_assignment_lives_and_dies_by_its_requests_alone = OneAssignment.TestCase
