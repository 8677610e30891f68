"""Every change of a local chat's state, told to whoever listens, and waited for without sleeping."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Found = TypeVar("Found")
Listener = Callable[["Change"], None]


@dataclass(frozen=True)
class Change:
    #: `message.posted`, `view.opened`, `call.made`, …: what, then what became of it.
    kind: str
    subject: Any
    user_id: str | None = None
    channel_id: str | None = None


class NotSeenError(AssertionError):
    """Something awaited did not come in time; the message says what was there instead."""


class Changes:
    """A bell that rings at every change."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls the listener at every change, in the event loop, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def announce(self, change: Change) -> None:
        for listener in list(self._listeners):
            listener(change)

    async def until(self, look: Callable[[], Found | None], *, within: float, otherwise: Callable[[], str]) -> Found:
        """The result of `look`, now or after some change; else `NotSeenError` with the words of `otherwise`."""
        rang = asyncio.Event()
        unsubscribe = self.subscribe(lambda _: rang.set())
        try:
            async with asyncio.timeout(within):
                while (found := look()) is None:
                    rang.clear()
                    await rang.wait()
                return found
        except TimeoutError:
            raise NotSeenError(otherwise()) from None
        finally:
            unsubscribe()
