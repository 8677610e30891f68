"""AWS account assignments in memory: operations that take a while, one at a time an account, trouble on demand.

Memberships of groups are made and deleted at once, and have names that tell one from the next.

It keeps who made what, so that a test can prove that nothing of somebody else's was ever deleted.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from core.adapters.aws.budget import Priority
from core.adapters.aws.memberships import PREFIX
from core.domain.assignment import OperationKind, OperationState
from core.domain.aws_changes import AwsChange
from core.domain.errors import AnswerLost, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, GroupId, PrincipalId
from core.domain.organization import Target
from core.ports import Clock, OperationStatus
from tests.fakes.limits import Limits

_INSTANCES = count(1)

Holding = tuple[PrincipalId, Target]
NOT_FOUND = "ResourceNotFoundException"
ABSENT = "Received a 404 status error: the account assignment was not found"
ACCOUNT_CLOSED = "Obtaining permissions to manage your AWS account takes longer than usual. Please try again later."


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
    by: str = "bot"
    """The maker of the operation: "bot" or "hand"."""
    is_alone: bool = False
    """True if nothing else is about it: AWS does others in its account meanwhile, and ``release`` leaves it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An operation's end as FAILED; ``does_the_work``: it happened all the same."""

    reason: str
    does_the_work: bool = False


def _change(operation: FakeOperation) -> AwsChange:
    state = OperationState.IN_PROGRESS
    if operation.done:
        state = OperationState.FAILED if operation.failure else OperationState.SUCCEEDED
    return AwsChange(operation.kind, *operation.holding, operation.id, operation.begun_at, state)


class FakeCallerLog:
    """The callers who asked for the operations of a fake cloud, as AWS's own record names them: some minutes late."""

    def __init__(self, cloud: "Callable[[], FakeCloud]", clock: Callable[[], Clock]) -> None:
        self._cloud = cloud
        self._clock = clock
        self.late = timedelta()
        self.down: Upstream | None = None

    async def asked_by_us(self, since: datetime) -> Sequence[AwsChange]:
        await asyncio.sleep(0)
        if self.down is not None:
            raise self.down
        told = self._clock().now() - self.late
        ours = [_change(each) for each in self._cloud().operations.values() if each.by == "bot"]
        return [each for each in (*ours, *self._cloud().joined) if since <= each.at <= told]


class _Change(NamedTuple):
    at: datetime
    is_there: bool
    name: str = ""
    """Of a membership."""


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
        """Assignments that were made by hand and that an operation deleted. Must stay empty (rule 19)."""
        self.most_outstanding = 0
        self.down: Upstream | None = None
        self.begin_fails: deque[Exception] = deque()
        """Raised by the next calls of ``begin`` instead of doing anything."""
        self.answers_lost: deque[bool] = deque()
        """The next calls of ``begin`` raise AnswerLost; True: after the operation was begun."""
        self.sent_late: deque[timedelta] = deque()
        """The next calls of ``begin`` raise AnswerLost, and reach AWS so much later all the same."""
        self._late: list[tuple[datetime, OperationKind, Holding]] = []
        self.fail_with: deque[Failure] = deque()
        """The failures of the next operations."""
        self.listed_after = timedelta()
        """The time for which an operation that was begun is not found among the operations."""
        self.before: Callable[[str], Awaitable[None]] | None = None
        """Awaited with the name of each call before it is answered."""
        self.lists_behind = timedelta()
        """The age of the lists: they say who was assigned so long ago."""
        self.is_up_to_date: Callable[[], bool] = lambda: False
        """Asked at each list whether this one is not behind: AWS answers from several places."""
        self.lists_miss = frozenset(OperationKind)
        """The changes that the lists are behind with; the others show at once."""
        self.leavers: set[PrincipalId] = set()
        """Deleted users: what is asked for them is accepted and fails, and their assignments stay listed."""
        self.closed: set[AccountId] = set()
        """Suspended accounts: what is asked for them is accepted and fails."""
        self.left: set[AccountId] = set()
        """Accounts that left the organization: their lists are refused as well."""
        self.synchronized: set[GroupId] = set()
        """Groups whose members are another system's to say: what is asked for them is refused."""
        self._names: dict[Holding, str] = {}
        """Of the memberships that exist."""
        self.limits: Limits | None = None
        self.calls: Counter[str] = Counter()
        """The number of calls of each method."""
        self.joined: list[AwsChange] = []  # the memberships that the bot made
        self.instance = f"arn:aws:sso:::instance/ssoins-{next(_INSTANCES):016x}"
        """Another one for each cloud that is made, and the same for its copies."""
        self.admit: Callable[[str], Awaitable[None]] | None = None
        """Told the instance at each call, until it lets one pass."""
        self._changes: defaultdict[Holding, list[_Change]] = defaultdict(list)

    def __getstate__(self) -> dict[str, object]:
        """A copy belongs to no process yet."""
        return self.__dict__ | {"admit": None}

    # --- the port ----------------------------------------------------------------------------------

    async def is_assigned(
        self, principal: PrincipalId, target: Target, *, ending: bool = False, urgent: bool = False, made: str = ""
    ) -> bool:
        await self._answer("is_assigned", Priority.URGENT if urgent else Priority.READ)
        self._refuse_list_of(target.account)
        if target.group is not None:
            found = self._listed_as((principal, target))
            return bool(found) and made in ("", found)
        return self._is_listed((principal, target))

    async def users_assigned(self, target: Target) -> frozenset[PrincipalId]:
        await self._answer("users_assigned", Priority.BACKGROUND)
        self._refuse_list_of(target.account)
        known = self._assigned.keys() | self._changes.keys()
        return frozenset(each[0] for each in known if each[1] == target and self._is_listed(each))

    async def begin(
        self,
        kind: OperationKind,
        principal: PrincipalId,
        target: Target,
        *,
        within: timedelta | None = None,
        made: str = "",
    ) -> str:
        begun_at = self._clock.now()
        await self._answer("begin", _importance(kind))
        if within is not None and self._clock.now() - begun_at > within:
            raise UpstreamBusy("it was not sent in time")
        if self.sent_late:
            self._late.append((begun_at + self.sent_late.popleft(), kind, (principal, target)))
            raise AnswerLost("the process was suspended")
        if self.begin_fails:
            raise self.begin_fails.popleft()
        lost = self.answers_lost.popleft() if self.answers_lost else None
        if lost is False:
            raise AnswerLost("the connection was dropped before anything was done")
        if target.group is not None:
            name = self._change_membership(kind, (principal, target), made)
            if lost is True:
                raise AnswerLost("the connection was dropped")
            return name
        if any(o.holding[1].account == target.account and not o.is_alone for o in self.in_flight()):
            raise UpstreamBusy("ConflictException")
        if self.limits is not None and len(self.in_flight()) >= self.limits.outstanding:
            raise UpstreamBusy("ServiceQuotaExceededException", retry_after=timedelta(seconds=10))
        operation = self._begun(kind, (principal, target))
        if lost is True:
            raise AnswerLost("the connection was dropped")
        return operation.id

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        await self._answer("operation", _importance(kind))
        if aws_id.startswith(PREFIX):
            return OperationStatus(OperationState.SUCCEEDED)
        operation = self.operations.get(aws_id)
        if operation is None or operation.kind is not kind:
            raise UpstreamRefused("unknown", code=NOT_FOUND)
        if not operation.done:
            return OperationStatus(OperationState.IN_PROGRESS, created_at=operation.begun_at)
        if operation.failure:
            return OperationStatus(OperationState.FAILED, operation.failure.reason, operation.begun_at)
        return OperationStatus(OperationState.SUCCEEDED, created_at=operation.begun_at)

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, since: datetime
    ) -> str | None:
        await self._answer("find_operation", _importance(kind))
        if target.group is not None:
            return self._listed_as((principal, target)) if kind is OperationKind.CREATE else None
        shown = self._clock.now() - self.listed_after
        for operation in reversed(self.operations.values()):
            fits = operation.kind is kind and operation.holding == (principal, target)
            if fits and since <= operation.begun_at <= shown:
                return operation.id
        return None

    async def changes(self, since: datetime, known: Sequence[AwsChange] = ()) -> Sequence[AwsChange]:
        await self._answer("changes", Priority.BACKGROUND)
        shown = self._clock.now() - self.listed_after
        found = [_change(each) for each in self.operations.values() if since <= each.begun_at <= shown]
        return [*found, *(each for each in known if each.target.group is not None)]

    # --- what a test sees --------------------------------------------------------------------------

    @property
    def assigned(self) -> Mapping[Holding, str]:
        """The assignments that exist now, and who made each: "bot" or "hand"."""
        self._pass_time()
        return self._assigned

    # --- hands -------------------------------------------------------------------------------------

    def make(self, principal: PrincipalId, target: Target) -> None:
        """Assign it as somebody other than the bot."""
        self._put((principal, target), "hand", self._clock.now())

    def make_by_operation(self, principal: PrincipalId, target: Target) -> None:
        """The same, as the console does it: AWS lists the operation, and knows who asked for it."""
        self._by_hand(OperationKind.CREATE, (principal, target))

    def remove_by_operation(self, principal: PrincipalId, target: Target) -> None:
        """Take it away, as somebody other than the bot, in that way."""
        self._by_hand(OperationKind.DELETE, (principal, target))

    def give(self, principal: PrincipalId, target: Target) -> None:
        """Add an assignment that the bot made before the test began."""
        self._put((principal, target), "bot", self._clock.now())

    def remove(self, principal: PrincipalId, target: Target) -> None:
        """Take it away as somebody other than the bot."""
        self._take((principal, target), self._clock.now())

    def release(self) -> None:
        """End every operation that is held."""
        self.held = False
        for operation in self.in_flight():
            if not operation.is_alone:
                operation.ends_at = self._clock.now()
        self._pass_time()

    def forget(self) -> None:
        """AWS keeps operations for a while only."""
        self.operations = {key: operation for key, operation in self.operations.items() if not operation.done}

    def in_flight(self) -> list[FakeOperation]:
        """As they were when AWS was last asked or looked at."""
        return [operation for operation in self.operations.values() if not operation.done]

    # --- what happens inside -----------------------------------------------------------------------

    def _by_hand(self, kind: OperationKind, holding: Holding) -> None:
        now = self._clock.now()
        operation = FakeOperation(f"hand-{len(self.operations)}", kind, holding, now, now, by="hand")
        self.operations[operation.id] = operation
        self._pass_time()

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

    def _change_membership(self, kind: OperationKind, holding: Holding, made: str) -> str:
        """The name of the membership that was made or deleted, as the real thing does it, which is at once."""
        self.begun.append((kind, holding))
        if holding[1].group in self.synchronized:
            raise UpstreamRefused("the group is synchronized", code="ValidationException")
        if kind is OperationKind.CREATE:
            if holding in self._assigned:
                raise UpstreamBusy("ConflictException (UNIQUENESS_CONSTRAINT_VIOLATION)")
            now, made = self._clock.now(), OperationState.SUCCEEDED
            self._put(holding, "bot", now)
            self.joined.append(AwsChange(kind, *holding, self._names[holding], now, made))
            return self._names[holding]
        name = made or self._listed_as(holding)
        if not name:
            raise UpstreamBusy("AWS lists no such membership, or not yet")
        if self._names.get(holding) != name:
            raise UpstreamRefused("GROUP_MEMBERSHIP not found", code=NOT_FOUND)
        if self._take(holding, self._clock.now()) == "hand":
            self.taken_from_others.append(holding)
        return name

    def _pass_time(self) -> None:
        arrived = [late for late in self._late if late[0] <= self._clock.now()]
        self._late = [late for late in self._late if late not in arrived]
        for _, kind, holding in arrived:
            self._begun(kind, holding)
        for operation in self.in_flight():
            if operation.ends_at is not None and operation.ends_at <= self._clock.now():
                self._finish(operation)

    def _finish(self, operation: FakeOperation) -> None:
        operation.done = True
        operation.failure = operation.failure or self._failure_of(operation)
        if operation.failure and not operation.failure.does_the_work:
            return
        ended_at = operation.ends_at or self._clock.now()
        if operation.kind is OperationKind.CREATE:
            self._put(operation.holding, operation.by, ended_at)
        elif self._take(operation.holding, ended_at) == "hand":
            self.taken_from_others.append(operation.holding)

    def _failure_of(self, operation: FakeOperation) -> Failure | None:
        """AWS's own reason to end it FAILED. To create what is there succeeds, and adds nothing."""
        principal, target = operation.holding
        if principal in self.leavers:
            return Failure(f"Received a 404 status error: the USER assignee {principal} was not found")
        if target.account in self.left | self.closed:
            return Failure(ACCOUNT_CLOSED)
        if operation.kind is OperationKind.DELETE and operation.holding not in self._assigned:
            return Failure(ABSENT)
        return None

    def _put(self, holding: Holding, by: str, at: datetime) -> None:
        if holding not in self._assigned:
            self._assigned[holding] = by
            self._names[holding] = f"{PREFIX}{by}-{len(self._changes[holding])}-{holding[0]}"
            self._changes[holding].append(_Change(at, is_there=True, name=self._names[holding]))

    def _take(self, holding: Holding, at: datetime) -> str | None:
        """The one who had made it; None when it was not there."""
        if holding in self._assigned:
            self._changes[holding].append(_Change(at, is_there=False))
            self._names.pop(holding, None)
        return self._assigned.pop(holding, None)

    def _is_listed(self, holding: Holding) -> bool:
        """As the lists have it, which may be behind."""
        return bool(self._listed_as(holding)) if self.lists_behind else holding in self._assigned

    def _listed_as(self, holding: Holding) -> str | None:
        """The name under which the lists have it; None where they don't."""
        behind = timedelta() if self.is_up_to_date() else self.lists_behind
        seen_until, listed = self._clock.now() - behind, None
        for change in self._changes[holding]:
            kind = OperationKind.CREATE if change.is_there else OperationKind.DELETE
            if change.at <= seen_until or kind not in self.lists_miss:
                listed = change.name or None
        return listed

    def _refuse_list_of(self, account: AccountId) -> None:
        if account in self.left:
            raise UpstreamRefused(f"account {account} is not in the organization", code=NOT_FOUND)

    async def _answer(self, call: str, priority: Priority) -> None:
        self.calls[call] += 1
        await asyncio.sleep(0)
        if self.before is not None:
            await self.before(call)
        if self.limits is not None:
            await self.limits.call(priority)
        self._pass_time()
        if self.down is not None:
            raise self.down
        if self.admit is not None:
            await self.admit(self.instance)
            self.admit = None


def _importance(kind: OperationKind) -> Priority:
    return Priority.URGENT if kind is OperationKind.DELETE else Priority.GRANT
