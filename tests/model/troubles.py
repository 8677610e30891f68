"""Trouble in the world outside, from when until when: the history's own record, which fakes and oracle ask."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Moment = float
"""Seconds since the history began."""
FOR_EVER = float("inf")


def now() -> Moment:
    return asyncio.get_running_loop().time()


@dataclass(slots=True)
class Trouble:
    """``about`` names what it concerns alone: an account, a person, a request; empty: everything."""

    kind: str
    since: Moment
    until: Moment
    about: str = ""
    ends: Callable[[], None] | None = None
    """The repair when it is over."""

    def is_in_force(self, at: Moment) -> bool:
        return self.since <= at < self.until


class Troubles:
    def __init__(self) -> None:
        self.all: list[Trouble] = []
        self._ending: list[tuple[Trouble, asyncio.TimerHandle]] = []

    def begin(self, kind: str, seconds: float, about: str = "", *, ends: Callable[[], None] | None = None) -> Trouble:
        """Let it be so for a while; ``ends`` is called when it is over."""
        trouble = Trouble(kind, now(), now() + seconds, about, ends)
        self.all.append(trouble)
        if ends is not None:
            loop = asyncio.get_running_loop()
            self._ending.append((trouble, loop.call_later(seconds, self._end, trouble)))
        return trouble

    def note(self, kind: str, about: str = "") -> None:
        """Something that happened at once."""
        self.all.append(Trouble(kind, now(), now(), about))

    def of(self, kind: str, about: str = "") -> Trouble | None:
        """The one that is in force, about this or about everything."""
        at = now()
        found = (one for one in self.all if one.kind == kind and one.is_in_force(at))
        return next((one for one in found if one.about in ("", about)), None)

    def heal(self) -> None:
        """Everything outside is well from now on, but for what never will be."""
        for trouble, timer in self._ending:
            timer.cancel()
            self._end(trouble)
        for trouble in self.all:
            if trouble.until < FOR_EVER:
                trouble.until = min(trouble.until, max(now(), trouble.since))

    def in_force(self, since: Moment, until: Moment) -> Iterator[Trouble]:
        """Those of which some part lies in this time."""
        return (one for one in self.all if one.since <= until and one.until >= since)

    @staticmethod
    def _end(trouble: Trouble) -> None:
        if trouble.ends is not None:
            ends, trouble.ends = trouble.ends, None
            ends()
