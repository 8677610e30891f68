"""As much of Slack as a socket needs: addresses that work once, and whatever goes wrong with them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

from bot.web import serving

Json = dict[str, Any]


class SlackLine:
    """Hands out addresses and greets whoever connects."""

    def __init__(self) -> None:
        self.url = ""
        self.refusals = 0
        """WebSockets that are refused before one is taken."""
        self.error = ""
        self.given: list[str] = []
        self.used: list[str] = []
        self.open: list[web.WebSocketResponse] = []
        self.heard: asyncio.Queue[Json] = asyncio.Queue()
        self.greeting: Json = {"type": "hello"}

    async def _whoami(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True, "bot_id": "B1", "user_id": "UBOT", "team_id": "T1"})

    async def _open(self, _: web.Request) -> web.Response:
        if self.error:
            return web.json_response({"ok": False, "error": self.error})
        self.given.append(f"{len(self.given)}")
        address = f"{self.url.replace('http', 'ws')}/line/{self.given[-1]}"
        return web.json_response({"ok": True, "url": address})

    async def _line(self, request: web.Request) -> web.WebSocketResponse:
        ticket = request.match_info["ticket"]
        self.used.append(ticket)
        if self.used.count(ticket) > 1 or self.refusals:
            self.refusals -= 1
            raise web.HTTPServiceUnavailable
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self.open.append(ws)
        await ws.send_json(self.greeting)
        with suppress(ConnectionError):
            async for message in ws:
                await self.heard.put({"on": self.open.index(ws), **message.json()})
        return ws

    async def say(self, said: Json, on: int = -1) -> None:
        await self.open[on].send_json(said)

    @property
    def living(self) -> list[int]:
        return [number for number, ws in enumerate(self.open) if not ws.closed]


@asynccontextmanager
async def slack_line() -> AsyncIterator[SlackLine]:
    line, app = SlackLine(), web.Application()
    app.router.add_post("/api/apps.connections.open", line._open)
    app.router.add_post("/api/auth.test", line._whoami)
    app.router.add_get("/line/{ticket}", line._line)
    async with serving(app, "127.0.0.1", 0, stop_within=1) as port:
        line.url = f"http://127.0.0.1:{port}"
        try:
            yield line
        finally:
            for ws in line.open:
                await ws.close()
