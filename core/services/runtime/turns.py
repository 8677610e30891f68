"""Turns of people: a few pieces of work of one person are under way at once, and the rest of theirs waits (rule 26).

In memory and in each process by itself. Whoever is not that person never waits here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from core.domain.people import ChatUser

AT_ONCE = 3
"""Hands do one thing after the other; what is slow, or sent twice, leaves room for another."""


@dataclass(slots=True)
class _Line:
    places: asyncio.Semaphore
    users: int = field(default=0)
    """The number of those who have a turn or wait for one; at none, the line is forgotten."""


class PersonalTurns:
    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._lines: dict[tuple[str, str], _Line] = {}

    @asynccontextmanager
    async def of(self, person: ChatUser) -> AsyncIterator[bool]:
        """Keep a place of this person's for the length of an ``async with``. Gives whether it was waited for."""
        key = (person.platform, person.user)
        line = self._lines.setdefault(key, _Line(asyncio.Semaphore(self._at_once)))
        line.users += 1
        waited = line.places.locked()
        try:
            async with line.places:
                yield waited
        finally:
            line.users -= 1
            if not line.users:
                self._lines.pop(key, None)
