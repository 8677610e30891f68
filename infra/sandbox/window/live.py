"""Changes, sent to every open window at once: the parts that look different now, and nothing else.

Over a WebSocket, because a browser opens no more than six connections of the other kind to one address, and the
seventh window would never load.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Iterable
from hashlib import sha256
from typing import Any

from aiohttp import WSCloseCode, web

from infra.sandbox.aws.changes import Change as AwsChange
from infra.sandbox.changes import Change as ChatChange
from infra.sandbox.window.page import Page, Part
from infra.sandbox.window.shared_state import SharedState

#: Changes come in flocks; a window is told once, after so many seconds.
SETTLE = 0.05
#: How often somebody looks whether the bot still runs, and what the next event is.
LOOK_EVERY = 1.0
#: Words such as "tomorrow" and "for 12 s" grow old by themselves.
REDRAW_EVERY = 20.0

_BY_KIND: dict[str, tuple[Part, ...]] = {
    "message": ("sidebar", "talk"),
    "ephemeral": ("sidebar", "talk"),
    "channel": ("sidebar", "talk"),
    "user": ("sidebar", "talk"),
    "file": ("talk",),
    "view": ("modal", "talk"),
    "call": ("refusals", "trouble"),
    "delivery": ("refusals",),
}
_BY_KIND_IN_TEAMS: dict[str, tuple[Part, ...]] = {
    "message": ("teams",),
    "person": ("teams",),
    "team": ("teams",),
    "file": ("teams",),
    "dialog": ("teams_dialog",),
    "call": ("refusals", "trouble"),
    "delivery": ("refusals",),
}


class Stream:
    """One open window."""

    def __init__(self, page: Page, socket: web.WebSocketResponse) -> None:
        self._page = page
        self._socket = socket
        self._dirty: set[Part] = set(page.parts)
        self._rang = asyncio.Event()
        #: Somebody may look at it; a window behind others reads nothing.
        self._is_seen = True
        self._sent: dict[str, str] = {}
        self._rang.set()

    def mark(self, parts: Iterable[Part]) -> None:
        self._dirty.update(parts)
        self._rang.set()

    def told(self, state: str) -> None:
        """The page's own state: `visible` or `hidden`."""
        self._is_seen = state == "visible"
        self.mark(("sidebar",))

    async def run(self) -> None:
        """Sends until the window is closed."""
        await self._socket.send_json({"run": self._page.shared.run})
        while True:
            await self._rang.wait()
            await asyncio.sleep(SETTLE)
            self._rang.clear()
            dirty, self._dirty = self._dirty, set()
            if self._is_seen and self._page.sees():
                dirty.add("sidebar")
            if changed := self._changed(dirty):
                await self._socket.send_json(changed)

    async def close(self) -> None:
        await self._socket.close(code=WSCloseCode.GOING_AWAY, message=b"the sandbox ends")

    def _changed(self, dirty: Collection[Part]) -> dict[str, Any]:
        due = [part for part in self._page.parts if part in dirty]
        parts = {part: html for part in due if self._is_new(part, html := self._page.part(part))}
        heading = self._page.heading()
        told: dict[str, Any] = {"parts": parts} if parts else {}
        return {**told, "title": heading} if self._is_new("title", heading) else told

    def _is_new(self, name: str, html: str) -> bool:
        mark = sha256(html.encode()).hexdigest()
        before, self._sent[name] = self._sent.get(name), mark
        return before != mark


class Hub:
    """Listens to the sandbox for all windows."""

    def __init__(self, shared: SharedState) -> None:
        self._shared = shared
        self._streams: set[Stream] = set()
        self._stop: list[Callable[[], None]] = []
        self._looking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        services = self._shared.services
        self._stop = [
            services.slack.workspace.changes.subscribe(self._slack_changed),
            services.aws.changes.subscribe(self._aws_changed),
        ]
        if services.teams is not None:
            self._stop.append(services.teams.tenant.changes.subscribe(self._teams_changed))
        if services.receiver is not None:
            self._stop.append(services.receiver.changes.subscribe(lambda _: self.mark("events", "trouble")))
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        for stop in self._stop:
            stop()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await asyncio.gather(*(each.close() for each in list(self._streams)), return_exceptions=True)

    def mark(self, *parts: Part) -> None:
        """These parts may look different now."""
        for stream in self._streams:
            stream.mark(parts)

    async def serve(self, page: Page, request: web.Request) -> web.WebSocketResponse:
        """One window, for as long as it stays open."""
        socket = web.WebSocketResponse(heartbeat=20.0, compress=False)
        await socket.prepare(request)
        stream = Stream(page, socket)
        self._streams.add(stream)
        sending = asyncio.create_task(stream.run())
        try:
            async for message in socket:
                stream.told(str(message.data))
        finally:
            self._streams.discard(stream)
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sending
        return socket

    def _slack_changed(self, change: ChatChange) -> None:
        self.mark(*_BY_KIND.get(change.kind.partition(".")[0], ()))

    def _teams_changed(self, change: ChatChange) -> None:
        self.mark(*_BY_KIND_IN_TEAMS.get(change.kind.partition(".")[0], ()))

    def _aws_changed(self, change: AwsChange) -> None:
        self.mark("aws", "trouble", *(("strip",) if change.kind.startswith("fault.") else ()))

    async def _look(self) -> None:
        """Changes that nothing announces."""
        loop = asyncio.get_running_loop()
        last, redraw_at = self._seen(), loop.time() + REDRAW_EVERY
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._streams and self._shared.services.next_event is not None:
                self._shared.next_at = await self._shared.services.next_event()
            if (now := self._seen()) != last:
                last = now
                self.mark("trouble", "strip", "clock", "modal")
            if self._shared.services.aws.operations_in_flight():
                self.mark("aws")
            if loop.time() >= redraw_at:
                redraw_at = loop.time() + REDRAW_EVERY
                self.mark("talk", "clock", "aws")

    def _seen(self) -> tuple[Any, ...]:
        bot, demo = self._shared.services.bot, self._shared.services.demo
        return (
            bot is not None and (bot.is_running, bot.is_starting),
            self._shared.next_at,
            demo.is_on,
            demo.is_preparing,
        )
