"""Identifiers as Teams writes them; of what has a name they are the same in every run."""

import itertools
from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid4, uuid5


def stable_uuid(kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"https://example.com/entra/{kind}/{name}"))


def mri_of(name: str) -> str:
    """A person's id for one bot: long and opaque."""
    return f"29:1{stable_uuid('mri', name).replace('-', '')}_{stable_uuid('bot', name).replace('-', '')[:16]}"


def thread_id(name: str) -> str:
    """The id of a team or channel."""
    return f"19:{stable_uuid('thread', name).replace('-', '')}@thread.tacv2"


def personal_id(name: str) -> str:
    """The id of the 1:1 chat of a person with the bot."""
    return f"a:1{stable_uuid('chat', name).replace('-', '')}"


class MessageIds:
    """Milliseconds since 1970, unique and increasing whatever the clock does."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> str:
        self._last = max(self._last + 1, int(self._clock() * 1000))
        return str(self._last)


class EventIds:
    """The ids of events and invokes."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def next(self) -> str:
        return f"f:{uuid4().hex[:8]}-{next(self._numbers):08d}"
