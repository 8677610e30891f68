"""Slack's rate limits: a tier per method, and one message a second in each channel."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

WINDOW = 60.0
POSTS_BURST = 4


class Rates:
    """Counts calls of the last minute; real time, since clients wait in real time."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.enforced = False
        self._now = now
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._tokens: dict[tuple[str, str], tuple[float, float]] = {}

    def wait(self, app_id: str, method: str, tier: int, channel: str) -> int:
        """Seconds after which to try again; none, if the call may pass."""
        if not self.enforced:
            return 0
        if method == "chat.postMessage" and (pause := self._post_pause(app_id, channel)):
            return pause
        recent = self._calls[app_id, method]
        now = self._now()
        while recent and now - recent[0] >= WINDOW:
            recent.popleft()
        if len(recent) >= tier:
            return max(1, math.ceil(WINDOW - (now - recent[0])))
        recent.append(now)
        return 0

    def _post_pause(self, app_id: str, channel: str) -> int:
        now = self._now()
        tokens, since = self._tokens.get((app_id, channel), (float(POSTS_BURST), now))
        tokens = min(float(POSTS_BURST), tokens + now - since)
        if tokens < 1:
            return 1
        self._tokens[app_id, channel] = (tokens - 1, now)
        return 0
