"""The HTTP side of the process: Slack's calls, let in only when Slack signed them, and what operators look at.

Nothing of a request is parsed before its size and its signature are known to be right. What a call means is not
decided here: it is passed on as it came.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from multidict import CIMultiDictProxy

from bot.metrics import CONTENT_TYPE, Metrics

LARGEST_BODY = 1024 * 1024
LONGEST_READ = 10.0
"""Seconds in which a body must have come; Slack itself gives up after 3."""
OLDEST_SIGNATURE = timedelta(minutes=5)
"""How far a signed timestamp may be from now, either way (Slack, verifying requests)."""
LONGEST_CHECK = 5.0
"""Seconds that the readiness checks may take."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
"""Named checks and whether each holds."""


@dataclass(frozen=True, slots=True)
class SlackDoor:
    """Where Slack's calls come in: whose signature is believed, what the time is, and who takes the calls."""

    signing_secret: str
    now: Callable[[], datetime]
    dispatch: Handler


def create_app(readiness: Readiness, metrics: Metrics, slack: SlackDoor | None = None) -> web.Application:
    """Make the application; without ``slack`` (Socket Mode) nothing can be posted to it."""
    app = web.Application(client_max_size=LARGEST_BODY)
    app.on_response_prepare.append(_dress)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(readiness))
    app.router.add_get("/metrics", _metrics(metrics))
    if slack is not None:
        app.router.add_post("/slack/events", _slack_events(slack))
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int, *, stop_within: float = 5) -> AsyncIterator[int]:
    """Serve for the length of an ``async with``; yields the port, which matters when 0 asked for a free one.

    At the end no new connection is taken, and calls that are being answered have ``stop_within`` seconds.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=stop_within, auto_decompress=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _dress(_: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer, and no word about the server's software."""
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def _readyz(readiness: Readiness) -> Handler:
    async def readyz(_: web.Request) -> web.Response:
        try:
            checks = await asyncio.wait_for(readiness(), LONGEST_CHECK)
        except TimeoutError:
            checks = {"timeout": False}
        failing = sorted(name for name, holds in checks.items() if not holds)
        if failing:
            return web.json_response({"status": "not ready", "failing": failing}, status=503)
        return web.json_response({"status": "ready"})

    return readyz


def _metrics(metrics: Metrics) -> Handler:
    async def show(_: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    return show


def _slack_events(door: SlackDoor) -> Handler:
    async def slack_events(request: web.Request) -> web.StreamResponse:
        body = await _read(request)
        if not is_signed(body, request.headers, door.signing_secret, door.now()):
            return web.Response(status=401)
        return await door.dispatch(request)

    return slack_events


async def _read(request: web.Request) -> bytes:
    """The body as it was sent, kept by aiohttp for whoever reads it again; 413 past the limit, 408 when it drags on."""
    if (request.content_length or 0) > LARGEST_BODY:
        raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
    try:
        return await asyncio.wait_for(request.read(), LONGEST_READ)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def is_signed(body: bytes, headers: CIMultiDictProxy[str], secret: str, now: datetime) -> bool:
    """Whether Slack signed exactly this body, lately (Slack, verifying requests: HMAC-SHA256 over ``v0:time:body``).

    Headers come from anybody: whatever stands in them is an answer of no, never an error.
    """
    timestamps, signatures = headers.getall("X-Slack-Request-Timestamp", []), headers.getall("X-Slack-Signature", [])
    if len(timestamps) != 1 or len(signatures) != 1 or not _TIMESTAMP.fullmatch(timestamps[0]):
        return False
    if abs(now.timestamp() - int(timestamps[0])) > OLDEST_SIGNATURE.total_seconds():
        return False
    signed = b"v0:" + timestamps[0].encode("ascii") + b":" + body
    expected = b"v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode("ascii")
    return hmac.compare_digest(expected, signatures[0].encode("utf-8", "surrogateescape"))
