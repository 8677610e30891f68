"""The HTTP side of the process: Slack's calls, let in only when Slack signed them, and what operators look at.

Nothing of a request is parsed before its size and its signature are known to be right. What a call means is not
decided here: it is passed on as it came.
"""

import asyncio
import hashlib
import hmac
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog
from aiohttp import web
from multidict import CIMultiDictProxy

from bot.connections import Connections, most_connections
from bot.metrics import CONTENT_TYPE, Metrics
from bot.proxies import behind

LARGEST_BODY = 1024 * 1024
LONGEST_READ = 10.0
"""Seconds in which a body must have come; Slack itself gives up after 3."""
HEADERS_WITHIN = 10.0
"""Seconds from the accepted connection to the last of its first headers."""
OLDEST_SIGNATURE = timedelta(minutes=5)
"""The most that a signed timestamp may differ from now, either way (Slack, verifying requests)."""
LONGEST_CHECK = 5.0
"""Seconds that the readiness checks may take."""
LOOKED_AT_EVERY = 1.0
"""Seconds for which one look serves everybody who asks how the process is: anybody may ask, as often as they like."""
SERVED_AT_ONCE = 10
"""Answers from one look that nobody waits for."""
TOLD_EVERY = 60.0
"""Seconds between two log lines about calls that Slack did not sign."""

log = structlog.get_logger()

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")

Readiness = Callable[[], Awaitable[Mapping[str, str]]]
"""The parts that are not well, each with its reason; empty when all are."""
IsLeaving = Callable[[], bool]
"""True once the process has been told to stop: it still answers, and must not be sent anything new."""
LEAVING = {"leaving": "it has been told to stop"}


async def _nothing_to_renew() -> None:
    """The secrets are what they were at the start."""


@dataclass(frozen=True, slots=True)
class SlackEndpoint:
    """The HTTP endpoint for Slack: the secrets that check signatures, the clock, and the receiver of the calls."""

    signing_secrets: Callable[[], Sequence[str]]
    """As they are now: several while the secret is being changed, and what any of them signed is let in."""
    now: Callable[[], datetime]
    dispatch: Handler
    renew: Callable[[], Awaitable[None]] = _nothing_to_renew
    """Asked for before a call is refused: the secret may have been changed a moment ago."""


def create_app(
    readiness: Readiness,
    metrics: Metrics,
    slack: SlackEndpoint | None = None,
    *,
    shows_metrics: bool = True,
    is_leaving: IsLeaving = lambda: False,
    teams: Handler | None = None,
    api: Sequence[web.RouteDef] = (),
    trusted_proxies: int = 0,
) -> web.Application:
    """Make the application; a platform that is not given can post nothing to it (Slack: in Socket Mode, too).

    ``api``: the routes of the HTTP API, where it is switched on. ``trusted_proxies``: how many stand in front.
    """
    app = web.Application(
        client_max_size=LARGEST_BODY, middlewares=[behind(trusted_proxies)] if trusted_proxies else ()
    )
    app.on_response_prepare.append(_dress)
    app.on_response_prepare.append(_say_goodbye(is_leaving))
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(readiness, is_leaving))
    if shows_metrics:
        app.router.add_get("/metrics", _metrics(metrics))
    if slack is not None:
        app.router.add_post("/slack/events", _slack_events(slack, _Refusals(metrics)))
    if teams is not None:
        app.router.add_post("/teams/messages", teams)
    app.router.add_routes(api)
    return app


def create_metrics_app(metrics: Metrics) -> web.Application:
    """Metrics alone, for a port of their own."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.on_response_prepare.append(_dress)
    app.router.add_get("/metrics", _metrics(metrics))
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int, *, stop_within: float = 5) -> AsyncIterator[int]:
    """Serve for the length of an ``async with``; yields the port, which matters when 0 asked for a free one.

    At the end no new connection is taken, and calls that are being answered have ``stop_within`` seconds.
    """
    connections = Connections(most_connections(), HEADERS_WITHIN)
    app.middlewares.append(connections.middleware())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=stop_within, auto_decompress=False)
    await runner.setup()
    try:
        answering = runner.server
        if answering is None:  # it is there after the set-up
            raise RuntimeError("no server")
        listening = await asyncio.get_running_loop().create_server(connections.watch(answering), host, port)
        try:
            yield listening.sockets[0].getsockname()[1]
        finally:
            listening.close()
    finally:
        await runner.cleanup()


async def _dress(_: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer, and no word about the server's software."""
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)


def _say_goodbye(is_leaving: IsLeaving) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def say_goodbye(_: web.Request, response: web.StreamResponse) -> None:
        """A client that would send more on this connection makes another, to another replica."""
        if is_leaving():
            response.force_close()
            response.headers["Connection"] = "close"  # the headers have been made by now

    return say_goodbye


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


class _Shared(Generic[T]):
    """One look a second, whoever asks. Past ``SERVED_AT_ONCE`` the others wait for the next look, and get that one.

    So whoever asks without end, on however many connections, has one answer a second on each.
    """

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._turn = asyncio.Lock()
        self._seen: tuple[float, T] | None = None
        self._served = 0

    async def __call__(self) -> T:
        asked = time.monotonic()
        if self._seen is not None and asked - self._seen[0] < LOOKED_AT_EVERY and self._served < SERVED_AT_ONCE:
            self._served += 1
            return self._seen[1]
        async with self._turn:
            if self._seen is None or self._seen[0] <= asked:
                if self._seen is not None:
                    await asyncio.sleep(self._seen[0] + LOOKED_AT_EVERY - time.monotonic())
                found = await self._look()
                self._seen, self._served = (time.monotonic(), found), 0
            return self._seen[1]


def _readyz(readiness: Readiness, is_leaving: IsLeaving) -> Handler:
    async def look() -> Mapping[str, str]:
        try:
            return await asyncio.wait_for(readiness(), LONGEST_CHECK)
        except TimeoutError:
            return {"timeout": "what it depends on does not answer in time"}

    shared = _Shared(look)

    async def readyz(_: web.Request) -> web.Response:
        because = LEAVING if is_leaving() else await shared()
        if because:
            told = {"status": "not ready", "failing": sorted(because), "because": dict(because)}
            return web.json_response(told, status=503)
        return web.json_response({"status": "ready"})

    return readyz


def _metrics(metrics: Metrics) -> Handler:
    async def look() -> bytes:
        return metrics.render()

    shared = _Shared(look)

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=await shared(), headers={"Content-Type": CONTENT_TYPE})

    return show


class _Refusals:
    """Counts each call that Slack did not sign, and logs some: a forger must not be able to fill the log."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._unsaid = 0
        self._said_at: float | None = None

    def note(self, address: str | None) -> None:
        self._metrics.signature_refused()
        self._unsaid += 1
        now = time.monotonic()
        if self._said_at is None or now - self._said_at >= TOLD_EVERY:
            log.warning("calls that Slack did not sign were refused", calls=self._unsaid, last_from=address)
            self._said_at, self._unsaid = now, 0


def _slack_events(endpoint: SlackEndpoint, refusals: _Refusals) -> Handler:
    async def slack_events(request: web.Request) -> web.StreamResponse:
        body = await read_body(request)
        if not await _is_let_in(endpoint, body, request.headers):
            refusals.note(request.remote)
            return web.Response(status=401)
        return await endpoint.dispatch(request)

    return slack_events


async def _is_let_in(endpoint: SlackEndpoint, body: bytes, headers: CIMultiDictProxy[str]) -> bool:
    """Looked at once more with what the secrets are then, where it is signed lately and in the form of a signature."""
    if is_signed(body, headers, endpoint.signing_secrets(), endpoint.now()):
        return True
    if not _looks_signed(headers, endpoint.now()):
        return False
    await endpoint.renew()
    return is_signed(body, headers, endpoint.signing_secrets(), endpoint.now())


async def read_body(request: web.Request) -> bytes:
    """The body as it was sent, kept by aiohttp for whoever reads it again; 413 past the limit, 408 when it drags on."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
    try:
        return await asyncio.wait_for(request.read(), LONGEST_READ)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def is_signed(body: bytes, headers: CIMultiDictProxy[str], secrets: Sequence[str], now: datetime) -> bool:
    """True if Slack signed exactly this body, lately (Slack, verifying requests: HMAC-SHA256 over ``v0:time:body``).

    Any of the secrets will do. Headers come from anybody: whatever stands in them is an answer of no, never an error.
    """
    if not _looks_signed(headers, now):
        return False
    signed = b"v0:" + headers["X-Slack-Request-Timestamp"].encode("ascii") + b":" + body
    given = headers["X-Slack-Signature"].encode("utf-8", "surrogateescape")
    return any(hmac.compare_digest(_signature(secret, signed), given) for secret in secrets)


def _looks_signed(headers: CIMultiDictProxy[str], now: datetime) -> bool:
    """One signature, and one moment that is not long ago; whose it is shows with the secret alone."""
    timestamps, signatures = headers.getall("X-Slack-Request-Timestamp", []), headers.getall("X-Slack-Signature", [])
    if len(timestamps) != 1 or len(signatures) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]):
        return False
    return abs(now.timestamp() - int(timestamps[0])) <= OLDEST_SIGNATURE.total_seconds()


def _signature(secret: str, signed: bytes) -> bytes:
    return b"v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode("ascii")
