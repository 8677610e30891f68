"""Calls that are accepted for Teams over real HTTP, and the answer to the others: a number."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.metrics import Metrics
from bot.teams_endpoint import teams_messages
from bot.web import LARGEST_BODY, create_app, serving
from handlers.bot_connector.activities import Activity
from handlers.bot_connector.authentication import ActivityAuthenticator
from handlers.bot_connector.clouds import CLOUDS
from handlers.bot_connector.keys import SigningKeys
from tests.bot.test_metrics import samples
from tests.fakes.background import FakeBackground
from tests.handlers.teams.signing import APP, ISSUER, TENANT, KeyServer, activity, public_jwk, token


class Company:
    """A served application behind its authenticator, and what was let in."""

    def __init__(self) -> None:
        self.taken: list[Activity] = []
        self.metrics = Metrics("1")
        self.background = FakeBackground()
        self.answer: tuple[int, dict[str, Any] | None] = (200, None)
        self.url = ""

    async def take(self, found: Activity) -> tuple[int, dict[str, Any] | None]:
        self.taken.append(found)
        return self.answer

    async def readiness(self) -> Mapping[str, str]:
        return {}

    def app(self, keys: SigningKeys) -> web.Application:
        authenticator = ActivityAuthenticator(APP, TENANT, ISSUER, CLOUDS["public"].is_service, keys)
        return create_app(self.readiness, self.metrics, teams=teams_messages(authenticator, self.take, self.metrics))

    async def post(self, body: object, *authorizations: str) -> tuple[int, bytes]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = [("Authorization", each) for each in authorizations]
        async with (
            ClientSession() as session,
            session.post(f"{self.url}/teams/messages", data=io.BytesIO(data), headers=headers) as answer,
        ):
            return answer.status, await answer.read()


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    server = KeyServer(keys=[public_jwk("k1"), public_jwk("web", endorsements=("webchat",))])
    async with serving(server.app(), "127.0.0.1", 0) as port:
        server.url = f"http://127.0.0.1:{port}"
        yield server


@pytest.fixture
async def company(server: KeyServer) -> AsyncIterator[Company]:
    company = Company()
    keys = SigningKeys(f"{server.url}/openid", company.background)
    await keys.begin()
    async with serving(company.app(keys), "127.0.0.1", 0) as port:
        company.url = f"http://127.0.0.1:{port}"
        yield company


async def test_a_rightful_activity_is_handed_on_and_answered(company: Company) -> None:
    company.answer = (200, {"statusCode": 200})

    assert await company.post(activity(), f"Bearer {token()}") == (200, b'{"statusCode": 200}')
    assert [each.text for each in company.taken] == ["help"]


async def test_a_message_is_answered_with_a_number_alone(company: Company) -> None:
    assert await company.post(activity(), f"Bearer {token()}") == (200, b"")


async def test_what_is_not_from_teams_is_told_a_number_and_nothing_else(company: Company) -> None:
    other = activity(channelData={"tenant": {"id": "00000000-0000-4000-8000-0000000000bb"}})
    refused = [
        (401, activity(), []),
        (401, activity(), [f"Bearer {token('k9')}"]),
        (401, activity(), [f"Bearer {token(exp=None)}"]),
        (401, activity(), [f"Bearer {token()}", f"Bearer {token()}"]),
        (401, activity(serviceUrl="https://evil.example/"), [f"Bearer {token()}"]),
        (403, activity(), [f"Bearer {token('web')}"]),
        (403, other, [f"Bearer {token()}"]),
        (400, [], [f"Bearer {token()}"]),
        (400, b"\xff", [f"Bearer {token()}"]),
        (413, b"x" * (LARGEST_BODY + 1), [f"Bearer {token()}"]),
    ]

    for status, body, authorizations in refused:
        assert await company.post(body, *authorizations) == (status, b""), (status, body)

    assert company.taken == []
    seen = samples(company.metrics)
    counted = {name.rpartition("/")[2]: seen[name] for name in seen if name.startswith("teambot_refused_tokens_total/")}
    assert counted == {"token": 4, "service_url": 1, "endorsement": 1, "tenant": 1, "shape": 2}


async def test_a_body_may_have_1_mib_and_not_a_byte_more(company: Company) -> None:
    body = json.dumps(activity()).encode().ljust(LARGEST_BODY)

    assert (await company.post(body, f"Bearer {token()}"))[0] == 200


async def test_a_key_that_is_new_is_known_a_moment_later(server: KeyServer) -> None:
    company, seconds = Company(), 0.0
    keys = SigningKeys(f"{server.url}/openid", company.background, lambda: seconds)
    await keys.begin()
    server.keys.append(public_jwk("k2"))
    seconds = 60.0
    async with serving(company.app(keys), "127.0.0.1", 0) as port:
        company.url = f"http://127.0.0.1:{port}"

        assert (await company.post(activity(), f"Bearer {token('k2')}"))[0] == 401
        await company.background.drained()
        assert (await company.post(activity(), f"Bearer {token('k2')}"))[0] == 200


async def test_a_server_of_keys_that_hangs_holds_nobody_up() -> None:
    """Calls that ask for unknown keys are answered while the server of the keys says nothing at all."""
    asked, company = asyncio.Event(), Company()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    keys = SigningKeys(f"http://127.0.0.1:{port}/openid", company.background)
    async with serving(company.app(keys), "127.0.0.1", 0) as own:
        company.url = f"http://127.0.0.1:{own}"
        assert await company.post(activity(), f"Bearer {token()}") == (401, b"")
        await asyncio.wait_for(asked.wait(), 30)
        reading = next(iter(company.background.tasks))

        assert await company.post(activity(), f"Bearer {token()}") == (401, b"")
        assert not reading.done()
        await company.background.killed()
    silent.close()
    await silent.wait_closed()


async def test_nothing_of_teams_can_be_posted_where_it_is_not_configured() -> None:
    async with (
        serving(create_app(Company().readiness, Metrics("1")), "127.0.0.1", 0) as port,
        ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/teams/messages", json=activity()) as answer,
    ):
        assert answer.status == 404
