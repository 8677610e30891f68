"""A person's acts in Teams in a window, by the ids on the page: by the same calls as the persons of the tests."""

from collections.abc import Iterator
from typing import Any

from infra.sandbox.local_teams.answers import UNREACHABLE
from infra.sandbox.local_teams.dialogs import OpenDialog
from infra.sandbox.local_teams.model import CARD, FILE_CONSENT, Conversation, Json, Message, TeamsUser
from infra.sandbox.local_teams.server import LocalTeams
from infra.sandbox.window.user_actions import LONGEST_LINE, GoneError


def actions_of(content: Any) -> Iterator[Json]:
    """Every action of a card, in the order in which the page counts them: as the card's JSON is written."""
    if isinstance(content, list):
        for each in content:
            yield from actions_of(each)
    elif isinstance(content, dict):
        if str(content.get("type", "")).startswith("Action."):
            yield content
        for key, value in content.items():
            if key != "data":
                yield from actions_of(value)


def input_of(content: Any, input_id: str) -> Json | None:
    """The input of a card that has this id."""
    if isinstance(content, list):
        return next((found for each in content if (found := input_of(each, input_id))), None)
    if not isinstance(content, dict):
        return None
    if str(content.get("type", "")).startswith("Input.") and content.get("id") == input_id:
        return content
    return input_of([value for key, value in content.items() if key != "data"], input_id)


class TeamsActions:
    """One person at one window."""

    def __init__(self, teams: LocalTeams, user: TeamsUser) -> None:
        self._teams = teams
        self._tenant = teams.tenant
        self._user = user

    async def say(self, conversation: Conversation, line: str, *, mention: bool) -> None:
        line = line.strip()
        if self._user not in conversation.members:
            raise GoneError("You are not in this channel.")
        if not line or len(line) > LONGEST_LINE:
            raise GoneError(f"A message has between 1 and {LONGEST_LINE} characters.")
        marked = f"<at>{self._tenant.app.name}</at> {line}" if mention else line
        delivery = await self._teams.interactions.say(self._user, conversation, marked)
        if delivery is not None and not delivery.ok:
            raise GoneError(UNREACHABLE)

    async def compose(self, conversation: Conversation, command: str) -> None:
        known = self._tenant.app.compose_commands
        if command not in known:
            raise GoneError("The compose box does not offer this.")
        _, dialog = await self._teams.interactions.open_from_compose_box(self._user, conversation, known[command])
        _tell(dialog.trouble or dialog.message if not dialog.card else "")

    async def choose(self, message: Message, command: str) -> None:
        known = self._tenant.app.message_commands
        if command not in known:
            raise GoneError("The menu of a message does not offer this.")
        _, dialog = await self._teams.interactions.open_from_message(self._user, message, known[command])
        _tell(dialog.trouble or dialog.message if not dialog.card else "")

    async def press_in_message(self, message: Message, number: int, title: str, inputs: dict[str, str]) -> str:
        """Presses a button of the card that this person's client shows; the line that Teams shows then, if any."""
        action = self._action(self.card(message), number, title)
        interactions = self._teams.interactions
        if action["type"] == "Action.Execute":
            _, answer = await interactions.execute(self._user, message, action, inputs)
            _tell(answer.failure)
            return answer.message
        if ((action.get("data") or {}).get("msteams") or {}).get("type") != "task/fetch":
            await interactions.submit_message(self._user, message, action, inputs)
            return ""
        _, dialog = await interactions.open_from_card(self._user, message, action, inputs)
        _tell(dialog.trouble if not dialog.card else "")
        return ""

    async def press_in_dialog(self, number: int, title: str, inputs: dict[str, str]) -> None:
        dialog = self.dialog()
        action = self._action(dialog.card, number, title)
        dialog.values.update(inputs)
        await self._teams.interactions.submit(dialog, action, inputs)

    async def search(
        self, place: Message | OpenDialog, input_id: str, query: str, inputs: dict[str, str]
    ) -> list[Json]:
        """The choices of a type-ahead."""
        card = place.card if isinstance(place, OpenDialog) else self.card(place)
        element = input_of(card, input_id)
        if element is None or "choices.data" not in element:
            raise GoneError("This has changed meanwhile. Look again at what is there now.")
        if isinstance(place, OpenDialog):
            place.values.update(inputs)
        return await self._teams.interactions.search(self._user, place, element, query)

    async def answer_file(self, message: Message, answer: str) -> None:
        if not any(each["contentType"] == FILE_CONSENT for each in message.attachments):
            raise GoneError("No file is offered here any more.")
        await self._teams.interactions.answer_file(self._user, message, "accept" if answer == "accept" else "decline")

    def close(self) -> None:
        """Close it; one that is closed already stays closed."""
        dialog = self._tenant.dialogs.of(self._user)
        if dialog is not None:
            self._tenant.dialogs.close(dialog)

    def dialog(self) -> OpenDialog:
        dialog = self._tenant.dialogs.of(self._user)
        if dialog is None:
            raise GoneError("This dialog is closed.")
        return dialog

    def conversation(self, conversation_id: str) -> Conversation:
        found = self._tenant.conversations.get(conversation_id)
        if found is None or self._user not in found.members:
            raise GoneError("There is no such conversation.")
        return found

    def message(self, conversation_id: str, message_id: str) -> Message:
        found = self._tenant.messages.find(self.conversation(conversation_id).id, message_id)
        if found is None or found.targeted_to not in (None, self._user.mri):
            raise GoneError("This message is gone.")
        return found

    def card(self, message: Message) -> Json:
        shown = message.seen_by(self._user.mri)
        return next((each["content"] for each in shown if each["contentType"] == CARD), {})

    @staticmethod
    def _action(card: Json, number: int, title: str) -> Json:
        """The action that the page counted; another one in its place is none."""
        found = list(actions_of(card))
        if not 0 <= number < len(found) or str(found[number].get("title", "")) != title:
            raise GoneError("This has changed meanwhile. Look again at what is there now.")
        return found[number]


def _tell(trouble: str) -> None:
    """Tell what Teams itself says when it went wrong."""
    if trouble:
        raise GoneError(trouble)
