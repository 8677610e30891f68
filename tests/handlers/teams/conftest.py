"""The sending side of Teams, speaking over HTTP to a small Bot Connector."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from core.adapters.storage.engine import Database
from handlers.bot_connector.clouds import CLOUDS, Cloud
from handlers.bot_connector.connector import Connector, ConversationAddress
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.credentials import ClientSecret
from handlers.bot_connector.tokens import AppTokens
from tests.databases import sqlite_databases, sqlite_url  # noqa: F401
from tests.fakes.background import FakeBackground
from tests.fakes.clock import FakeClock
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
async def database(sqlite_url: str) -> AsyncIterator[Database]:  # noqa: F811
    database = Database(sqlite_url)
    yield database
    await database.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def book(database: Database, clock: FakeClock, cloud: Cloud) -> ConversationBook:
    return ConversationBook(database.open, clock, cloud, TENANT)


@pytest.fixture
def channel(teams: BotConnector) -> ConversationAddress:
    return ConversationAddress(teams.service, CHANNEL)
