"""A small company's Teams, a client of its connector, and the sample bot over HTTP."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from infra.sandbox.local_teams import OTHER_TENANT_ID, LocalTeams, Tenant
from infra.sandbox.tests.slack.hand_clock import HandClock
from infra.sandbox.tests.teams.connector_client import ConnectorClient
from infra.sandbox.tests.teams.sample_bot import SampleBot


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def tenant(clock: HandClock) -> Tenant:
    company = Tenant(clock=clock)
    company.add_person("ada", "Ada Lovelace", "ada@example.com", time_zone="Europe/Berlin")
    company.add_person("bob", "Bob Brown", "Bob@example.com", time_zone="America/New_York", installed=False)
    company.add_person("carol", "Carol Clay", "carol@example.com", installed=False)
    company.add_person("gus", "Gus Guest", "gus@else.test", role="guest", user_principal_name="gus_else#EXT#@example")
    company.add_person("olga", "Olga Other", "olga@other.test", tenant_id=OTHER_TENANT_ID, installed=False)
    team = company.add_team("Platform", ["ada", "bob", "gus"])
    company.add_channel(team, "approvals")
    company.add_channel(team, "partners", channel_type="shared", members=["ada", "olga"])
    company.add_team("Elsewhere", ["ada", "carol"], has_bot=False)
    return company


@pytest.fixture
async def teams(tenant: Tenant) -> AsyncIterator[LocalTeams]:
    async with LocalTeams(tenant) as server:
        yield server


@pytest.fixture
async def client(teams: LocalTeams) -> AsyncIterator[ConnectorClient]:
    async with ConnectorClient(teams) as client:
        yield client


@pytest.fixture
async def bot(teams: LocalTeams, client: ConnectorClient) -> AsyncIterator[SampleBot]:
    """The sample bot behind a messaging endpoint."""
    sample = SampleBot(teams, client)
    runner = web.AppRunner(sample.application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    teams.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/teams/messages")
    yield sample
    sample.may_answer.set()
    await runner.cleanup()
