"""Requests of the page for acts in Teams."""

from infra.sandbox.local_teams.dialogs import OpenDialog
from infra.sandbox.local_teams.model import Json, Message
from infra.sandbox.window.field_values import UnreadableError
from infra.sandbox.window.teams.actions import TeamsActions


class TeamsRoutes:
    """Each takes what the page sent, and answers with what the page shows at once, if anything."""

    def __init__(self, actions: TeamsActions) -> None:
        self._actions = actions

    async def say(self, asked: Json) -> None:
        conversation = self._actions.conversation(_text(asked, "conversation"))
        await self._actions.say(conversation, _text(asked, "text"), mention=asked.get("mention") is True)

    async def compose(self, asked: Json) -> None:
        conversation = self._actions.conversation(_text(asked, "conversation"))
        await self._actions.compose(conversation, _text(asked, "command"))

    async def choose(self, asked: Json) -> None:
        message = self._actions.message(_text(asked, "conversation"), _text(asked, "message"))
        await self._actions.choose(message, _text(asked, "command"))

    async def press(self, asked: Json) -> Json:
        number, title, inputs = asked.get("action"), _text(asked, "title"), _inputs(asked)
        if not isinstance(number, int):
            raise UnreadableError("no action is named")
        place = self._place(asked)
        if isinstance(place, OpenDialog):
            await self._actions.press_in_dialog(number, title, inputs)
            return {}
        return {"line": await self._actions.press_in_message(place, number, title, inputs)}

    async def search(self, asked: Json) -> Json:
        query = _text(asked, "query")[:255]
        place = self._place(asked)
        return {"choices": await self._actions.search(place, _text(asked, "input"), query, _inputs(asked))}

    async def file(self, asked: Json) -> None:
        place = self._place(asked)
        if isinstance(place, OpenDialog):
            raise UnreadableError("files are offered in messages")
        await self._actions.answer_file(place, _text(asked, "answer"))

    async def close(self, _asked: Json) -> None:
        self._actions.close()

    def _place(self, asked: Json) -> Message | OpenDialog:
        if asked.get("dialog") is True:
            return self._actions.dialog()
        return self._actions.message(_text(asked, "conversation"), _text(asked, "message"))


def _text(asked: Json, name: str) -> str:
    return str(asked.get(name, ""))


def _inputs(asked: Json) -> dict[str, str]:
    inputs = asked.get("inputs") or {}
    if not isinstance(inputs, dict) or not all(isinstance(each, str) for each in inputs.values()):
        raise UnreadableError("inputs that cannot be read")
    return inputs
