"""Everything that Teams sends is answered within the time that it waits, while AWS and Teams itself say nothing.

The caches are cold: the process began a moment ago. Time is simulated, so that a busy machine changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from core.domain.policy_diff import Section
from handlers.bot_connector.activities import Activity, ChannelAccount, TeamsConversation
from handlers.bot_connector.clouds import CLOUDS
from handlers.bot_connector.connector import Connector
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.credentials import ClientSecret
from handlers.bot_connector.posts import Posts
from handlers.bot_connector.tokens import AppTokens
from handlers.bot_connector.turns import ConversationTurns
from handlers.flows import routes
from handlers.flows.boundary import Boundary
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.policy_form import FormNote
from handlers.screens.policy_preview import PreviewNote
from handlers.screens.request_buttons import about
from handlers.screens.request_state import FormState
from handlers.teams import wire
from handlers.teams.context import TeamsContext
from handlers.teams.dialogs import Dialogs
from handlers.teams.home_cards import HomeCards
from handlers.teams.links import TeamsLinks
from handlers.teams.listener import TeamsListener
from handlers.teams.origins import Opening, Origin
from handlers.teams.readers import Readers
from handlers.teams.wire import ControlPlace, Kind
from handlers.words.subcommands import SUBCOMMANDS
from tests.databases import sqlite_databases  # noqa: F401
from tests.fakes.chat import TEAM
from tests.handlers.teams.signing import APP, SERVICE
from tests.quick_folder import quick_folder  # noqa: F401
from tests.services.company import POWER, PROD, Member
from tests.services.conftest import one_quick_sqlite, quick_sqlite  # noqa: F401
from tests.services.quick import QuickSqlite
from tests.services.two_platforms import TwoPlatforms, both
from tests.simulated_time import simulated

Acts = Iterator[tuple[str, Activity]]
TEAMS_WAITS = 3.0
"""Seconds."""
DIALOG = Origin.begin(Opening(ActionId.ASK)).dump()
MEMOS = {
    FormId.REQUEST: FormState("k").dump(),
    FormId.POLICY: FormNote(Section.ELIGIBILITY).dump(),
    FormId.SETTINGS: FormNote(Section.SETTINGS).dump(),
    FormId.PREVIEW: PreviewNote(1).dump(),
}
CHOSEN: dict[str, str] = {
    InputId.ACCOUNT: PROD,
    InputId.PERMISSION_SET: POWER,
    InputId.DURATION: "1h",
    InputId.ALLOWED: "30m",
}
FILLED: dict[str, str] = {
    **CHOSEN,
    **dict.fromkeys((InputId.JUSTIFICATION, InputId.REASON, InputId.COMMENT, InputId.WHY), "because"),
}


class Silence:
    """The side that never answers: a session of HTTP, and what is done before AWS answers."""

    async def __call__(self, *_: object) -> None:
        await asyncio.Event().wait()

    def __deepcopy__(self, _: object) -> "Silence":
        return self

    def __getattr__(self, _: str) -> Any:
        return lambda *_, **__: self

    async def __aenter__(self) -> None:
        await self()

    async def __aexit__(self, *_: object) -> None:
        """It never came so far."""


@asynccontextmanager
async def silent(database: QuickSqlite) -> AsyncIterator[TwoPlatforms]:
    """The company, with a request that waits for approval, and a process that begins when nobody answers any more."""
    async with both(database.fresh()) as world:
        await world.asked()
        world.start()
        world.clock.flow()
        silence = Silence()
        world.cloud.before = world.principals.before = world.reader.before = silence
        yield world
        await world.background.killed()


class _Privately:
    context: TeamsContext

    async def privately(self, sender: Any, text: str) -> None:
        await self.context.privately(sender, text)


def listening(world: TwoPlatforms) -> TeamsListener:
    cloud, http = CLOUDS["public"], Silence()
    tokens = AppTokens(http, cloud, TEAM, APP, ClientSecret(lambda: "secret"), world.background)  # type: ignore[arg-type]
    connector = Connector(http, cloud, tokens, app_id=APP)  # type: ignore[arg-type]
    book = ConversationBook(world.open_unit, world.clock, cloud, TEAM)
    posts = Posts(connector, book, ConversationTurns(world.open_unit, world.clock, TEAM))
    answers = _Privately()
    context = answers.context = TeamsContext(
        services=world.services,
        boundary=Boundary(world.background, answers, lambda *_: None),
        background=world.background,
        clock=world.clock,
        command="@TEAM Bot",
        posts=posts,
        book=book,
        homes=HomeCards(posts, book),
        links=TeamsLinks(cloud, book, connector, world.clock, tenant=TEAM, app_id=APP),
        readers=Readers(book, world.teams_chat, world.clock),
        dialogs=Dialogs(),
    )
    return TeamsListener(context, TEAM, lambda *_: None)


def act(who: Member, kind: str = "invoke", **told: Any) -> Activity:
    """The activity that Teams sends about somebody in the 1:1 chat."""
    user = who.chat.user
    chat = TeamsConversation(f"a:{user}")
    sender = ChannelAccount(f"29:{user}", user)
    return Activity(kind, id="1", service_url=SERVICE, sender=sender, conversation=chat, zone="Europe/Berlin", **told)


def acting(world: TwoPlatforms, about: str) -> Member:
    """A person who may do it: what is refused at once waits for nobody."""
    if about.startswith(("policy.", "change.", "pairs.", "settings.", "find.", "request.close")):
        return world.frank
    if about.startswith(("audit.", "report.", "activity.")):
        return world.erin
    decides = about.startswith("review.") or any(each in about for each in ("approve", "reject", "shorten", "confirm"))
    return world.bob if decides else world.ada


def typed(world: TwoPlatforms) -> Acts:
    lines = [f"{each.word} {use.example}".strip() for each in SUBCOMMANDS for use in each.uses]
    for line in [*lines, "home", "nonsense", "show R-1", "revoke R-1", "cancel R-1", "logs R-1"]:
        who = world.frank if line.startswith(("policy", "settings", "audit", "report", "close")) else world.ada
        yield f"typed {line}", act(who, "message", text=line)


def pressed(world: TwoPlatforms, shown: str) -> Acts:
    """Every button, where it acts at once, where it opens a dialog, and in a dialog."""
    for button in routes.presses():
        who = acting(world, button)
        data, inside = (wire.press(button, shown, "", place) for place in (ControlPlace(), ControlPlace(screen=DIALOG)))
        yield f"pressed {button}", act(who, name="adaptiveCard/action", value={"action": {"data": data}})
        yield f"opened {button}", act(who, name="task/fetch", value={"data": data})
        yield f"in a dialog {button}", act(who, name="task/submit", value={"data": inside})


def sent(world: TwoPlatforms, shown: str) -> Acts:
    """Every form, filled in."""
    kinds: dict[str, Kind] = {each: Kind.CHOSEN if each in CHOSEN else Kind.TYPED for each in FILLED}
    for form in routes.forms():
        place = ControlPlace(MEMOS.get(form, shown), DIALOG, inputs=kinds)
        data = {**wire.sending(form, place), **FILLED}
        yield f"sent {form}", act(acting(world, form), name="task/submit", value={"data": data})


def others(world: TwoPlatforms) -> Acts:
    for field in [*routes.queries(), wire.CHANNELS]:
        asked = {"queryText": "p", "dataset": wire.dataset(field, ControlPlace())}
        yield f"looked up {field}", act(acting(world, field), name="application/search", value=asked)
    upload = {"action": "accept", "context": {"export": 1}, "uploadInfo": {"uploadUrl": "https://x.sharepoint.com/u"}}
    yield "a file accepted", act(world.erin, name="fileConsent/invoke", value=upload)
    yield "a file declined", act(world.erin, name="fileConsent/invoke", reply_to="1", value={"action": "decline"})
    yield "the compose box", act(world.ada, name="composeExtension/fetchTask", value={"commandId": "request"})
    quoted = {"body": {"contentType": "html", "content": "<p>down</p>"}, "linkToMessage": "https://teams.example/1"}
    below = {"commandId": "about", "commandContext": "message", "messagePayload": quoted}
    yield "a message", act(world.ada, name="composeExtension/fetchTask", value=below)
    yield "installed", act(world.ada, "installationUpdate", action="add")
    yield "changed", act(world.ada, "conversationUpdate", event="teamRenamed")


@simulated
async def test_everything_is_answered_while_teams_waits(quick_sqlite: QuickSqlite) -> None:  # noqa: F811
    took: dict[str, float] = {}
    async with silent(quick_sqlite) as world:
        (request,) = await world.requests()
        shown, loop = about(request), asyncio.get_running_loop()
        for what, told in (*typed(world), *pressed(world, shown), *sent(world, shown), *others(world)):
            began, listener = loop.time(), listening(world)
            answer = await listener.answer(told)
            took[what] = loop.time() - began
            assert answer.status == 200, (what, answer)
            assert answer.body is not None or told.kind != "invoke" or told.name == "fileConsent/invoke", what
            await asyncio.sleep(TEAMS_WAITS)
            await world.background.killed()
        stored = {str(row["key"]).rpartition("/")[2] for row in await world.acts()}
    assert {what: seconds for what, seconds in took.items() if seconds > TEAMS_WAITS} == {}
    assert took["opened request.approve"] > 1, "nobody waited for AWS"
    assert "form:k" in stored, "a form is stored before it is answered"
