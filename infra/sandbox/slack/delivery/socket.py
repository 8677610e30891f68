"""Socket Mode: connections of apps, envelopes to any one of them, acknowledgements back."""

import asyncio
import contextlib
import itertools
import json
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from infra.sandbox.changes import Change, Changes
from infra.sandbox.slack.delivery.app_call import Ack, AppCall
from infra.sandbox.slack.model import App, Json

CONNECTIONS_MOST = 10


@dataclass
class Socket:
    app: App
    ws: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)
    #: Its client was asked to connect anew; it serves on only until the new one is there.
    retiring: bool = False


class Sockets:
    """The open WebSockets of every app."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._tickets: dict[str, App] = {}
        self._open: list[Socket] = []
        self._turn: Iterator[int] = itertools.count()

    def ticket(self, app: App) -> str:
        """A one-time pass to connect with."""
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = app
        return ticket

    def connected(self, app: App) -> list[Socket]:
        return [each for each in self._open if each.app is app and not each.ws.closed]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from hello to its end."""
        app = self._tickets.pop(request.match_info["ticket"], None)
        if app is None:
            raise web.HTTPNotFound
        ws = web.WebSocketResponse(autoping=True)
        with contextlib.suppress(ConnectionError):
            await ws.prepare(request)
            await self._admit(Socket(app, ws))
        return ws

    async def send(self, app: App, app_call: AppCall, deadline: float) -> Ack:
        """To one of the connections, in turn; the answer must come back on the same one."""
        connected = self.connected(app)
        sockets = [each for each in connected if not each.retiring] or connected
        if not sockets:
            return Ack("dispatch_failed")
        socket = sockets[next(self._turn) % len(sockets)]
        envelope_id = str(uuid.uuid4())
        socket.waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            await socket.ws.send_json(_envelope(envelope_id, app_call))
            async with asyncio.timeout(deadline):
                return Ack("", await socket.waiting[envelope_id])
        except TimeoutError:
            return Ack("operation_timeout")
        except ConnectionError:
            return Ack("connection_failed")
        finally:
            del socket.waiting[envelope_id]

    async def disconnect(self, app: App, reason: str = "refresh_requested", *, hang_up: bool = False) -> None:
        """Asks every client of the app to connect anew; `hang_up` doesn't wait for it."""
        for socket in self.connected(app):
            socket.retiring = True
            await socket.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": _debug()})
            if hang_up:
                await socket.ws.close()

    async def close(self) -> None:
        for socket in list(self._open):
            await socket.ws.close()

    async def _admit(self, socket: Socket) -> None:
        if len(self.connected(socket.app)) >= CONNECTIONS_MOST:
            await socket.ws.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.ws.close()
            return
        self._open.append(socket)
        self._changes.announce(Change("socket.opened", socket.app))
        try:
            await self._converse(socket)
        finally:
            self._open.remove(socket)
            self._changes.announce(Change("socket.closed", socket.app))

    async def _converse(self, socket: Socket) -> None:
        await socket.ws.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connected(socket.app)),
                "connection_info": {"app_id": socket.app.app_id},
                "debug_info": {**_debug(), "approximate_connection_time": 18060},
            }
        )
        async for message in socket.ws:
            if message.type == WSMsgType.TEXT:
                _acknowledge(socket, message.data)
        for future in socket.waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the socket closed before it answered"))


def _acknowledge(socket: Socket, text: str) -> None:
    try:
        answer = json.loads(text)
    except ValueError:
        return
    future = socket.waiting.get(answer.get("envelope_id", "")) if isinstance(answer, dict) else None
    if future is not None and not future.done():
        future.set_result(answer.get("payload"))


def _envelope(envelope_id: str, app_call: AppCall) -> Json:
    envelope: Json = {
        "envelope_id": envelope_id,
        "type": app_call.kind,
        "payload": app_call.payload,
        "accepts_response_payload": app_call.kind != "events_api",
    }
    if app_call.kind == "events_api":
        envelope |= {"retry_attempt": app_call.retry, "retry_reason": app_call.retry_reason}
    return envelope


def _debug() -> Json:
    return {"host": "applink-local", "build_number": 1}
