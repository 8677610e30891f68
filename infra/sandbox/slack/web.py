"""The HTTP side: reads requests as Slack does, and speaks its answers. All state lives in the workspace."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from infra.sandbox.changes import Change
from infra.sandbox.programs_only import programs_only
from infra.sandbox.slack.calls import ApiCall, Calls
from infra.sandbox.slack.delivery.socket import Sockets
from infra.sandbox.slack.faults import Fault, Faults
from infra.sandbox.slack.interactions import Interactions
from infra.sandbox.slack.methods import METHODS, Call, Site, answer
from infra.sandbox.slack.model import App, Json
from infra.sandbox.slack.rates import Rates
from infra.sandbox.slack.refusal import RefusedError
from infra.sandbox.slack.workspace import Workspace

UPLOAD = "upload"
"""The name by which faults hit an upload, which is no method of the Web API."""
_BODY_MOST = 64 * 1024 * 1024
_RESPONSE_STATUS = {"used_url": 404, "expired_url": 404, "no_service": 404, "no_text": 500}


@dataclass(frozen=True)
class Parts:
    """The parts of the server that these routes use."""

    workspace: Workspace
    interactions: Interactions
    sockets: Sockets
    calls: Calls
    faults: Faults
    rates: Rates
    site: Site


@dataclass(frozen=True)
class _Asked:
    method: str
    arguments: Json
    token: str


class SlackRoutes:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def application(self) -> web.Application:
        app = web.Application(middlewares=[programs_only], client_max_size=_BODY_MOST)
        app.router.add_route("*", "/api/{method}", self._method)
        app.router.add_get("/socket/{ticket}", self._parts.sockets.serve)
        app.router.add_post("/upload/v1/{secret}", self._upload)
        for kind in ("commands", "actions"):
            app.router.add_post(f"/{kind}/{{team}}/{{secret}}", self._respond)
        return app

    async def _method(self, request: web.Request) -> web.StreamResponse:
        asked = await _asked(request)
        fault = self._parts.faults.strike(asked.method, asked.arguments)
        if fault is None:
            return self._speak(asked, *self._judge(asked))
        return await self._stumble(request, fault, asked)

    async def _stumble(self, request: web.Request, fault: Fault, asked: _Asked) -> web.StreamResponse:
        await asyncio.sleep(fault.latency)
        if fault.drop:
            if fault.drop == "after":
                self._judge(asked)
            self._record(asked, {}, 0)
            return _hang_up(request)
        if fault.status is not None and fault.status != 200:
            code = fault.error or ("ratelimited" if fault.status == 429 else "internal_error")
            return self._speak(asked, RefusedError(code).as_json(), fault.status, fault.retry_after)
        if fault.error:
            return self._speak(asked, RefusedError(fault.error).as_json(), 200)
        return self._speak(asked, *self._judge(asked))

    def _judge(self, asked: _Asked) -> tuple[Json, int, int | None]:
        known = METHODS.get(asked.method)
        if known is None:
            return RefusedError("unknown_method", req_method=asked.method).as_json(), 200, None
        app = self._caller(asked)
        if app is None:
            return RefusedError("invalid_auth" if asked.token else "not_authed").as_json(), 200, None
        channel = str(asked.arguments.get("channel", ""))
        wait = self._parts.rates.wait(app.app_id, asked.method, known.tier, channel)
        if wait:
            return RefusedError("ratelimited").as_json(), 429, wait
        call = Call(self._parts.workspace, app, self._parts.site, asked.arguments)
        return answer(known, call, asked.token), 200, None

    def _caller(self, asked: _Asked) -> App | None:
        return self._parts.workspace.app_for_token(asked.token) if asked.token else None

    def _speak(self, asked: _Asked, said: Json, status: int, retry_after: int | None = None) -> web.Response:
        self._record(asked, said, status)
        known, app = METHODS.get(asked.method), self._caller(asked)
        headers = {"X-Accepted-OAuth-Scopes": ",".join(known.scopes) if known else ""}
        if app is not None:
            headers["X-OAuth-Scopes"] = ",".join(sorted(app.scopes))
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return web.json_response(said, status=status, headers=headers)

    def _record(self, asked: _Asked, said: Json, status: int) -> None:
        at = self._parts.workspace.clock()
        self._parts.calls.record(ApiCall(asked.method, asked.arguments, said, status, at))

    async def _respond(self, request: web.Request) -> web.Response:
        try:
            said = json.loads(await request.text())
        except ValueError:
            return web.Response(status=400, text="invalid_payload")
        try:
            self._parts.interactions.respond(request.match_info["secret"], said)
        except RefusedError as refused:
            return web.Response(status=_RESPONSE_STATUS.get(refused.code, 400), text=refused.code)
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        fault = self._parts.faults.strike(UPLOAD, {})
        if fault is not None:
            await asyncio.sleep(fault.latency)
            return _hang_up(request) if fault.drop else web.Response(status=fault.status or 500)
        secret = request.match_info["secret"]
        file = next((each for each in self._parts.workspace.files.values() if each.secret == secret), None)
        if file is None or file.complete:
            return web.Response(status=404, text="file_not_found")
        file.content = await _uploaded(request)
        file.length = len(file.content)
        self._parts.workspace.changes.announce(Change("file.uploaded", file, file.user_id))
        return web.Response(text=f"OK - {file.length}")


async def _asked(request: web.Request) -> _Asked:
    """A call with every argument, from the query, a form or JSON, and the token apart."""
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            body = {}
        arguments |= body if isinstance(body, dict) else {}
    elif request.body_exists:
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    in_form = str(arguments.pop("token", "") or "")
    token = bearer.strip() if scheme.lower() == "bearer" else in_form
    return _Asked(request.match_info["method"], arguments, token)


async def _uploaded(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for part in (await request.post()).values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def socket_opener(url: str, sockets: Sockets) -> Callable[[App], str]:
    base = url.replace("http", "ws", 1)
    return lambda app: f"{base}/socket/{sockets.ticket(app)}"
