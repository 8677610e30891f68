"""The HTTP endpoint for Teams: only what Teams has signed is read and answered."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web

from bot.metrics import Metrics
from bot.web import TOLD_EVERY, Handler, read_body
from handlers.bot_connector.activities import Activity
from handlers.bot_connector.authentication import ActivityAuthenticator, RejectedCallError

Answer = Callable[[Activity], Awaitable[tuple[int, dict[str, Any] | None]]]
"""Status and body for what was let in."""

log = structlog.get_logger()


class _Refusals:
    """Counts each call that is not Teams', and logs some: a forger must not be able to fill the log."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._unsaid = 0
        self._said_at: float | None = None

    def note(self, ground: str, address: str | None) -> None:
        self._metrics.token_refused(ground)
        self._unsaid += 1
        now = time.monotonic()
        if self._said_at is None or now - self._said_at >= TOLD_EVERY:
            log.warning(
                "calls in the name of Teams were refused", calls=self._unsaid, last_because=ground, last_from=address
            )
            self._said_at, self._unsaid = now, 0


def teams_messages(authenticator: ActivityAuthenticator, answer: Answer, metrics: Metrics) -> Handler:
    """``POST /teams/messages``."""
    refusals = _Refusals(metrics)

    async def messages(request: web.Request) -> web.StreamResponse:
        try:
            body = await read_body(request)
        except web.HTTPException as error:  # too large, or too slow
            return web.Response(status=error.status)
        try:
            activity = authenticator.authenticate(request.headers.getall("Authorization", []), body)
        except RejectedCallError as refused:
            refusals.note(refused.ground.value, request.remote)
            return web.Response(status=refused.status)
        status, said = await answer(activity)
        return web.Response(status=status) if said is None else web.json_response(said, status=status)

    return messages
