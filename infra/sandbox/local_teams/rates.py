"""The rate limits of the Bot Connector: of one bot in one conversation, and of look-ups of members.

Numbers: Microsoft's page "Optimize your bot with rate limiting in Teams".
"""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

#: Calls, within seconds.
Windows = tuple[tuple[int, float], ...]
WRITES: Windows = ((7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0))
MEMBERS: Windows = ((14, 1.0), (120, 30.0))
_LIMITS: dict[str, Windows] = {
    "sendActivity": WRITES,
    "updateActivity": WRITES,
    "createConversation": WRITES,
    "getMember": MEMBERS,
    "getPagedMembers": MEMBERS,
}


class Rates:
    """Counts calls in real time, since clients wait in real time."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.enforced = False
        self._now = now
        self._calls: defaultdict[tuple[Windows, str], deque[float]] = defaultdict(deque)

    def wait(self, operation: str, conversation: str) -> int:
        """Seconds after which to try again; none, if the call may pass."""
        windows = _LIMITS.get(operation)
        if windows is None or not self.enforced:
            return 0
        recent, now = self._calls[windows, conversation], self._now()
        for most, seconds in windows:
            within = [at for at in recent if now - at < seconds]
            if len(within) >= most:
                return max(1, math.ceil(seconds - (now - within[0])))
        recent.append(now)
        return 0
