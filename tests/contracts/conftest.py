"""Each port with its fake and with its adapter, which speaks over HTTP to what stands in for AWS, Slack or Teams."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import boto3
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.service import Patience
from core.adapters.aws.session import AwsSession
from core.adapters.storage.engine import Database
from handlers.slack.directory import SlackDirectory
from handlers.slack.installation import Installation
from handlers.slack.links import LinkMaker
from handlers.slack.messenger import SlackMessenger
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import example_company
from infra.sandbox.local_teams import LocalTeams
from infra.sandbox.slack import App, LocalSlack, Workspace
from manifests.slack import SCOPES
from tests.contracts.activity_benches import ActivityBench, AwsActivity, InMemoryActivity, later, noon_the_next_day
from tests.contracts.benches import (
    CHANNEL,
    AwsCloud,
    AwsPrincipals,
    ChatBench,
    CloudBench,
    InMemoryChat,
    InMemoryCloud,
    InMemoryMessages,
    InMemoryPrincipals,
    MessageBench,
    PrincipalBench,
    SlackChat,
    SlackMessages,
)
from tests.contracts.teams_benches import TeamsMessages, sending_side, tenant_of_two
from tests.databases import sqlite_databases, sqlite_url  # noqa: F401
from tests.fakes.clock import NOON, FakeClock

_PARSED_ONCE = boto3.session.Session()
"""The SDK parses megabytes of its models for each of its sessions; here one serves all."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def _once(real: type[boto3.session.Session], given: dict[str, Any]) -> boto3.session.Session:
    """That of a role has credentials of its own; what was parsed is shared by the program itself."""
    return real(**given) if "botocore_session" in given else _PARSED_ONCE


@asynccontextmanager
async def local_aws(
    monkeypatch: pytest.MonkeyPatch, clock: Callable[[], float] = time.time
) -> AsyncIterator[tuple[LocalAws, AwsSession]]:
    real = boto3.session.Session
    async with LocalAws(example_company(), clock=clock) as aws:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3.session, "Session", lambda **given: _once(real, given))
        aws.conduct.provisioning_seconds = 0.1
        quick = CallBudgets(sso_admin=2000, identity_store=2000, organizations=2000, logs=2000, lookups=2000)
        async with AwsSession(budgets=quick, patience=Patience(first_pause=0.001)) as session:
            yield aws, session
            aws.up()


@asynccontextmanager
async def local_slack() -> AsyncIterator[tuple[LocalSlack, AsyncWebClient]]:
    company = Workspace(team_id="T1", clock=NOON.timestamp)
    for name in ("ada", "bob"):
        company.add_user(name, name.title(), f"{name}@example.com", user_id=f"U{name.upper()}")
    app = App(bot_user_id="U0BOT", app_id="A0TEAM", bot_token="xoxb-team", name="TEAM Bot", scopes=frozenset(SCOPES))
    company.install_app(app)
    company.add_channel("approvals", ["bob", app], channel_id=CHANNEL)
    async with LocalSlack(company) as slack:
        yield slack, AsyncWebClient(token="xoxb-team", base_url=slack.api_url, timeout=60, retry_handlers=[])


@pytest.fixture(params=["fake", "aws"])
async def cloud(
    request: pytest.FixtureRequest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudBench]:
    if request.param == "fake":
        yield InMemoryCloud(clock)
        return
    async with local_aws(monkeypatch) as (aws, session):
        yield AwsCloud(aws, IdentityCenterAssignments(session, clock), clock)


@pytest.fixture(params=["fake", "aws"])
async def principals(
    request: pytest.FixtureRequest, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PrincipalBench]:
    if request.param == "fake":
        yield InMemoryPrincipals()
        return
    async with local_aws(monkeypatch) as (aws, session):
        yield AwsPrincipals(aws, IdentityStoreDirectory(session, clock))


@pytest.fixture(params=["fake", "athena", "cloudwatch", "cloudtrail-lake", "lookup-events"])
async def activity(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ActivityBench]:
    if request.param == "fake":
        yield InMemoryActivity()
        return
    async with local_aws(monkeypatch, later) as (aws, session):
        aws.conduct.query_seconds = 0.0
        yield AwsActivity(request.param, aws, session, FakeClock(noon_the_next_day()))


@pytest.fixture(params=["fake", "slack"])
async def chat(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[ChatBench]:
    if request.param == "fake":
        yield InMemoryChat()
        return
    async with local_slack() as (slack, client):
        yield SlackChat(slack, SlackDirectory(client, clock, Installation(client)))


@pytest.fixture(params=["fake", "slack", "teams"])
async def messages(
    request: pytest.FixtureRequest,
    clock: FakeClock,
    sqlite_url: str,  # noqa: F811
) -> AsyncIterator[MessageBench]:
    if request.param == "fake":
        yield InMemoryMessages()
        return
    if request.param == "teams":
        database = Database(sqlite_url)
        async with LocalTeams(tenant_of_two(clock)) as teams, sending_side(teams, database, clock) as side:
            yield TeamsMessages(teams, side.messenger)
        await database.close()
        return
    async with local_slack() as (slack, client):
        yield SlackMessages(slack, SlackMessenger(client, clock, LinkMaker(client, Installation(client), clock)))
