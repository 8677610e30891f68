"""A message as a person saw it, and what that person can do with it."""

import copy
from collections.abc import Iterator
from typing import Any

from infra.sandbox.changes import NotSeenError
from infra.sandbox.slack.finding import Control, button, controls, field
from infra.sandbox.slack.model import Json, Message
from infra.sandbox.slack.reading.markup import Reference, references
from infra.sandbox.slack.screen import Answer, PersonContext


class SeenMessage:
    """A picture taken when it was seen; `refreshed()` looks again."""

    def __init__(self, context: PersonContext, message: Message) -> None:
        self._context = context
        self._message = message
        self._picture = copy.copy(message)  # its content is replaced, never changed in place

    @property
    def message(self) -> Message:
        """The raw message as it was seen, for tests that look behind the scenes."""
        return self._picture

    @property
    def author(self) -> str:
        return self._context.workspace.users[self._picture.user_id].real_name

    @property
    def channel(self) -> str:
        """The channel's name; empty for a direct message."""
        return self._context.workspace.channels[self._picture.channel_id].name

    @property
    def is_ephemeral(self) -> bool:
        return self._picture.ephemeral_to is not None

    @property
    def is_gone(self) -> bool:
        return self._message.deleted

    def text(self) -> str:
        return self._context.renderer.message(self._picture)

    def notification(self) -> str:
        """The text on a lock screen or by a screen reader."""
        return self._context.renderer.notification(self._picture)

    def buttons(self) -> list[str]:
        return [each.name for each in self._controls() if each.is_button]

    def links(self) -> list[Reference]:
        """Every link in its markup, with its label, and buttons that lead somewhere."""
        found = [each for text in _markup(self._picture) for each in references(text) if each.is_link]
        leading = [each for each in self._controls() if each.is_button and each.element.get("url")]
        return [*found, *(Reference(each.element["url"], each.name) for each in leading)]

    def refreshed(self) -> "SeenMessage":
        if self._message.deleted:
            raise NotSeenError(f"this message is gone:\n{self.text()}")
        return SeenMessage(self._context, self._message)

    async def becomes(self, words: str) -> "SeenMessage":
        """Waits until the message says this; the message then."""
        renderer = self._context.renderer
        return await self._context.until(
            lambda: self.refreshed() if words in renderer.message(self._message) else None,
            lambda: f"never became {words!r}:\n{renderer.message(self._message)}",
        )

    def replies(self) -> list["SeenMessage"]:
        """The replies in its thread, oldest first."""
        thread = self._context.workspace.messages.replies(self._picture.channel_id, self._picture.ts)
        return [SeenMessage(self._context, each) for each in thread if each.ts != self._picture.ts]

    async def replied(self, words: str) -> "SeenMessage":
        """Waits for a line with these words in its thread."""
        return await self._context.until(
            lambda: next((each for each in self.replies() if words in each.text()), None),
            lambda: f"no reply {words!r}; there are {[each.text() for each in self.replies()]}",
        )

    async def press(self, text: str, *, near: str = "", confirm: bool = True, as_seen: bool = False) -> Answer:
        """Presses a button; `as_seen` presses the one of the picture, even if it has gone meanwhile."""
        shown = self._picture if as_seen else self._message
        control = button(_all_blocks(shown), self._context.renderer, text, near)
        if control is None or (shown.deleted and not as_seen):
            raise NotSeenError(f"no button {text!r} in:\n{self._context.renderer.message(shown)}")
        asked = self._context.question(control)
        if asked and not confirm:
            return Answer(asked=asked)
        value = control.element.get("value")
        return await self._act(shown, control, {} if value is None else {"value": value}, asked)

    async def choose(self, label: str, words: str, query: str | None = None) -> Answer:
        """Picks from a menu under the message."""
        control = field(_all_blocks(self._message), self._context.renderer, label)
        if control is None:
            raise NotSeenError(f"no menu {label!r} in:\n{self.text()}")
        option = await self._context.menus.find(self._message, control, words, query)
        if option is None:
            raise NotSeenError(f"{label!r} doesn't offer {words!r}")
        return await self._act(self._message, control, {"selected_option": option})

    async def _act(self, shown: Message, control: Control, chosen: Json, asked: str = "") -> Answer:
        context = self._context
        delivery = await context.interactions.act_in_message(
            context.user, shown, control.block, control.element, chosen
        )
        trouble = delivery.ack.problem or None
        return Answer(modal=context.modal_on_top(), trouble=trouble, asked=asked, delivery=delivery)

    def _controls(self) -> list[Control]:
        return list(controls(_all_blocks(self._picture), self._context.renderer))


def _all_blocks(message: Message) -> list[Json]:
    return [*message.blocks, *(each for part in message.attachments for each in part.get("blocks", ()))]


def _markup(message: Message) -> Iterator[str]:
    """Every text of the message that Slack reads as markup."""
    if not message.blocks:
        yield message.text
    yield from _markup_in(message.blocks)


def _markup_in(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for each in content:
            yield from _markup_in(each)
    elif isinstance(content, dict):
        if content.get("type") == "mrkdwn":
            yield content["text"]
        for value in content.values():
            yield from _markup_in(value)
