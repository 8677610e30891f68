"""Changes that are sent in time, or not at all: a process may be suspended at any moment, and its threads with it.

Whoever asked for the change has concluded by then that it was never sent. AWS takes a signature for five minutes, so
what was signed in time does not arrive much later either (IAM user guide, "Signature Version 4").
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError

P = ParamSpec("P")
R = TypeVar("R")

BEFORE_SENDING = "before-send"


class SentTooLate(BotoCoreError):
    """Nothing was sent."""

    fmt = "it was not sent in time"


class Deadline:
    """Over when either clock says so: one of them stands still in a machine that is suspended, the other may be set."""

    def __init__(self, within: timedelta) -> None:
        seconds = within.total_seconds()
        self._until = tuple(now + seconds for now in _clocks())

    @property
    def is_over(self) -> bool:
        return any(now > until for now, until in zip(_clocks(), self._until, strict=True))


def punctual(method: Callable[P, R], deadline: Deadline | None) -> Callable[P, R]:
    """The same method of a client, for one call that has until then to be sent."""

    @wraps(method)
    def ask(*args: P.args, **kwargs: P.kwargs) -> R:
        _thread.deadline = deadline
        try:
            return method(*args, **kwargs)
        finally:
            _thread.deadline = None

    return ask


def refuse_late(**_: Any) -> None:
    """Registered with the SDK, which asks in the thread of the call, when the request is signed."""
    deadline = getattr(_thread, "deadline", None)
    if deadline is not None and deadline.is_over:
        raise SentTooLate


_thread = threading.local()


def _clocks() -> tuple[float, float]:
    return time.clock_gettime(_SINCE_BOOT), time.time()


_SINCE_BOOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where there is such a clock."""
