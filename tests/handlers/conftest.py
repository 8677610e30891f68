"""A local Slack with three people and two channels, and this program's own app in it, with the scopes it asks for."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from handlers.screens.screen import Home, Message, Screen
from handlers.slack.drawing.render import render_message, render_view
from handlers.slack.installation import Installation
from handlers.slack.links import LinkMaker
from handlers.slack.messenger import SlackMessenger
from infra.sandbox.slack import App, LocalSlack, TextRenderer, Workspace
from manifests.slack import SCOPES
from tests.fakes.clock import FakeClock
from tests.handlers.plurals import counted_rightly
from tests.handlers.samples import LINKS, NOW
from tests.handlers.teams.alike import assert_alike

Post = Callable[[Message], Awaitable[str]]
Open = Callable[[Screen | Home], Awaitable[str]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def workspace() -> Workspace:
    company = Workspace(team_id="T0EXAMPLE", clock=NOW.timestamp)
    company.add_user("ada", "Ada Lovelace", "ada@example.com", user_id="U0ADA", clock_24h=True)
    company.add_user("bob", "Bob Kahn", "bob@example.com", user_id="U0BOB", clock_24h=True)
    app = company.install_app(
        App(bot_user_id="U0BOT", app_id="A0TEAM", bot_token="xoxb-team", name="TEAM Bot", scopes=frozenset(SCOPES))
    )
    company.add_channel("payments-approvals", ["bob", app], channel_id="C0PAYMENTS")
    company.add_channel("team-audit", ["bob", app], channel_id="C0AUDIT", kind="private")
    return company


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncIterator[LocalSlack]:
    async with LocalSlack(workspace) as server:
        yield server


@pytest.fixture
def client(slack: LocalSlack) -> AsyncWebClient:
    return AsyncWebClient(token="xoxb-team", base_url=slack.api_url, timeout=60, retry_handlers=[])


@pytest.fixture
def installation(client: AsyncWebClient) -> Installation:
    return Installation(client)


@pytest.fixture
def make_messenger(clock: FakeClock) -> Callable[[AsyncWebClient], SlackMessenger]:
    def make(client: AsyncWebClient) -> SlackMessenger:
        return SlackMessenger(client, clock, LinkMaker(client, Installation(client), clock, portal=LINKS.portal))

    return make


@pytest.fixture
def messenger(client: AsyncWebClient, make_messenger: Callable[[AsyncWebClient], SlackMessenger]) -> SlackMessenger:
    return make_messenger(client)


@pytest.fixture
def post(slack: LocalSlack, client: AsyncWebClient) -> Post:
    """Has Slack accept a message, and gives it back as Bob reads it. Teams takes it too, with the same words."""

    async def accepted(message: Message) -> str:
        assert_alike(message)
        answer = await client.chat_postMessage(channel="C0PAYMENTS", **render_message(message))
        posted = slack.workspace.messages.find("C0PAYMENTS", str(answer["ts"]))
        assert posted is not None
        renderer = TextRenderer(slack.workspace, slack.workspace.user("bob"))
        assert renderer.notification(posted)
        return counted_rightly(renderer.message(posted))

    return accepted


@pytest.fixture
def show(slack: LocalSlack, client: AsyncWebClient) -> Open:
    """Has Slack accept a modal, and gives it back as Ada reads it. Teams takes it too, with the same words."""

    async def accepted(view: Screen | Home) -> str:
        assert_alike(view)
        trigger = slack.workspace.tickets.trigger("A0TEAM", "U0ADA")
        answer = await client.views_open(trigger_id=trigger.id, view=render_view(view))
        opened = slack.workspace.views.find(view_id=answer["view"]["id"])
        return counted_rightly(TextRenderer(slack.workspace, slack.workspace.user("ada")).view(opened))

    return accepted
