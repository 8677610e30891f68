"""Requests of the page when somebody acts: one small JSON each way, every refusal a sentence."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from infra.sandbox.slack.model import Channel, Json
from infra.sandbox.window.drawing.menus import draw_offered
from infra.sandbox.window.field_values import UnreadableError
from infra.sandbox.window.live import Hub
from infra.sandbox.window.page import PARTS
from infra.sandbox.window.people import Somebody
from infra.sandbox.window.services import BotSwitch
from infra.sandbox.window.shared_state import SharedState
from infra.sandbox.window.teams.actions import TeamsActions
from infra.sandbox.window.teams.routes import TeamsRoutes
from infra.sandbox.window.user_actions import GoneError, Place, UserActions

#: The header by which a window says which sandbox it was made by.
RUN = "X-Sandbox-Run"
STALE = "The sandbox was started again after this window was opened. Reload the window."
#: What the buttons of the clock move it by, in minutes.
STEPS = (15, 60)

TEAMS_ACTS: dict[str, Callable[[TeamsRoutes, Json], Awaitable[Json | None]]] = {
    "teams-say": TeamsRoutes.say,
    "teams-compose": TeamsRoutes.compose,
    "teams-choose": TeamsRoutes.choose,
    "teams-press": TeamsRoutes.press,
    "teams-search": TeamsRoutes.search,
    "teams-file": TeamsRoutes.file,
    "teams-close": TeamsRoutes.close,
}

Act = Callable[[UserActions, Json], Awaitable[Json | None]]


class Routes:
    def __init__(self, shared: SharedState, hub: Hub) -> None:
        self._shared, self._hub = shared, hub
        self._known: dict[str, Act] = {
            "say": self._say,
            "join": self._join,
            "press": self._press,
            "put": self._put,
            "submit": self._submit,
            "close": self._close,
            "suggest": self._suggest,
            "dismiss": self._dismiss,
            "shortcut": self._shortcut,
            "clock": self._clock,
            "trouble": self._trouble,
            "bot": self._bot,
            "hand": self._hand,
            "import": self._import,
            "hide": self._hide,
        }

    async def handle(self, request: web.Request) -> web.Response:
        somebody = self._shared.people.find(request.match_info["name"])
        act = self._known.get(request.match_info["act"]) or self._of_teams(somebody, request.match_info["act"])
        if somebody is None or act is None:
            return _no(404, "There is nothing to do here.")
        if request.headers.get(RUN) != self._shared.run:
            return _no(409, STALE)
        try:
            asked = await request.json()
            if not isinstance(asked, dict):
                raise UnreadableError("it is no object")
            told = await act(UserActions(self._shared.services.slack, self._shared.user(somebody)), asked)
        except (GoneError, ValueError) as error:
            return _said(error)
        return web.json_response(told or {})

    def _of_teams(self, somebody: Somebody | None, act: str) -> Act | None:
        """Acts in Teams: the same names behind a prefix."""
        teams, named = self._shared.services.teams, TEAMS_ACTS.get(act)
        if teams is None or somebody is None or named is None:
            return None
        routes = TeamsRoutes(TeamsActions(teams, teams.tenant.person(somebody.name)))
        return lambda _, asked: named(routes, asked)

    async def _say(self, actions: UserActions, asked: Json) -> None:
        await actions.say(self._channel(asked), str(asked.get("text", "")))

    async def _join(self, actions: UserActions, asked: Json) -> None:
        actions.join(self._channel(asked))

    def _channel(self, asked: Json) -> Channel:
        channel = self._shared.services.slack.workspace.channels.get(str(asked.get("channel", "")))
        if channel is None:
            raise GoneError("There is no such conversation.")
        return channel

    async def _press(self, actions: UserActions, asked: Json) -> None:
        place = self._place(actions, asked)
        value = asked.get("value")
        await actions.press(
            place, str(asked.get("block")), str(asked.get("action")), None if value is None else str(value)
        )

    async def _put(self, actions: UserActions, asked: Json) -> None:
        """The other fields of the form come along: the app's answer may show it anew."""
        place = self._place(actions, asked)
        await actions.put(place, str(asked.get("block")), str(asked.get("action")), asked.get("value"))

    async def _submit(self, actions: UserActions, asked: Json) -> None:
        view = actions.view(str(asked.get("view", "")))
        actions.fill(view, _fields(asked))
        await actions.submit(view)

    async def _close(self, actions: UserActions, asked: Json) -> None:
        """Close it; one that is closed already stays closed."""
        with contextlib.suppress(GoneError):
            await actions.close(actions.view(str(asked.get("view", ""))), whole_stack=asked.get("all") is True)

    async def _suggest(self, actions: UserActions, asked: Json) -> Json:
        """The open list; none for a field that has gone while somebody typed."""
        block, action, query = (str(asked.get(name, "")) for name in ("block", "action", "query"))
        try:
            found = await actions.offered(self._place(actions, asked), block, action, query[:255])
        except GoneError:
            return {"options": ""}
        return {"options": draw_offered(found, actions.reader)}

    async def _dismiss(self, actions: UserActions, asked: Json) -> None:
        actions.dismiss(actions.message(str(asked.get("channel")), str(asked.get("ts"))))

    async def _shortcut(self, actions: UserActions, asked: Json) -> None:
        """One of the app's, anywhere; or about the message that it is chosen below."""
        below = actions.message(str(asked.get("channel")), str(asked.get("ts"))) if asked.get("ts") else None
        await actions.choose(str(asked.get("shortcut", "")), below)

    async def _clock(self, _actions: UserActions, asked: Json) -> None:
        clock = self._shared.services.clock
        if asked.get("to") == "next" and self._shared.services.next_event is not None:
            at = await self._shared.services.next_event()
            if at is None:
                raise GoneError("Nothing happens next by itself.")
            if at <= clock.now():
                raise GoneError("It is happening already. Give the bot a few seconds.")
            clock.move(at - clock.now() + timedelta(seconds=1))
        elif asked.get("minutes") in STEPS:
            clock.move(timedelta(minutes=asked["minutes"]))
        else:
            raise UnreadableError(f"the clock moves by one of {STEPS} minutes")
        self._hub.mark(*PARTS)

    def _refuse_while_preparing(self) -> None:
        if self._shared.services.demo.is_preparing:
            raise GoneError("The sandbox is still starting. Give it a few seconds.")

    async def _trouble(self, _actions: UserActions, asked: Json) -> None:
        self._refuse_while_preparing()
        switch = self._shared.troubles.find(str(asked.get("switch", "")))
        if switch is None:
            raise UnreadableError("there is no such trouble")
        switch.turn(on=asked.get("on") is True)
        self._hub.mark("trouble", "strip", "aws")

    async def _hand(self, _actions: UserActions, asked: Json) -> Json:
        self._refuse_while_preparing()
        sentence = self._shared.by_hand.do(asked)
        self._hub.mark("aws", "hands")
        return {"sentence": sentence}

    async def _import(self, _actions: UserActions, asked: Json) -> Json:
        self._refuse_while_preparing()
        read = self._shared.services.team_import
        if read is None:
            raise UnreadableError("there is no bot that could import it")
        return {"report": await read(asked.get("apply") is True)}

    async def _hide(self, _actions: UserActions, _asked: Json) -> None:
        self._shared.services.demo.played = ""
        self._hub.mark("strip")

    async def _bot(self, _actions: UserActions, asked: Json) -> None:
        self._refuse_while_preparing()
        bot = self._shared.services.bot
        if bot is None:
            raise UnreadableError("there is no bot to kill or start")
        if asked.get("run") is True:
            await self._start(bot)
        else:
            await bot.kill()
        self._hub.mark("trouble", "strip")

    async def _start(self, bot: BotSwitch) -> None:
        if bot.is_running or bot.is_starting:
            return
        self._hub.mark("trouble", "strip")  # drawn a moment later, when it is starting
        try:
            await bot.start()
        except Exception as error:
            raise GoneError("The bot did not start. Its log says why: .sandbox/bot.log.") from error
        finally:
            self._hub.mark("trouble", "strip")

    def _place(self, actions: UserActions, asked: Json) -> Place:
        if asked.get("view"):
            view = actions.view(str(asked["view"]))
            actions.fill(view, _fields(asked))
            return Place(view)
        return Place(actions.message(str(asked.get("channel", "")), str(asked.get("ts", ""))))


def _fields(asked: Json) -> list[Json]:
    fields: Any = asked.get("fields") or []
    if not isinstance(fields, list) or not all(isinstance(each, dict) for each in fields):
        raise UnreadableError("fields that cannot be read")
    return fields


def _said(error: GoneError | ValueError) -> web.Response:
    match error:
        case GoneError():
            return _no(410, str(error))
        case UnreadableError():
            return _no(400, f"This cannot be sent: {error}.")
        case _:
            return _no(400, "This cannot be read.")


def _no(status: int, sentence: str) -> web.Response:
    return web.json_response({"sentence": sentence}, status=status)
