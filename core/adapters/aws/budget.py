"""The budget of calls to AWS: calls wait here for their turn, the most important first.

Identity Center allows 20 calls a second to sso-admin in all, and 20 to the identity store (Identity Center user
guide, quotas), shared with whatever else the organization runs. Every attempt takes a turn, repeated ones too;
that is why the SDK's own retries are off.
"""

import asyncio
import heapq
import math
from datetime import timedelta
from enum import IntEnum
from itertools import count
from typing import NamedTuple

SSO_ADMIN_PER_SECOND = 17.0
"""Close to the quota, for deletions take as long as it allows: with ``BURST`` 19 in any second, and one for what the
network moves from one second into the next. Who else calls shows by being throttled, and then calls become slower."""
IDENTITY_STORE_PER_SECOND = 13.0
"""With ``LOOK_UPS_AT_ONCE`` 19 in any second."""
ORGANIZATIONS_PER_SECOND = 30.0
"""Organizations throttles each operation at a rate of its own: calls begin at this one and slow down to that."""
STS_PER_SECOND = 5.0
SECRETS_PER_SECOND = 10.0
"""Secrets Manager takes thousands; a process reads its few at the start and every some minutes."""
ARCHIVE_PER_SECOND = 10.0
"""S3 takes thousands; a day is one call."""
EVENTS_PER_SECOND = 20.0
"""SNS and EventBridge take hundreds, also in their smallest regions (their quotas)."""
LOGS_PER_SECOND = 5.0
"""Sources of session activity: CloudWatch Logs, the tightest of them, starts and tells 10 queries a second."""
LOOKUPS_PER_SECOND = 1.8
"""CloudTrail allows two look-ups a second, an account and region (CloudTrail user guide, quotas)."""

QUOTA = 20
BURST = 2
"""Calls that an idle process may begin at once; where there may be several processes, each begins one."""
LOOK_UPS_AT_ONCE = 6
"""Questions about people that an idle process may begin at once: as many as one click or form needs."""
SLOWEST = 0.5
"""Calls a second: the least share, and what a process makes do with that has none yet. After a crash the dead process
is counted for a while, and the access of its requests must end meanwhile."""
REST_WHEN_THROTTLED = 0.5
"""Seconds without a call after AWS said that there were too many."""
SLOWEST_FACTOR, RECOVERY = 8.0, 0.98
"""The factor by which calls slow down while AWS throttles, and the recovery with each call that is not throttled."""


class Priority(IntEnum):
    """The order of calls: taking away, giving, looking, and last what nobody waits for."""

    URGENT = 0
    GRANT = 1
    READ = 2
    BACKGROUND = 3


class _Waiter(NamedTuple):
    """Sorts by priority, then by who came first."""

    priority: Priority
    number: int
    turn: asyncio.Future[None]


class Budget:
    """A queue for one service: so many calls a second, evenly spaced, and so many at once.

    ``burst`` calls may begin at once when none was made for a while, so that nobody waits for a turn on an idle
    machine. Rate and burst together stay below what AWS allows in any second. Where changes are made, calls that only
    look leave the burst to changes and their outcomes; ``for_looks`` says that looking is all there is. Background
    calls are always spaced, and may fill only half of the places.
    """

    def __init__(self, per_second: float, at_once: int, burst: int = 1, *, for_looks: bool = False) -> None:
        self._whole_rate = per_second
        self._whole_burst = self._burst = burst
        self._bursting = Priority.READ if for_looks else Priority.GRANT
        """The last that may take part in a burst."""
        self._share = 1 / per_second
        self._shrinks_at = math.inf
        self._slowness = 1.0
        self._at_once = at_once
        self._running = 0
        self._paid_until = 0.0
        """The time by which all calls begun so far are paid for, each with one interval."""
        self._rests_until = 0.0
        self._queue: list[_Waiter] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """The number of calls that wait for their turn."""
        return sum(not waiter.turn.done() for waiter in self._queue)

    @property
    def running(self) -> int:
        """The number of calls under way."""
        return self._running

    def divide(self, replicas: int, holds: timedelta | None = None) -> None:
        """Take an equal share among so many processes; with 0, none yet: calls are few.

        Each may begin its part of the burst more in a second than its rate says, so the rates must leave room for
        that. A share that is not taken anew within ``holds`` shrinks to the least there is.
        """
        now = asyncio.get_running_loop().time()
        self._burst = max(1, self._whole_burst // 2 // max(1, replicas))
        self._shrinks_at = math.inf if holds is None else now + holds.total_seconds()
        whole = min(self._whole_rate, max(self._whole_rate, QUOTA - 1) - replicas * self._burst)
        self._share = 1 / (max(SLOWEST, whole / replicas) if replicas else SLOWEST)
        self._admit()

    @property
    def _interval(self) -> float:
        """Seconds from one call to the next."""
        is_good = asyncio.get_running_loop().time() < self._shrinks_at
        return self._share if is_good else 1 / SLOWEST

    async def enter(self, priority: Priority) -> None:
        """Wait for a turn. Whoever returns from this must ``leave``."""
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, _Waiter(priority, next(self._numbers), turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # admitted and cancelled in the same instant
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the next."""
        self._running -= 1
        self._admit()

    def rest(self) -> None:
        """AWS says that there were too many calls: none for a moment, then half as many, and more again slowly.

        Several calls that were under way together are told so together, which counts once.
        """
        now = asyncio.get_running_loop().time()
        if now >= self._rests_until:
            self._slowness = min(SLOWEST_FACTOR, self._slowness * 2)
        self._rests_until = now + REST_WHEN_THROTTLED
        self._paid_until = max(self._paid_until, self._rests_until + (self._burst - 1) * self._interval)

    def _admit(self) -> None:
        """Let in whoever is first, and come back when the next may enter."""
        loop = asyncio.get_running_loop()
        while self._queue:
            first = self._queue[0]
            if not first.turn.done():
                if not self._has_place(first.priority):
                    return  # the next to leave calls again
                interval = self._interval * self._slowness
                burst = self._burst if first.priority <= self._bursting else 1
                opens_at = max(self._rests_until, self._paid_until - (burst - 1) * interval)
                if opens_at > loop.time():
                    self._ring_at(opens_at)
                    return
                self._running += 1
                self._paid_until = max(self._paid_until, loop.time()) + interval
                self._slowness = max(1.0, self._slowness * RECOVERY)
                first.turn.set_result(None)
            heapq.heappop(self._queue)

    def _has_place(self, priority: Priority) -> bool:
        places = max(1, self._at_once // 2) if priority is Priority.BACKGROUND else self._at_once
        return self._running < places

    def _ring_at(self, moment: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= moment:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._admit()


class CallBudgets:
    """The budgets of all services; the ``CallBudget`` of core.

    The places of all of them together are the threads of the pool (``THREADS``), so a call that has its turn
    never waits for a thread, and calls that were spaced stay spaced.
    """

    THREADS = 29

    def __init__(
        self,
        *,
        sso_admin: float = SSO_ADMIN_PER_SECOND,
        identity_store: float = IDENTITY_STORE_PER_SECOND,
        organizations: float = ORGANIZATIONS_PER_SECOND,
        logs: float = LOGS_PER_SECOND,
        lookups: float = LOOKUPS_PER_SECOND,
        sts: float = STS_PER_SECOND,
    ) -> None:
        self.sso_admin = Budget(sso_admin, at_once=10, burst=BURST)
        self.identity_store = Budget(identity_store, at_once=5, burst=LOOK_UPS_AT_ONCE, for_looks=True)
        self.organizations = Budget(organizations, at_once=4)
        self.sts = Budget(sts, at_once=1)
        self.secrets = Budget(SECRETS_PER_SECOND, at_once=1)
        self.archive = Budget(ARCHIVE_PER_SECOND, at_once=1)
        self.events = Budget(EVENTS_PER_SECOND, at_once=4)
        self.logs = Budget(logs, at_once=2)
        self.lookups = Budget(lookups, at_once=1)

    @property
    def running(self) -> int:
        """The number of calls under way."""
        return sum(budget.running for budget in vars(self).values())

    def divide(self, replicas: int, holds: timedelta | None = None) -> None:
        """Organizations is left out: one replica at a time reads the tree, and all of them take it from storage."""
        for budget in (self.sso_admin, self.identity_store):
            budget.divide(replicas, holds)
