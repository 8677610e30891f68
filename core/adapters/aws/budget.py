"""How often AWS may be called: calls wait here for their turn, the most important first.

Identity Center allows 20 calls a second to sso-admin in all, and 20 to the identity store (Identity Center user
guide, quotas), shared with whatever else the organization runs. Every attempt takes a turn, repeated ones too;
that is why the SDK's own retries are off.
"""

import asyncio
import heapq
from enum import IntEnum
from itertools import count
from typing import NamedTuple

SSO_ADMIN_PER_SECOND = 12.0
IDENTITY_STORE_PER_SECOND = 15.0
ORGANIZATIONS_PER_SECOND = 30.0
"""Organizations throttles each operation at a rate of its own: calls begin at this one and slow down to that."""
STS_PER_SECOND = 5.0
ARCHIVE_PER_SECOND = 10.0
"""S3 takes thousands; a day is one call."""
LOGS_PER_SECOND = 5.0
"""Sources of session activity: CloudWatch Logs, the tightest of them, starts and tells 10 queries a second."""
LOOKUPS_PER_SECOND = 1.8
"""CloudTrail allows two look-ups a second, an account and region (CloudTrail user guide, quotas)."""

QUOTA = 20
SLOWEST = 0.5
REST_WHEN_THROTTLED = 0.5
"""Seconds without a call after AWS said that there were too many."""
SLOWEST_FACTOR, RECOVERY = 8.0, 0.98
"""How much slower calls become when AWS goes on throttling, and how a call without that makes up for it."""


class Priority(IntEnum):
    """Who goes first: taking away, giving, looking, and last what nobody waits for."""

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

    Spacing, rather than a bucket to spend, keeps every window of a second below the rate, and leaves an urgent
    call one interval to wait for at most. Background calls may fill only half of the places.
    """

    def __init__(self, per_second: float, at_once: int) -> None:
        self._whole_rate = per_second
        self._interval = 1 / per_second
        self._slowness = 1.0
        self._at_once = at_once
        self._running = 0
        self._opens_at = 0.0
        self._queue: list[_Waiter] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(not waiter.turn.done() for waiter in self._queue)

    @property
    def running(self) -> int:
        """How many are under way."""
        return self._running

    def divide(self, replicas: int) -> None:
        """Take an equal share among so many processes.

        Each may begin one call more in a second than its rate says, so the rates must leave room for that.
        """
        replicas = max(1, replicas)
        whole = min(self._whole_rate, max(self._whole_rate, QUOTA - 1) - replicas)
        self._interval = 1 / max(SLOWEST, whole / replicas)

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
        """AWS says that there were too many calls: none for a moment, then half as many, and more again slowly."""
        self._slowness = min(SLOWEST_FACTOR, self._slowness * 2)
        resting_until = asyncio.get_running_loop().time() + REST_WHEN_THROTTLED
        self._opens_at = max(self._opens_at, resting_until)

    def _admit(self) -> None:
        """Let in whoever is first, and come back when the next may enter."""
        loop = asyncio.get_running_loop()
        while self._queue:
            first = self._queue[0]
            if not first.turn.done():
                if not self._has_place(first.priority):
                    return  # the next to leave calls again
                if self._opens_at > loop.time():
                    self._ring_at(self._opens_at)
                    return
                self._running += 1
                self._opens_at = loop.time() + self._interval * self._slowness
                self._slowness = max(1.0, self._slowness * RECOVERY)
                first.turn.set_result(None)
            heapq.heappop(self._queue)

    def _has_place(self, priority: Priority) -> bool:
        places = max(1, self._at_once // 2) if priority is Priority.BACKGROUND else self._at_once
        return self._running < places

    def _ring_at(self, moment: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_at(moment, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._admit()


class CallBudgets:
    """The budgets of all services; the ``CallBudget`` of core.

    The places of all of them together are the threads of the pool (``THREADS``), so a call that has its turn
    never waits for a thread, and calls that were spaced stay spaced.
    """

    THREADS = 20

    def __init__(
        self,
        *,
        sso_admin: float = SSO_ADMIN_PER_SECOND,
        identity_store: float = IDENTITY_STORE_PER_SECOND,
        organizations: float = ORGANIZATIONS_PER_SECOND,
        logs: float = LOGS_PER_SECOND,
        lookups: float = LOOKUPS_PER_SECOND,
    ) -> None:
        self.sso_admin = Budget(sso_admin, at_once=6)
        self.identity_store = Budget(identity_store, at_once=5)
        self.organizations = Budget(organizations, at_once=4)
        self.sts = Budget(STS_PER_SECOND, at_once=1)
        self.archive = Budget(ARCHIVE_PER_SECOND, at_once=1)
        self.logs = Budget(logs, at_once=2)
        self.lookups = Budget(lookups, at_once=1)

    def divide(self, replicas: int) -> None:
        """Organizations is left out: one replica at a time reads the tree, and all of them take it from storage."""
        for budget in (self.sso_admin, self.identity_store):
            budget.divide(replicas)
