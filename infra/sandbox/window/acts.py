"""What the page asks for when somebody does something: one small JSON each way, every refusal a sentence."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from infra.sandbox.slack.model import Channel, Json
from infra.sandbox.window.acting import Acting, GoneError, Place
from infra.sandbox.window.drawing.menus import draw_offered
from infra.sandbox.window.live import Hub
from infra.sandbox.window.premises import BotSwitch
from infra.sandbox.window.room import Room
from infra.sandbox.window.scene import PARTS
from infra.sandbox.window.state import UnreadableError

#: The header by which a window says which sandbox it was made by.
RUN = "X-Sandbox-Run"
STALE = "The sandbox was started again after this window was opened. Reload the window."
#: What the buttons of the clock move it by, in minutes.
STEPS = (15, 60)

Act = Callable[[Acting, Json], Awaitable[Json | None]]


class Acts:
    def __init__(self, room: Room, hub: Hub) -> None:
        self._room, self._hub = room, hub
        self._known: dict[str, Act] = {
            "say": self._say,
            "join": self._join,
            "press": self._press,
            "put": self._put,
            "submit": self._submit,
            "close": self._close,
            "suggest": self._suggest,
            "dismiss": self._dismiss,
            "clock": self._clock,
            "trouble": self._trouble,
            "bot": self._bot,
        }

    async def handle(self, request: web.Request) -> web.Response:
        somebody = self._room.people.find(request.match_info["name"])
        act = self._known.get(request.match_info["act"])
        if somebody is None or act is None:
            return _no(404, "There is nothing to do here.")
        if request.headers.get(RUN) != self._room.run:
            return _no(409, STALE)
        try:
            asked = await request.json()
            if not isinstance(asked, dict):
                raise UnreadableError("it is no object")
            told = await act(Acting(self._room.premises.slack, self._room.user(somebody)), asked)
        except (GoneError, ValueError) as error:
            return _said(error)
        return web.json_response(told or {})

    async def _say(self, acting: Acting, asked: Json) -> None:
        await acting.say(self._channel(asked), str(asked.get("text", "")))

    async def _join(self, acting: Acting, asked: Json) -> None:
        acting.join(self._channel(asked))

    def _channel(self, asked: Json) -> Channel:
        channel = self._room.premises.slack.workspace.channels.get(str(asked.get("channel", "")))
        if channel is None:
            raise GoneError("There is no such conversation.")
        return channel

    async def _press(self, acting: Acting, asked: Json) -> None:
        place = self._place(acting, asked)
        value = asked.get("value")
        await acting.press(
            place, str(asked.get("block")), str(asked.get("action")), None if value is None else str(value)
        )

    async def _put(self, acting: Acting, asked: Json) -> None:
        """The other fields of the form come along: the app's answer may show it anew."""
        place = self._place(acting, asked)
        await acting.put(place, str(asked.get("block")), str(asked.get("action")), asked.get("value"))

    async def _submit(self, acting: Acting, asked: Json) -> None:
        view = acting.view(str(asked.get("view", "")))
        acting.fill(view, _fields(asked))
        await acting.submit(view)

    async def _close(self, acting: Acting, asked: Json) -> None:
        """What is closed already stays closed."""
        with contextlib.suppress(GoneError):
            await acting.close(acting.view(str(asked.get("view", ""))), whole_stack=asked.get("all") is True)

    async def _suggest(self, acting: Acting, asked: Json) -> Json:
        """The open list; none for a field that has gone while somebody typed."""
        block, action, query = (str(asked.get(name, "")) for name in ("block", "action", "query"))
        try:
            found = await acting.offered(self._place(acting, asked), block, action, query[:255])
        except GoneError:
            return {"options": ""}
        return {"options": draw_offered(found, acting.reader)}

    async def _dismiss(self, acting: Acting, asked: Json) -> None:
        acting.dismiss(acting.message(str(asked.get("channel")), str(asked.get("ts"))))

    async def _clock(self, _acting: Acting, asked: Json) -> None:
        clock = self._room.premises.clock
        if asked.get("to") == "next" and self._room.premises.next_event is not None:
            at = await self._room.premises.next_event()
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
        if self._room.premises.play.is_preparing:
            raise GoneError("The sandbox is still starting. Give it a few seconds.")

    async def _trouble(self, _acting: Acting, asked: Json) -> None:
        self._refuse_while_preparing()
        switch = self._room.troubles.find(str(asked.get("switch", "")))
        if switch is None:
            raise UnreadableError("there is no such trouble")
        switch.turn(on=asked.get("on") is True)
        self._hub.mark("trouble", "strip", "aws")

    async def _bot(self, _acting: Acting, asked: Json) -> None:
        self._refuse_while_preparing()
        bot = self._room.premises.bot
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

    def _place(self, acting: Acting, asked: Json) -> Place:
        if asked.get("view"):
            view = acting.view(str(asked["view"]))
            acting.fill(view, _fields(asked))
            return Place(view)
        return Place(acting.message(str(asked.get("channel", "")), str(asked.get("ts", ""))))


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
