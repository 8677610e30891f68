"""The sending side of Teams, speaking over HTTP to a small Bot Connector."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from handlers.teams.clouds import CLOUDS, Cloud
from handlers.teams.connector import Connector, Place
from handlers.teams.credentials import ClientSecret
from handlers.teams.tokens import AppTokens
from tests.fakes.background import FakeBackground
from tests.handlers.teams.bot_connector import APP, CHANNEL, TENANT, BotConnector


@pytest.fixture
async def teams() -> AsyncIterator[BotConnector]:
    async with BotConnector() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def cloud(teams: BotConnector) -> Cloud:
    return replace(CLOUDS["public"], login=teams.login, local=teams.login, service=teams.service)


@pytest.fixture
async def background() -> AsyncIterator[FakeBackground]:
    background = FakeBackground()
    yield background
    await background.killed()


@pytest.fixture
def tokens(http: aiohttp.ClientSession, cloud: Cloud, background: FakeBackground) -> AppTokens:
    return AppTokens(http, cloud, TENANT, APP, ClientSecret(lambda: "the secret"), background)


@pytest.fixture
def connector(http: aiohttp.ClientSession, cloud: Cloud, tokens: AppTokens) -> Connector:
    return Connector(http, cloud, tokens, app_id=APP)


@pytest.fixture
def channel(teams: BotConnector) -> Place:
    return Place(teams.service, CHANNEL)
