"""The quotas of IAM Identity Center, in the time of the event loop, and a process that keeps to them."""

import asyncio
from collections import deque

from core.adapters.aws.budget import CallBudgets, Priority
from core.domain.errors import Side, UpstreamBusy


class Limits:
    """A call waits for its turn as it does in the process, then for its answer. AWS refuses what comes too fast."""

    def __init__(self, *, calls_per_second: int = 20, outstanding: int = 10, answers_in: float = 0.03) -> None:
        self.calls_per_second = calls_per_second
        self.outstanding = outstanding
        self.answers_in = answers_in
        """Seconds."""
        self._queue = CallBudgets().sso_admin
        self._lately: deque[float] = deque()

    async def call(self, priority: Priority) -> None:
        await self._queue.enter(priority)
        try:
            self._arrive(asyncio.get_running_loop().time())
            await asyncio.sleep(self.answers_in)
        finally:
            self._queue.leave()

    def _arrive(self, now: float) -> None:
        while self._lately and self._lately[0] <= now - 1:
            self._lately.popleft()
        if len(self._lately) >= self.calls_per_second:
            raise UpstreamBusy("ThrottlingException", side=Side.AWS)
        self._lately.append(now)
