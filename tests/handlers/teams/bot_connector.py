"""A small Bot Connector with its sign-in, over HTTP: what it was asked, and what it answers, is a test's to say."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

from aiohttp import web
from aiohttp.test_utils import TestServer

TENANT, APP = "8f6e1c9a-0000-4000-8000-000000000001", "5d0a3c1b-0000-4000-8000-0000000000aa"
ADA_ID, ADA_MRI = "aad-ada", "29:1-ada"
CHANNEL, TEAM = "19:approvals@thread.tacv2", "19:general@thread.tacv2"


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, its path decoded step by step."""

    method: str
    path: tuple[str, ...]
    body: Any
    query: dict[str, str]
    token: str


@dataclass(slots=True)
class Trouble:
    """The trouble in place of an answer, so many times. ``works``: it is done all the same, and the answer lost."""

    status: int = 0
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    works: bool = False
    only: str = ""
    """A method of HTTP."""


class BotConnector:
    """Keeps conversations as Teams would: a message has an id, can be changed, and is gone once it is deleted."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_post("/{tenant}/oauth2/v2.0/token", self._token)
        app.router.add_route("*", "/emea/v3/{path:.*}", self._answer)
        app.router.add_put("/upload/{name}", self._upload)
        self._server = TestServer(app)
        self.asked: list[Asked] = []
        self.forms: list[dict[str, str]] = []
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        self.members: dict[str, dict[str, Any]] = {}
        self.channels: dict[str, list[dict[str, Any]]] = {}
        self.troubles: list[Trouble] = []
        self.sign_in: tuple[int, Any] | None = None
        self.tokens = ["token-1", "token-2", "token-3"]
        self.good: Callable[[str], bool] = lambda _: True
        self.expires_in: object = 3600
        self.uploads: dict[str, bytes] = {}
        self.upload_ranges: list[str] = []
        self.busy_with: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.sign_in_gate: asyncio.Event | None = None
        self._last = 0

    @property
    def login(self) -> str:
        return str(self._server.make_url("")).rstrip("/")

    @property
    def service(self) -> str:
        return f"{self.login}/emea/"

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    def count(self, conversation: str) -> int:
        """The number of messages there, including those in threads."""
        return sum(1 for where, _ in self.messages if where.partition(";")[0] == conversation)

    def paths(self, method: str = "") -> list[tuple[str, ...]]:
        return [asked.path for asked in self.asked if method in {"", asked.method}]

    async def _token(self, request: web.Request) -> web.Response:
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        if self.sign_in_gate is not None:
            await self.sign_in_gate.wait()
        if self.sign_in is not None:
            status, said = self.sign_in
            return web.json_response(said, status=status)
        token = self.tokens[min(len(self.forms), len(self.tokens)) - 1]
        return web.json_response({"token_type": "Bearer", "expires_in": self.expires_in, "access_token": token})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = tuple(unquote(step) for step in request.raw_path.partition("?")[0].split("/v3/")[1].split("/"))
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = await request.json() if request.can_read_body else None
        self.asked.append(Asked(request.method, path, body, dict(request.query), token))
        if not self.good(token):
            return _refused(401, "Unauthorized")
        trouble = self._next_trouble(request.method)
        if trouble is not None and not trouble.works:
            return _refused(trouble.status, trouble.code, trouble.headers)
        status, said = await self._one_at_a_time(request.method, path, body)
        if trouble is not None:
            assert request.transport is not None
            request.transport.close()
        return web.json_response(said, status=status)

    def _next_trouble(self, method: str) -> Trouble | None:
        for trouble in self.troubles:
            if trouble.only in {"", method} and trouble.times > 0:
                trouble.times -= 1
                return trouble
        return None

    async def _one_at_a_time(self, method: str, path: tuple[str, ...], body: Any) -> tuple[int, Any]:
        """Two at once in one conversation are refused, as Teams does."""
        where = path[1].partition(";")[0] if len(path) > 1 else ""
        if method == "GET" or not where:
            return self._do(method, path, body)
        if where in self.busy_with:
            return 412, {"error": {"code": "PreconditionFailed", "message": ""}}
        self.busy_with.add(where)
        try:
            if self.gate is not None:
                await self.gate.wait()
            return self._do(method, path, body)
        finally:
            self.busy_with.discard(where)

    def _do(self, method: str, path: tuple[str, ...], body: Any) -> tuple[int, Any]:
        match (method, *path):
            case ("POST", "conversations"):
                return 201, {"id": f"a:{body['members'][0]['id']}"}
            case ("POST", "conversations", where, "activities"):
                return self._post(where, body)
            case ("PUT", "conversations", where, "activities", message):
                return self._change(where, message, body)
            case ("DELETE", "conversations", where, "activities", message):
                return self._change(where, message, None)
            case _:
                return self._tell(path)

    def _tell(self, path: tuple[str, ...]) -> tuple[int, Any]:
        match path:
            case ("conversations", _, "members", user):
                found = self.members.get(user.lower())
                return (200, found) if found else _said(404, "MemberNotFoundInConversation")
            case ("teams", team, "conversations") if team in self.channels:
                return 200, {"conversations": self.channels[team]}
            case ("teams", team) if team in self.channels:
                return 200, {"id": team, "name": "Payments", "aadGroupId": "group-payments"}
            case _:
                return _said(403, "BotNotInConversationRoster")

    def _post(self, where: str, body: Any) -> tuple[int, Any]:
        root = where.partition(";messageid=")[2]
        if root and (where.partition(";")[0], root) not in self.messages:
            return _said(404, "ActivityNotFoundInConversation")
        self._last += 1
        self.messages[where, f"m{self._last}"] = body
        return 201, {"id": f"m{self._last}"}

    def _change(self, where: str, message: str, body: Any) -> tuple[int, Any]:
        if (where, message) not in self.messages:
            return _said(404, "ActivityNotFoundInConversation")
        if body is None:
            del self.messages[where, message]
        else:
            self.messages[where, message] = body
        return 200, {"id": message}

    async def _upload(self, request: web.Request) -> web.Response:
        trouble = self._next_trouble("UPLOAD")
        if trouble is not None:
            return web.Response(status=trouble.status)
        self.upload_ranges.append(request.headers.get("Content-Range", ""))
        self.uploads[request.match_info["name"]] = await request.read()
        return web.json_response({}, status=201)


def _said(status: int, code: str) -> tuple[int, Any]:
    return status, {"error": {"code": code, "message": "words that nobody is shown"}}


def _refused(status: int, code: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": {"code": code, "message": ""}} if code else {}
    return web.json_response(body, status=status, headers=headers)
