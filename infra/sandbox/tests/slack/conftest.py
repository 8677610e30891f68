"""A small company's Slack, and the sample app, over HTTP or Socket Mode."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.web.async_client import AsyncWebClient

from infra.sandbox.slack import App, LocalSlack, Workspace
from infra.sandbox.tests.slack.hand_clock import HandClock
from infra.sandbox.tests.slack.sample_app import sample_app


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def workspace(clock: HandClock) -> Workspace:
    company = Workspace(clock=clock)
    company.add_user("ada", "Ada Lovelace", "ada@example.com", tz="Europe/Berlin", clock_24h=True)
    company.add_user("bob", "Bob Brown", "Bob@example.com", tz="America/New_York")
    company.add_user("carol", "Carol Clay", "carol@example.com", deleted=True)
    app = company.install_app(
        App(
            bot_user_id="UBOT",
            app_id="A0PIG",
            bot_token="xoxb-pig",
            app_token="xapp-pig",
            events=frozenset({"app_home_opened", "user_change", "message"}),
            name="guineapig",
        )
    )
    company.add_channel("general", ["ada", "bob", app], channel_id="C0GENERAL")
    company.add_channel("approvals", ["bob", app], channel_id="C0APPROVALS")
    company.add_channel("private", ["ada"], channel_id="C0PRIVATE", kind="private")
    company.add_channel("elsewhere", ["ada"], channel_id="C0ELSEWHERE")
    company.add_channel("archive", ["ada", app], channel_id="C0ARCHIVE", is_archived=True)
    return company


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncIterator[LocalSlack]:
    async with LocalSlack(workspace) as server:
        yield server


@pytest.fixture
def client(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token="xoxb-pig", base_url=slack.api_url)


@pytest.fixture
async def over_http(slack: LocalSlack, client: AsyncWebClient) -> AsyncIterator[LocalSlack]:
    """The sample app behind a request URL."""
    server = sample_app(client).server(port=0, path="/slack/events")
    runner = web.AppRunner(server.web_app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    yield slack
    await runner.cleanup()


@pytest.fixture
async def over_socket(slack: LocalSlack, client: AsyncWebClient) -> AsyncIterator[LocalSlack]:
    """The sample app in Socket Mode."""
    handler = AsyncSocketModeHandler(sample_app(client), "xapp-pig", ping_interval=1)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield slack
    await handler.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture(params=["http", "socket"])
def sample(request: pytest.FixtureRequest) -> LocalSlack:
    """The same over either road."""
    served: LocalSlack = request.getfixturevalue(f"over_{request.param}")
    return served
