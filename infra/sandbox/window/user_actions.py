"""A person's acts in a window, by the ids on the page: by the same calls as the persons of the tests."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.sandbox.slack.blockkit.form import HOLDS
from infra.sandbox.slack.blockkit.surfaces import elements_of
from infra.sandbox.slack.finding import Control
from infra.sandbox.slack.model import Channel, Json, Message, User, View
from infra.sandbox.slack.options import Menus
from infra.sandbox.slack.person import Modal
from infra.sandbox.slack.reading import TextRenderer
from infra.sandbox.slack.server import LocalSlack
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.field_values import UnreadableError, state_of

#: What a person's client takes in one message.
LONGEST_LINE = 12_000


class GoneError(Exception):
    """The thing that was acted on is no longer there. One sentence for the person who acted."""


@dataclass(frozen=True)
class Place:
    """A view or a message, and where its parts are."""

    thing: View | Message

    @property
    def blocks(self) -> list[Json]:
        if isinstance(self.thing, View):
            return self.thing.blocks
        return [*self.thing.blocks, *(b for part in self.thing.attachments for b in part.get("blocks", ()))]

    def find(self, block_id: str, action_id: str) -> tuple[Json, Json]:
        """The block, and its element."""
        for block in self.blocks:
            for element, _ in elements_of(block, ""):
                if (block.get("block_id", ""), element.get("action_id", "")) == (block_id, action_id):
                    return block, element
        raise GoneError("This has changed meanwhile. Look again at what is there now.")


class UserActions:
    """One person at one window."""

    def __init__(self, slack: LocalSlack, user: User) -> None:
        self._slack = slack
        self._user = user
        self._workspace = slack.workspace
        self.reader = Reader(self._workspace, user)
        self._menus = Menus(self._workspace, slack.interactions, user, TextRenderer(self._workspace, user))

    async def say(self, channel: Channel, line: str) -> None:
        """A message, or with a slash first a command."""
        line = line.strip()
        if self._user.id not in channel.members:
            raise GoneError("You are not in this channel.")
        if not line or len(line) > LONGEST_LINE:
            raise GoneError(f"A message has between 1 and {LONGEST_LINE} characters.")
        if line.startswith("/"):
            await self._slack.interactions.command(self._user, channel, line)
        else:
            self._slack.interactions.say(self._user, channel, line)

    def join(self, channel: Channel) -> None:
        if not self.reader.may_look(channel.id):
            raise GoneError("This channel is for those who were invited.")
        self._workspace.join(channel, self._user.id)

    async def press(self, place: Place, block_id: str, action_id: str, value: str | None) -> None:
        """A button, or one line of the menu behind three dots."""
        block, element = place.find(block_id, action_id)
        if element["type"] in HOLDS:
            raise UnreadableError("this holds a value and is not pressed")
        await self._act(place, block, element, _pressed(element, value))

    async def put(self, place: Place, block_id: str, action_id: str, sent: Any) -> None:
        """A value into a field that tells the app of each change."""
        block, element = place.find(block_id, action_id)
        state = self._state(element, sent)
        if isinstance(place.thing, View):
            self._workspace.views.fill(place.thing, block_id, action_id, state)
        await self._act(place, block, element, state)

    def fill(self, view: View, fields: Iterable[Json]) -> None:
        """Keep the value of every field of a form; fields that it no longer has are left."""
        place = Place(view)
        for each in fields:
            block_id, action_id = str(each.get("block", "")), str(each.get("action", ""))
            try:
                _, element = place.find(block_id, action_id)
            except GoneError:
                continue
            state = self._state(element, each.get("value"))
            if view.values.get(block_id, {}).get(action_id) != state:
                view.values.setdefault(block_id, {})[action_id] = state

    async def submit(self, view: View) -> None:
        """Slack's own checks first, then the app's."""
        modal = next((each for each in self._modals() if each.view is view), None)
        if modal is None:
            raise GoneError("This form is closed.")
        await modal.submit()

    async def close(self, view: View, *, whole_stack: bool) -> None:
        if view.is_open:
            await self._slack.interactions.close(self._user, view, whole_stack=whole_stack)

    async def offered(self, place: Place, block_id: str, action_id: str, query: str) -> list[Json]:
        block, element = place.find(block_id, action_id)
        return await self._menus.offered(place.thing, Control(block, element, (), ""), query)

    def dismiss(self, message: Message) -> None:
        """Puts away what only this person sees."""
        if message.ephemeral_to != self._user.id:
            raise GoneError("Only what you alone see can be dismissed.")
        self._workspace.messages.delete(message)

    async def choose(self, callback_id: str, message: Message | None) -> None:
        """One of an app's shortcuts, from Slack's own menus."""
        for app in self._workspace.apps.values():
            for each in app.shortcuts:
                if each.callback_id == callback_id and each.for_messages == (message is not None):
                    delivery = await self._slack.interactions.shortcut(self._user, app, each, message)
                    if not delivery.ack.ok:
                        raise GoneError(f"The app didn't respond: {delivery.ack.problem}")
                    return
        raise GoneError("There is no such shortcut here.")

    def view(self, view_id: str) -> View:
        """An open view of this person's."""
        try:
            view = self._workspace.views.recall(view_id)
        except KeyError:
            view = None
        if view is None or view.user_id != self._user.id or not view.is_open:
            raise GoneError("This form is closed.")
        return view

    def message(self, channel_id: str, ts: str) -> Message:
        """A message that this person can see."""
        message = self._workspace.messages.recall(channel_id, ts)
        theirs = message is not None and message.ephemeral_to in (None, self._user.id)
        if message is None or message.deleted or not theirs or not self.reader.may_look(channel_id):
            raise GoneError("This message is gone.")
        if not self.reader.may_see(channel_id):
            raise GoneError("Join the channel first.")
        return message

    def _modals(self) -> list[Modal]:
        return self._slack.person(self._user.id).modals()

    def _state(self, element: Json, sent: Any) -> Json:
        if element["type"] not in HOLDS:
            raise UnreadableError("this holds no value")
        return state_of(element, sent, self.reader.zone)

    async def _act(self, place: Place, block: Json, element: Json, chosen: Json) -> None:
        interactions = self._slack.interactions
        if isinstance(place.thing, View):
            await interactions.act_in_view(self._user, place.thing, block, element, chosen)
        elif place.thing.app_id:
            await interactions.act_in_message(self._user, place.thing, block, element, chosen)


def _pressed(element: Json, value: str | None) -> Json:
    if element["type"] == "overflow":
        option = next((each for each in element["options"] if each["value"] == value), None)
        if option is None:
            raise UnreadableError("this is not among what was offered")
        return {"selected_option": option}
    if element["type"] == "feedback_buttons":
        if value not in (element["positive_button"]["value"], element["negative_button"]["value"]):
            raise UnreadableError("this is not among what was offered")
        return {"value": value}
    return {} if element.get("value") is None else {"value": element["value"]}
