"""The HTTP API of a world, called over HTTP; and an STS that checks signatures, as AWS's does."""

import base64
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from bot.proxies import behind
from core.adapters.policy_file.names import FileNames
from core.adapters.policy_file.reading import read
from core.adapters.policy_file.resolving import resolve
from core.adapters.policy_file.writing import write
from core.domain.people import Group
from core.domain.policy import PolicyBook
from core.domain.signed_calls import (
    AUDIENCE_HEADER,
    BODY,
    CALL_HEADER,
    CONTENT_TYPE,
    CallerIdentity,
    SignedCall,
    bound_to,
)
from core.services.context.terminals import TerminalIdentity
from handlers.api.routes import ApiParts, routes
from handlers.flows.pace import Pace
from tests.services.world import World

ADDRESS, REGION, HOST = "https://bot.example.com", "eu-central-1", "sts.eu-central-1.amazonaws.com"


class FakeSts:
    """Knows the credentials that it gave out, and computes each signature anew from what it is sent."""

    region, partition = REGION, "aws"

    def __init__(self, now: Any) -> None:
        self._now = now
        self._given: dict[str, tuple[Credentials, CallerIdentity]] = {}
        self.asked: list[SignedCall] = []

    def session(self, arn: str, account: str = "") -> Credentials:
        key = f"ASIA{secrets.token_hex(8).upper()}"
        found = Credentials(key, secrets.token_hex(20), secrets.token_hex(40))
        self._given[key] = (found, CallerIdentity(account or arn.split(":")[4], arn))
        return found

    async def caller(self, call: SignedCall) -> CallerIdentity | None:
        self.asked.append(call)
        known = self._given.get(call.access_key)
        if known is None or known[0].token != call.security_token:
            return None
        expected = authorization(known[0], call.amz_date, call.audience, call.call)
        return known[1] if secrets.compare_digest(expected, call.authorization) else None


def authorization(credentials: Credentials, amz_date: str, audience: str, call: str, region: str = REGION) -> str:
    request = AWSRequest("POST", f"https://{HOST}/", data=BODY)
    request.context["timestamp"] = amz_date
    headers = {
        "content-type": CONTENT_TYPE,
        "host": HOST,
        "x-amz-date": amz_date,
        "x-amz-security-token": credentials.token or "",
        AUDIENCE_HEADER: audience,
        CALL_HEADER: call,
    }
    for name, value in headers.items():
        request.headers[name] = value
    auth = SigV4Auth(credentials, "sts", region)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    signed = auth.signed_headers(auth.headers_to_sign(request))
    signature = auth.signature(text, request)
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={signed}, Signature={signature}"


def proof(credentials: Credentials, at: datetime, method: str, path: str, body: bytes = b"", **changes: str) -> str:
    """The proof that somebody at a terminal shows for one call."""
    audience, nonce = changes.pop("for_bot", ADDRESS), changes.pop("nonce", secrets.token_urlsafe(24))
    amz_date = f"{at:%Y%m%dT%H%M%SZ}"
    call = bound_to(method, path, body, nonce)
    shown = {
        "authorization": authorization(credentials, amz_date, audience, call),
        "amz_date": amz_date,
        "security_token": str(credentials.token),
        "audience": audience,
        "nonce": nonce,
        **changes,
    }
    return "TeamBot-AWS " + base64.urlsafe_b64encode(json.dumps(shown).encode()).decode()


@dataclass(frozen=True, slots=True)
class _Documents:
    """Policy documents by the real reader and writer."""

    world: World

    async def read(self, text: str) -> PolicyBook:
        world = self.world
        groups = [Group(group, name) for group, name in world.principals.names.items()]
        people = tuple(world.principals.users.values())
        organization = world.reader.organization
        names = FileNames.of(organization, people, groups, members={}, conversations=[], platforms=frozenset())
        book = resolve(read(text), names)
        return replace(book, labels={**book.labels})

    async def write(self, book: PolicyBook) -> str:
        return write(book, self.world.reader.organization)

    async def warnings(self, book: PolicyBook) -> Sequence[str]:
        return [f"{each.name} is looked at" for each in book.eligibility[:1]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def reasons(self) -> list[str]:
        return [each["reason"] for each in self.json["errors"]]


class Api:
    """Calls the API of a world."""

    def __init__(
        self,
        world: World,
        client: "TestClient[web.Request, web.Application]",
        sts: FakeSts,
        terminals: TerminalIdentity,
    ) -> None:
        self.world = world
        self.terminals = terminals
        self.sts = sts
        self._client = client

    @property
    def address(self) -> str:
        return str(self._client.make_url("/")).rstrip("/")

    async def call(self, method: str, path: str, proof: str | None = None, body: Any = None, **headers: str) -> Answer:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if content else {}
        shown = {"Authorization": proof} if proof is not None else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response: ClientResponse = await self._client.request(
            method, URL(f"/api/v1{path}", encoded=True), data=content, headers={**kind, **shown, **named}
        )
        return Answer(response.status, response.headers, await response.text())

    async def signed(
        self, credentials: Credentials, method: str, path: str, body: Any = None, **changes: str
    ) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        shown = proof(credentials, self.world.clock.now(), method, f"/api/v1{path}", content, **changes)
        return await self.call(method, path, shown, content or None)


@asynccontextmanager
async def api_of(world: World, *, at_its_own_address: bool = False, trusted_proxies: int = 0) -> AsyncIterator[Api]:
    """``at_its_own_address``: the bot is called what its server on this machine is, and not ``ADDRESS``."""
    sts = FakeSts(world.clock.now)
    terminals = TerminalIdentity(
        world.open_unit, sts, world.services.organizations, world.principals, world.clock, ADDRESS
    )
    parts = ApiParts(
        services=world.services,
        terminals=terminals,
        documents=_Documents(world),
        clock=world.clock,
        count=lambda *_: None,
        version="1.0",
        pace=Pace(lambda: world.clock.now().timestamp()),
    )
    app = web.Application(client_max_size=1024 * 1024, middlewares=[behind(trusted_proxies)])
    app.router.add_routes(routes(parts))
    async with TestClient(TestServer(app)) as client:
        api = Api(world, client, sts, terminals)
        terminals.audience = api.address if at_its_own_address else ADDRESS
        yield api
