"""Slack's calls over a socket (Socket Mode), kept open whatever happens to it.

Every try asks Slack for a fresh address: one is good for one connection and for seconds, and trying an old one again
leaves the bot deaf for ever. What the connection is at the moment can be asked for: readiness and metrics show it.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.lifecycle import BackgroundTasks
from bot.slack_app import answered
from core.domain.errors import Side, Upstream, UpstreamBusy
from handlers.slack_api.failures import call

HEARTBEAT = 10.0
"""Seconds between pings; without a pong for half of it the connection counts as dead."""
OPEN_WITHIN = 90.0
"""Seconds for an address: the client waits by itself when Slack says that it was asked too often."""
GREETED_WITHIN = 20.0
SETTLED_AFTER = 30.0
"""Seconds after which a connection was a good one: the next pause is the shortest again."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
CLOSED_WITHIN = 2.0
LINGER = 3.0
"""Seconds that a connection which was replaced still serves: what Slack said on it is answered on it."""
GRACE = 60.0
"""Seconds that a connection which was there may be gone before the process is not ready: Slack renews it."""

_FAILURES = (Upstream, aiohttp.ClientError, OSError, TimeoutError, ValueError)

ObserveConnection = Callable[[bool, str], None]
"""Told of every change: whether there is a connection, and what happened (connected, lost, refused)."""

MayTake = Callable[[], bool]
"""True while this process may take events: otherwise it has no connection, and Slack sends them to another."""
LOOKED_EVERY = 1.0
"""Seconds between two looks at that."""
NAMED = 40
"""Characters of a type that is nothing of Slack's, for the log."""

log = structlog.get_logger()


def _always() -> bool:
    return True


def _never() -> bool:
    return False


class SlackSocket:
    """One connection at a time, two for the moment in which Slack has the old one replaced."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: Callable[[], str],
        background: BackgroundTasks,
        observe: ObserveConnection,
        may_take: MayTake = _always,
    ) -> None:
        """``app_token`` is asked for at every connection: it may have been changed."""
        self._may_take = may_take
        self._answers: set[asyncio.Task[None]] = set()
        self._app = app
        self._app_token = app_token
        self._background = background
        self._observe = observe
        self._open: set[aiohttp.ClientWebSocketResponse] = set()
        self._replace = asyncio.Event()
        self._tries = 0
        self.lost_at: float | None = None
        """The time of the last connection, by the monotonic clock; None before the first."""

    @property
    def is_connected(self) -> bool:
        return bool(self._open)

    @property
    def is_well(self) -> bool:
        """There is a connection, or there was one a moment ago."""
        return self.is_connected or (self.lost_at is not None and time.monotonic() - self.lost_at < GRACE)

    def stop_taking(self) -> None:
        """Make no further connection."""
        self._may_take = _never

    async def run(self) -> None:
        """Connect, and connect again, until this is cancelled."""
        self._observe(False, "")
        async with aiohttp.ClientSession() as session:
            try:
                while True:
                    if self._may_take():
                        await self._once(session)
                    else:
                        await asyncio.sleep(LOOKED_EVERY)
            finally:
                await self._close(list(self._open))

    async def _once(self, session: aiohttp.ClientSession) -> None:
        """One connection until it is gone, or Slack wants it replaced: the next one is opened before it closes."""
        former, began = list(self._open), time.monotonic()
        self._replace.clear()
        try:
            ws = await self._connect(session)
        except _FAILURES as error:
            await self._pause(error)
            return
        self._open.add(ws)
        self._observe(True, "connected")
        log.info("connected to Slack")
        reading = self._background.start(self._read(ws), "slack socket")
        if former:
            self._background.start(self._retire(former), "former slack socket")
        was_left = await self._until_gone(reading)
        if was_left or time.monotonic() - began > SETTLED_AFTER:
            self._tries = 0
        elif self._may_take() and not self._replace.is_set():
            await self._pause(ConnectionError("Slack closed the connection at once"))

    async def _until_gone(self, reading: "asyncio.Task[None]") -> bool:
        """True if it was left from here, because this process may be told nothing."""
        replacing = self._background.start(self._replace.wait(), "slack socket is to be replaced")
        gone = {reading, replacing}
        try:
            while not (await asyncio.wait(gone, timeout=LOOKED_EVERY, return_when=asyncio.FIRST_COMPLETED))[0]:
                if not self._may_take():
                    await self.finish()
                    return True
        finally:
            replacing.cancel()
        return False

    async def _connect(self, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
        """Open a connection at a fresh address; it is one when Slack has said hello."""
        client = self._app.client
        async with asyncio.timeout(OPEN_WITHIN):
            url = await self._fresh_address()
        ws = await session.ws_connect(
            url,
            heartbeat=HEARTBEAT,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSED_WITHIN),
            proxy=client.proxy,
            ssl=client.ssl if client.ssl is not None else True,
        )
        try:
            async with asyncio.timeout(GREETED_WITHIN):
                greeting = await ws.receive()
            _expect_hello(greeting)
        except BaseException:
            await ws.close()
            raise
        return ws

    async def _fresh_address(self) -> str:
        """Asked for once more where the token was changed, which the client finds out when Slack does not take it."""
        token, client = self._app_token(), self._app.client
        try:
            answer = await call(client.apps_connections_open(app_token=token))
        except Upstream:
            if self._app_token() == token:
                raise
            answer = await call(client.apps_connections_open(app_token=self._app_token()))
        return str(answer.get("url") or "")

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        """Hand on what comes, until the connection is gone."""
        try:
            async for message in ws:
                said = _read(message)
                if said.get("type") == "disconnect":
                    log.info("Slack has the connection replaced", because=said.get("reason"))
                    self._replace.set()
                elif said:
                    answer = self._background.start(self._answer(ws, said), "slack call")
                    self._answers.add(answer)
                    answer.add_done_callback(self._answers.discard)
        finally:
            self._open.discard(ws)
            if not self._open:
                self.lost_at = time.monotonic()
                self._observe(False, "lost")
                log.info("the connection to Slack is gone", code=ws.close_code)

    async def _answer(self, ws: aiohttp.ClientWebSocketResponse, said: dict[str, Any]) -> None:
        """Answer on the connection by which it was asked: Slack takes it on no other."""
        request = _request(said)
        if request is None:
            log.warning("not in the form of Slack's calls", type=str(said.get("type"))[:NAMED])
            return
        response = await answered(self._app, _told(request))
        if response.status != 200:
            log.warning("call of Slack was not answered", status=response.status)
            return
        payload = _payload(response.body, response.headers.get("content-type", [""])[0])
        with suppress(ConnectionError, aiohttp.ClientError):  # Slack says it again on the next connection
            await ws.send_json(SocketModeResponse(request.envelope_id, payload).to_dict())

    async def _pause(self, error: Exception) -> None:
        """Say loudly what is wrong, each time; wait as long as Slack asks for, else a little longer every time."""
        asked = error.retry_after if isinstance(error, UpstreamBusy) else None
        pause = asked.total_seconds() if asked else PAUSES[min(self._tries, len(PAUSES) - 1)]
        pause = min(pause, PAUSES[-1])
        self._tries += 1
        self._observe(self.is_connected, "refused")
        because = str(error) or type(error).__name__
        log.error("no connection to Slack (is SLACK_APP_TOKEN right?)", because=because, again_in=pause)
        await asyncio.sleep(pause)

    async def finish(self) -> None:
        """Answer what was asked by now, and close: what Slack has to say from then on it says to another replica."""
        if self._answers:
            await asyncio.wait(set(self._answers), timeout=LINGER)
        await self._close(list(self._open))

    async def _retire(self, sockets: list[aiohttp.ClientWebSocketResponse]) -> None:
        await asyncio.sleep(LINGER)
        await self._close(sockets)

    async def _close(self, sockets: list[aiohttp.ClientWebSocketResponse]) -> None:
        for ws in sockets:
            with suppress(Exception):  # it may be broken in any way, and is to be left
                await asyncio.wait_for(ws.close(), CLOSED_WITHIN + 1)


@asynccontextmanager
async def connected(
    app: AsyncApp,
    app_token: Callable[[], str],
    background: BackgroundTasks,
    observe: ObserveConnection,
    may_take: MayTake = _always,
) -> AsyncIterator[SlackSocket]:
    """Keep a connection for the length of an ``async with``. Nothing waits for the first: access ends without Slack."""
    slack = SlackSocket(app, app_token, background, observe, may_take)
    running = background.start(slack.run(), "connection to Slack")
    try:
        yield slack
    finally:
        slack.stop_taking()
        await slack.finish()
        running.cancel()
        await asyncio.wait({running}, timeout=CLOSED_WITHIN + 2)


async def _told(request: SocketModeRequest) -> AsyncBoltRequest:
    return AsyncBoltRequest(mode="socket_mode", body=request.payload, headers=build_headers(request))


def _read(message: aiohttp.WSMessage) -> dict[str, Any]:
    """The message that Slack sent, or an empty one when it is not in Slack's form."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return {}
    try:
        said = json.loads(message.data)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _request(said: dict[str, Any]) -> SocketModeRequest | None:
    """The call in its envelope, or None for what is no envelope of Slack's."""
    if not isinstance(said.get("type"), str) or not isinstance(said.get("envelope_id"), str):
        return None
    try:
        return SocketModeRequest.from_dict(said)
    except (TypeError, ValueError):  # its payload is no object
        return None


def _expect_hello(greeting: aiohttp.WSMessage) -> None:
    said = _read(greeting)
    if said.get("type") != "hello":
        raise UpstreamBusy(f"Slack does not greet: {said.get('reason') or greeting.type.name.lower()}", side=Side.SLACK)


def _payload(body: str, kind: str) -> dict[str, Any] | None:
    if not body:
        return None
    found: Any = json.loads(body) if kind.startswith("application/json") else {"text": body}
    return found if isinstance(found, dict) else None
