"""Connections to the HTTP port, watched from the moment they are accepted.

aiohttp bounds what a request may be, not how long its headers may take nor how many connections there are. Held open
with half a header they would use up the descriptors of the process, and then neither AWS nor Slack could be reached:
access would not end. So what has not said its headers in time is closed, and there are never more connections than a
part of the descriptors. Whoever fills them all can still keep others out of this port: what must be in front of it is
in docs/operations.md.
"""

import asyncio
import resource
from collections.abc import Awaitable, Callable

from aiohttp import web

MOST_CONNECTIONS = 512
PART_OF_DESCRIPTORS = 4
"""Connections to this port take at most one descriptor of so many."""
LEAST_CONNECTIONS = 8

Protocol = Callable[[], asyncio.Protocol]


def most_connections() -> int:
    """As many as leave descriptors for AWS, Slack and the database."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return max(LEAST_CONNECTIONS, min(MOST_CONNECTIONS, descriptors // PART_OF_DESCRIPTORS))


class Connections:
    """All open connections of one port, and those among them that nothing is being answered on, the oldest first."""

    def __init__(self, most: int, headers_within: float) -> None:
        self._most = most
        self._headers_within = headers_within
        self._open: set[Watched] = set()
        self._idle: dict[asyncio.BaseTransport | None, Watched] = {}
        self._busy: dict[asyncio.BaseTransport | None, Watched] = {}

    def __len__(self) -> int:
        return len(self._open)

    def watch(self, protocol: Protocol) -> Protocol:
        """The same protocol, watched."""
        return lambda: Watched(self, protocol())

    def admit(self, watched: "Watched", transport: asyncio.BaseTransport) -> bool:
        """Make room for a new one by closing the oldest that is idle; False when none is."""
        if len(self._open) >= self._most:
            if not self._idle:
                return False
            next(iter(self._idle.values())).drop()
        self._open.add(watched)
        self._idle[transport] = watched
        watched.limit(self._headers_within)
        return True

    def forget(self, watched: "Watched", transport: asyncio.BaseTransport) -> None:
        self._open.discard(watched)
        self._idle.pop(transport, None)
        self._busy.pop(transport, None)

    def middleware(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        """Runs for every request, whatever its path: by then its headers have been read."""

        @web.middleware
        async def note(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            transport = request.transport
            if watched := self._idle.pop(transport, None):
                watched.relax()
                self._busy[transport] = watched
            try:
                return await handler(request)
            finally:
                if watched := self._busy.pop(transport, None):
                    self._idle[transport] = watched

        return note


class Watched(asyncio.Protocol):
    """Passes everything on to the protocol that it watches."""

    def __init__(self, connections: Connections, inner: asyncio.Protocol) -> None:
        self._connections = connections
        self._inner = inner
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_admitted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):  # an asyncio server makes no others
            raise TypeError(type(transport).__name__)
        self._transport = transport
        self._is_admitted = self._connections.admit(self, transport)
        if self._is_admitted:
            self._inner.connection_made(transport)
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._is_admitted:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._is_admitted else None

    def connection_lost(self, exc: Exception | None) -> None:
        self.relax()
        if self._transport is not None:
            self._connections.forget(self, self._transport)
        if self._is_admitted:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def limit(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self.drop)

    def relax(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def drop(self) -> None:
        """Close it at once, and count it no more."""
        self.relax()
        if self._transport is not None:
            self._connections.forget(self, self._transport)
            self._transport.abort()
