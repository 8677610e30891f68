"""Home as a whole, drawn from the real use cases into a local Slack: opened, turned, kept up to date."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Side, UpstreamBusy
from handlers.chat.home_screens import ANSWER_STANDS, OpenHomes
from handlers.flows import home
from handlers.flows.boundary import Boundary
from handlers.flows.home_context import Pages
from handlers.screens.lists import ListName
from handlers.slack.context import SlackContext
from handlers.slack.installation import Installation
from handlers.slack.links import LinkMaker
from handlers.slack.payloads import SlackSender
from handlers.slack.replies import EphemeralReplies
from handlers.slack.slack_views import SlackViews
from infra.sandbox.slack import App, LocalSlack, TextRenderer, Workspace
from manifests.slack import SCOPES
from tests.databases import sqlite_databases  # noqa: F401 - a fixture
from tests.fakes.chat import TEAM
from tests.services.company import SECOND, Member
from tests.services.conftest import beginnings, one_quick_sqlite, quick_sqlite, world  # noqa: F401 - fixtures
from tests.services.world import World


class Drawing:
    """Home of anybody of the company, as they read it."""

    def __init__(self, slack: LocalSlack, slack_context: SlackContext, homes: OpenHomes) -> None:
        self.slack = slack
        self.slack_context = slack_context
        self.homes = homes

    async def show(self, who: Member, pages: Pages | None = None, said: str = "") -> str:
        await home.show(self.slack_context, SlackSender(who.chat), pages, said)
        return self.read(who)

    async def redraw(self, who: Member) -> str:
        await self.homes.redraw(who.chat)
        return self.read(who)

    def read(self, who: Member) -> str:
        view = self.slack.workspace.views.home("A0TEAM", who.chat.user)
        user = self.slack.workspace.users[who.chat.user]
        return TextRenderer(self.slack.workspace, user).view(view) if view else ""


@pytest.fixture
async def drawing(world: World) -> AsyncIterator[Drawing]:  # noqa: F811
    workspace = Workspace(team_id=TEAM, clock=lambda: world.clock.now().timestamp())
    for member in world.everybody:
        name = member.principal.user_name.partition("@")[0]
        workspace.add_user(name, member.principal.name, member.principal.emails[0], user_id=member.chat.user)
    workspace.install_app(
        App(bot_user_id="U0BOT", app_id="A0TEAM", bot_token="xoxb-team", name="TEAM Bot", scopes=frozenset(SCOPES))
    )
    async with LocalSlack(workspace) as slack:
        client = AsyncWebClient(token="xoxb-team", base_url=slack.api_url, timeout=60, retry_handlers=[])
        answers = EphemeralReplies(client, slack.api_url)
        homes = OpenHomes()
        slack_context = SlackContext(
            services=world.services,
            answers=answers,
            boundary=Boundary(world.background, answers, lambda _kind, _outcome, _seconds: None),
            screens=SlackViews(client),
            background=world.background,
            links=LinkMaker(client, Installation(client), world.clock),
            clock=world.clock,
            command="/team",
            forget_user=lambda _user: None,
        )
        homes.draw_by(slack_context, SlackSender)
        yield Drawing(slack, slack_context, homes)


async def test_home_is_drawn_anew_as_it_was_left_and_an_answer_stands_for_a_while(
    drawing: Drawing,
    world: World,  # noqa: F811
) -> None:
    for _ in range(12):
        await world.cancel(world.ada, await world.asked())
        world.go_to(world.clock.now() + timedelta(minutes=5))  # more often, and she would have to wait (rule 26)
    last = (await world.requests())[10].id
    shown = await drawing.show(world.ada, Pages().turned(ListName.MINE, str(last)), "Withdrawn: R-1012.")
    assert "R-1010" in shown
    assert shown.count("R-1012") == 1, "in the answer, and in no row"
    assert shown.startswith("Withdrawn: R-1012.")
    assert await drawing.redraw(world.ada) == shown
    world.go_to(world.clock.now() + ANSWER_STANDS + SECOND)
    later = await drawing.redraw(world.ada)
    assert "Withdrawn: R-1012." not in later
    assert "R-1010" in later


async def test_a_section_that_cannot_be_read_says_so_and_holds_up_no_other(
    drawing: Drawing,
    world: World,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(_slack_context: object, _visitor: object) -> list[object]:
        raise UpstreamBusy("AWS is away", side=Side.AWS)

    broken = home.HomeSection("Waiting for you", away, 22)  # type: ignore[arg-type]
    monkeypatch.setattr(home, "SECTIONS", (broken, *home.SECTIONS[1:]))
    shown = await drawing.show(world.ada)
    assert "Waiting for you cannot be shown: AWS is not answering" in shown
    assert "[ Request access ]" in shown


async def test_home_offers_only_what_this_person_may_do(drawing: Drawing, world: World) -> None:  # noqa: F811
    await world.asked()
    assert "[ Approve ] [ Reject ] [ Approve for a shorter time ] [ Details ]" in await drawing.show(world.bob)
    for member in (world.ada, world.erin, world.grace):
        assert "Approve" not in await drawing.show(member)
    assert "[ Request access ]" in drawing.read(world.ada)
    assert "No policy lets you ask for access at present." in drawing.read(world.grace)


async def test_nothing_is_drawn_for_whoever_has_not_opened_home(drawing: Drawing, world: World) -> None:  # noqa: F811
    assert await drawing.redraw(world.ada) == ""


async def test_whoever_may_not_use_the_bot_reads_there_what_to_do(drawing: Drawing, world: World) -> None:  # noqa: F811
    world.chat.change(world.grace.chat, is_guest=True)
    assert "Guests can't use TEAM Bot." in await drawing.show(world.grace)
    assert await world.services.homes.opened_by(world.grace.chat) is None
