"""The HTTP side: the connector, the login and the keys, as Microsoft serves them. All state lives in the tenant."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from infra.sandbox.changes import Change
from infra.sandbox.local_teams.calls import Calls, ConnectorCall
from infra.sandbox.local_teams.checking import check_size
from infra.sandbox.local_teams.connector import OPERATIONS, Ask
from infra.sandbox.local_teams.faults import Fault, Faults
from infra.sandbox.local_teams.keys import ISSUER, SigningKeys
from infra.sandbox.local_teams.login import Login, LoginError
from infra.sandbox.local_teams.model import Json
from infra.sandbox.local_teams.rates import Rates
from infra.sandbox.local_teams.refusal import RefusedError
from infra.sandbox.local_teams.tenant import Tenant

ROUTES: Mapping[str, tuple[str, str]] = {
    "createConversation": ("POST", "conversations"),
    "sendActivity": ("POST", "conversations/{conversation}/activities"),
    "updateActivity": ("PUT", "conversations/{conversation}/activities/{activity}"),
    "deleteActivity": ("DELETE", "conversations/{conversation}/activities/{activity}"),
    "getMember": ("GET", "conversations/{conversation}/members/{member}"),
    "getPagedMembers": ("GET", "conversations/{conversation}/{members:paged[mM]embers}"),
    "getTeam": ("GET", "teams/{team}"),
    "getChannels": ("GET", "teams/{team}/conversations"),
}
_WRITES = ("sendActivity", "updateActivity", "deleteActivity")
_BODY_MOST = 64 * 1024 * 1024
_CODES = {429: "Throttled", 412: "PreconditionFailed", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound"}

Judge = Callable[[], web.Response]


@dataclass(frozen=True)
class Parts:
    """The parts of the server that these routes use."""

    tenant: Tenant
    keys: SigningKeys
    login: Login
    calls: Calls
    faults: Faults
    rates: Rates
    server: str


@dataclass(frozen=True)
class _Asked:
    operation: str
    conversation: str
    body: Json


class TeamsRoutes:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._busy: set[str] = set()
        #: Seconds that a write holds its conversation: whoever writes to it meanwhile is refused with 412.
        self.write_takes = 0.002

    def register(self, router: web.UrlDispatcher) -> None:
        router.add_get("/v1/.well-known/openidconfiguration", self._metadata)
        router.add_get("/v1/.well-known/keys", self._keys)
        router.add_post("/login/{tenant}/oauth2/v2.0/token", self._token)
        router.add_put("/upload/{secret}", self._upload)
        for operation, (method, path) in ROUTES.items():
            router.add_route(method, f"/{{region:emea|amer}}/v3/{path}", self._operation(operation))

    def _operation(self, operation: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            text = await request.text()
            ask = _ask(request, text, self._parts.server)
            asked = _Asked(operation, ask.conversation_id or ask.ids.get("team", ""), ask.body)
            if operation not in _WRITES:
                return await self._judged(request, asked, lambda: self._judge(request, asked, ask, text))
            if asked.conversation in self._busy:
                return self._refuse(asked, RefusedError(412, "PreconditionFailed", "Concurrent operations."))
            self._busy.add(asked.conversation)
            try:
                await asyncio.sleep(self.write_takes)
                return await self._judged(request, asked, lambda: self._judge(request, asked, ask, text))
            finally:
                self._busy.discard(asked.conversation)

        return handle

    async def _judged(self, request: web.Request, asked: _Asked, judge: Judge) -> web.Response:
        """The answer, unless a scripted fault hits the call."""
        fault = self._parts.faults.strike(asked.operation, asked.conversation)
        return judge() if fault is None else await self._stumble(request, fault, asked, judge)

    async def _stumble(self, request: web.Request, fault: Fault, asked: _Asked, judge: Judge) -> web.Response:
        await asyncio.sleep(fault.latency)
        if fault.hang:
            self._parts.tenant.changes.announce(Change("call.hangs", asked, channel_id=asked.conversation))
            await fault.lifted.wait()
        if fault.hang or fault.drop:
            if fault.drop == "after":
                judge()
            self._record(asked, 0, "")
            return _hang_up(request)
        if fault.status is not None:
            code = fault.code or _CODES.get(fault.status, "ServiceError")
            return self._refuse(asked, RefusedError(fault.status, code, retry_after=fault.retry_after))
        return judge()

    def _judge(self, request: web.Request, asked: _Asked, ask: Ask, text: str) -> web.Response:
        parts = self._parts
        try:
            self._admit(request, asked)
            check_size(text)
            status, said = OPERATIONS[asked.operation](parts.tenant, ask)
        except RefusedError as refused:
            return self._refuse(asked, refused)
        self._record(asked, status, "")
        return web.json_response(said, status=status)

    def _admit(self, request: web.Request, asked: _Asked) -> None:
        """RefusedError for whoever shows no token of ours, or asks too often."""
        if not self._parts.login.knows(_bearer(request)):
            raise RefusedError(401, "Unauthorized", "Authorization has been denied for this request.")
        wait = self._parts.rates.wait(asked.operation, asked.conversation)
        if wait:
            raise RefusedError(429, "Throttled", "Too many requests.", retry_after=wait)

    def _refuse(self, asked: _Asked, refused: RefusedError) -> web.Response:
        self._record(asked, refused.status, refused.code)
        headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
        return web.json_response(refused.as_json(), status=refused.status, headers=headers)

    def _record(self, asked: _Asked, status: int, code: str) -> None:
        at = self._parts.tenant.clock()
        self._parts.calls.record(ConnectorCall(asked.operation, asked.conversation, asked.body, status, code, at))

    async def _metadata(self, request: web.Request) -> web.Response:
        told = {
            "issuer": ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{self._parts.server}/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
        return await self._simple(request, "metadata", told)

    async def _keys(self, request: web.Request) -> web.Response:
        return await self._simple(request, "keys", self._parts.keys.published())

    async def _simple(self, request: web.Request, operation: str, told: Json) -> web.Response:
        asked = _Asked(operation, "", {})

        def judge() -> web.Response:
            self._record(asked, 200, "")
            return web.json_response(told)

        return await self._judged(request, asked, judge)

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        asked = _Asked("token", "", {})
        audience = f"{self._parts.server}{request.path}"

        def judge() -> web.Response:
            try:
                told = self._parts.login.give(request.match_info["tenant"], form, audience)
            except LoginError as refused:
                self._record(asked, refused.status, str(refused.body["error"]))
                return web.json_response(refused.body, status=refused.status)
            self._record(asked, 200, "")
            return web.json_response(told)

        return await self._judged(request, asked, judge)

    async def _upload(self, request: web.Request) -> web.Response:
        """The bytes of a file, once and whole. Source: Microsoft's page on upload sessions of OneDrive."""
        content = await request.read()
        asked = _Asked("upload", "", {})

        def judge() -> web.Response:
            files = self._parts.tenant.files
            file = next((each for each in files if each.secret == request.match_info["secret"]), None)
            whole = f"bytes 0-{len(content) - 1}/{len(content)}"
            if file is None or file.content is not None:
                return self._refuse(asked, RefusedError(404, "itemNotFound", "The upload session was not found."))
            if request.headers.get("Content-Range") != whole or not content:
                return self._refuse(asked, RefusedError(416, "invalidRange", f"Content-Range is not {whole}."))
            file.content = content
            self._record(asked, 201, "")
            self._parts.tenant.changes.announce(Change("file.uploaded", file, file.owner.mri))
            return web.json_response({"id": file.unique_id, "name": file.name, "size": len(content)}, status=201)

        return await self._judged(request, asked, judge)


def _ask(request: web.Request, text: str, server: str) -> Ask:
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        body = {}
    ids = {name: value for name, value in request.match_info.items() if name != "region"}
    return Ask(request.match_info["region"], ids, dict(request.query), server, body if isinstance(body, dict) else {})


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
