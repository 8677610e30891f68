"""The figures of a period, for auditors: counted request by request, keeping no more than is told.

Which requests belong to a period is decided by when they were asked for. Who may read this is rule 22.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from heapq import nlargest
from statistics import median

from core.domain.ids import PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.period import Period
from core.domain.request import LIVE, Status

WITHIN_SECONDS = timedelta(seconds=10)
"""An approver who approves faster than this after the request was sent can hardly have read it."""
NIGHT_BEGINS, NIGHT_ENDS = 22, 6
"""Hours of the day, in the time zone of the report."""
ALWAYS = 5
"""From so many approved requests of one person on it is told that one and the same approver approved them all."""
LONGEST = 10
"""The number of longest accesses that are listed."""
_MICROSECOND = timedelta(microseconds=1)


class PastDecision(StrEnum):
    """The decision about a request before anything was granted: exactly one of these."""

    APPROVED = "approved"
    AUTOMATIC = "automatic"
    """No approval was needed."""
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    """Withdrawn, expired or no longer allowed before anybody had decided."""
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Approved:
    """One approval, and whose."""

    by: PrincipalId
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PastRequest:
    """One request as far as figures are made of it."""

    id: RequestId
    asked_at: datetime
    status: Status
    requester: PrincipalId
    requester_name: str
    target: Target
    account_name: str
    permission_set_name: str
    needs_approval: bool
    decided_at: datetime | None = None
    active_from: datetime | None = None
    """The time when AWS had made the assignment; None: it never did."""
    end_at: datetime | None = None
    revoking_at: datetime | None = None
    revoked: bool = False
    """Somebody ended it, before time did."""
    closed_at: datetime | None = None
    approvals: tuple[Approved, ...] = ()
    events: int | None = None
    """The number of events of its sessions in the logs; None: not known."""

    @property
    def decision(self) -> PastDecision:
        if not self.needs_approval:
            return PastDecision.AUTOMATIC
        if self.status is Status.PENDING:
            return PastDecision.WAITING
        if self.status is Status.REJECTED:
            return PastDecision.REJECTED
        return PastDecision.APPROVED if self.decided_at else PastDecision.UNDECIDED

    @property
    def given_back(self) -> timedelta:
        """The time given back: how much earlier than agreed somebody ended the access."""
        if not (self.revoked and self.active_from and self.end_at and self.revoking_at):
            return timedelta()
        return max(self.end_at - self.revoking_at, timedelta())

    def live_for(self, now: datetime) -> timedelta:
        """The time for which the access existed, up to now where it still does."""
        if self.active_from is None:
            return timedelta()
        return max((self.closed_at or now) - self.active_from, timedelta())


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one account, permission set or person. ``name`` is what it was called last."""

    id: str
    name: str
    asked: int = 0
    granted: int = 0
    """Requests whose access existed."""
    unused: int = 0
    """Those of them with which nothing was done, as far as that is known."""
    time: timedelta = timedelta()
    """The total time for which access existed."""


@dataclass(frozen=True, slots=True)
class StepOfTime:
    """One bar of the chart over time."""

    begins: date
    decisions: Mapping[PastDecision, int]

    @property
    def asked(self) -> int:
        return sum(self.decisions.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """One person all of whose approved requests of the period were approved by one and the same person."""

    requester: PrincipalId
    requester_name: str
    approver: PrincipalId
    approver_name: str
    requests: int


@dataclass(frozen=True, slots=True)
class Access:
    """Access of one request: how long it existed, or that it does."""

    request_id: RequestId
    requester: PrincipalId
    requester_name: str
    target: Target
    account_name: str
    permission_set_name: str
    status: Status
    length: timedelta = timedelta()
    since: datetime | None = None
    until: datetime | None = None
    """The latest time at which it ends."""

    @property
    def is_live(self) -> bool:
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. Shares come largest first, accesses by length."""

    period: Period
    made_at: datetime
    zone: str
    """The time zone in which a night is one."""
    decisions: Mapping[PastDecision, int]
    over_time: Sequence[StepOfTime]
    accounts: Sequence[Share]
    permission_sets: Sequence[Share]
    people: Sequence[Share]
    median_to_approve: timedelta | None
    """None: nothing was approved by a person."""
    approvals: int
    """By people: of one request there may be several."""
    within_seconds: int
    at_night: int
    pairs: Sequence[Pair]
    known_use: int
    """Accesses of which it is known how much was done with them."""
    unused: int
    ended_early: int
    given_back: timedelta
    longest: Sequence[Access]
    held: Sequence[Access] = ()
    """The people who have access now, whenever it was asked for; by account, then by person."""

    @property
    def asked(self) -> int:
        return sum(self.decisions.values())

    @property
    def granted(self) -> int:
        return sum(share.granted for share in self.accounts)

    @property
    def automatic_share(self) -> float | None:
        """Of all requests, those that needed no approval, from 0 to 1; None when there were no requests."""
        return self.decisions.get(PastDecision.AUTOMATIC, 0) / self.asked if self.asked else None


def is_night(at: datetime, zone: tzinfo) -> bool:
    """True if an instant is in the night there."""
    hour = at.astimezone(zone).hour
    return hour >= NIGHT_BEGINS or hour < NIGHT_ENDS


@dataclass(slots=True)
class _Sum:
    name: str = ""
    asked: int = 0
    granted: int = 0
    unused: int = 0
    time: timedelta = timedelta()

    def add(self, name: str, past: PastRequest, live_for: timedelta) -> None:
        self.name = name
        self.asked += 1
        self.granted += past.active_from is not None
        self.unused += past.events == 0
        self.time += live_for


@dataclass(slots=True)
class _Approvers:
    """Of one requester: whoever approved each one of the requests so far."""

    name: str = ""
    requests: int = 0
    of_all: AbstractSet[PrincipalId] = frozenset()

    def add(self, past: PastRequest) -> None:
        here = {each.by for each in past.approvals}
        self.of_all = here if self.requests == 0 else self.of_all & here
        self.requests += 1
        self.name = past.requester_name


class Count:
    """Adds up requests one by one, each once; in the order of being asked, so that the last names are told.

    What it keeps grows with accounts, permission sets and people, and by eight bytes an approved request.
    """

    def __init__(self, period: Period, now: datetime, zone: tzinfo = UTC) -> None:
        self._period, self._now, self._zone = period, now, zone
        self._steps: dict[date, Counter[PastDecision]] = {begins: Counter() for begins in period.beginnings()}
        self._accounts: dict[str, _Sum] = {}
        self._sets: dict[str, _Sum] = {}
        self._people: dict[str, _Sum] = {}
        self._waits = array("q")
        """Microseconds until each request was approved."""
        self._approvers: dict[PrincipalId, _Approvers] = {}
        self._names: dict[PrincipalId, str] = {}
        self._counted: Counter[str] = Counter()
        self._given_back = timedelta()
        self._longest: list[Access] = []

    def add(self, past: PastRequest) -> None:
        decision, live_for = past.decision, past.live_for(self._now)
        self._steps[self._period.beginning(past.asked_at)][decision] += 1
        for sums, identity, name in (
            (self._accounts, past.target.account, past.account_name),
            (self._sets, past.target.permission_set, past.permission_set_name),
            (self._people, past.requester, past.requester_name),
        ):
            sums.setdefault(identity, _Sum()).add(name, past, live_for)
        if decision is PastDecision.APPROVED:
            self._add_approvals(past)
        self._add_use(past, live_for)

    def _add_approvals(self, past: PastRequest) -> None:
        if past.decided_at is not None:
            self._waits.append(max((past.decided_at - past.asked_at) // _MICROSECOND, 0))
        self._approvers.setdefault(past.requester, _Approvers()).add(past)
        for approval in past.approvals:
            self._names[approval.by] = approval.name
            self._counted["approvals"] += 1
            self._counted["within_seconds"] += approval.at - past.asked_at < WITHIN_SECONDS
            self._counted["at_night"] += is_night(approval.at, self._zone)

    def _add_use(self, past: PastRequest, live_for: timedelta) -> None:
        self._counted["known_use"] += past.events is not None
        self._counted["unused"] += past.events == 0
        self._counted["ended_early"] += past.given_back > timedelta()
        self._given_back += past.given_back
        if past.active_from is not None and (
            len(self._longest) < LONGEST or live_for >= self._longest[-1].length  # nothing is sorted for most of them
        ):
            self._longest = longest([*self._longest, access_of(past, live_for)])

    def figures(self, held: Iterable[Access] = ()) -> Figures:
        """The figures so far. ``held``: what is live now, whenever it was asked for."""
        decisions: Counter[PastDecision] = Counter()
        for step in self._steps.values():
            decisions.update(step)
        number = self._counted
        return Figures(
            period=self._period,
            made_at=self._now,
            zone=str(self._zone),
            decisions=decisions,
            over_time=[StepOfTime(begins, counted) for begins, counted in self._steps.items()],
            accounts=_shares(self._accounts),
            permission_sets=_shares(self._sets),
            people=_shares(self._people),
            median_to_approve=median(self._waits) * _MICROSECOND if self._waits else None,
            approvals=number["approvals"],
            within_seconds=number["within_seconds"],
            at_night=number["at_night"],
            pairs=self._pairs(),
            known_use=number["known_use"],
            unused=number["unused"],
            ended_early=number["ended_early"],
            given_back=self._given_back,
            longest=self._longest,
            held=sorted(held, key=_by_account_and_person),
        )

    def _pairs(self) -> list[Pair]:
        pairs = [
            Pair(requester, known.name, approver, self._names[approver], known.requests)
            for requester, known in self._approvers.items()
            if known.requests >= ALWAYS
            for approver in known.of_all
        ]
        return sorted(pairs, key=lambda pair: (-pair.requests, pair.requester, pair.approver))


def longest(accesses: Iterable[Access]) -> list[Access]:
    """The longest of them, the longest first; of equal ones the older request."""
    return nlargest(LONGEST, accesses, key=lambda access: (access.length, -access.request_id))


def access_of(past: PastRequest, length: timedelta) -> Access:
    """The access that a request led to."""
    return Access(
        request_id=past.id,
        requester=past.requester,
        requester_name=past.requester_name,
        target=past.target,
        account_name=past.account_name,
        permission_set_name=past.permission_set_name,
        status=past.status,
        length=length,
        since=past.active_from,
        until=past.closed_at or past.end_at,
    )


def _shares(sums: Mapping[str, _Sum]) -> list[Share]:
    shares = [Share(known, s.name, s.asked, s.granted, s.unused, s.time) for known, s in sums.items()]
    return sorted(shares, key=lambda share: (-share.asked, share.name.casefold(), share.id))


def _by_account_and_person(access: Access) -> tuple[str, ...]:
    return (
        access.account_name.casefold(),
        access.target.account,
        access.requester_name.casefold(),
        access.permission_set_name,
    )
