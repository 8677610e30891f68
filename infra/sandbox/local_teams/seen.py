"""A message as a person saw it, and what that person can do with it."""

import copy

from infra.sandbox.changes import NotSeenError
from infra.sandbox.local_teams.activity_sender import Delivery
from infra.sandbox.local_teams.dialog import Answer, Dialog
from infra.sandbox.local_teams.dialogs import held_at_first
from infra.sandbox.local_teams.markup import links
from infra.sandbox.local_teams.model import FILE_CONSENT, Json, Message
from infra.sandbox.local_teams.reading import cards, message_text, notification
from infra.sandbox.local_teams.surface import Filled, PersonContext, Surface

REFRESH_AFTER = 60.0
"""Seconds after which a client asks for a card of its own again. Source: Microsoft's page on user specific views."""


class SeenMessage(Surface):
    """A picture taken when it was seen; `refreshed()` looks again."""

    def __init__(self, context: PersonContext, message: Message) -> None:
        super().__init__(context)
        self._message = message
        self._picture = copy.deepcopy(message)
        self._typed = Filled(dict(held_at_first(self._card())))

    @property
    def place(self) -> Message:
        return self._message

    @property
    def message(self) -> Message:
        """The raw message as it was seen, for tests that look behind the scenes."""
        return self._picture

    @property
    def author(self) -> str:
        user = self._context.tenant.by_id(self._picture.sender)
        return user.real_name if user else self._context.tenant.app.name

    @property
    def channel(self) -> str:
        """The channel's name; empty in the 1:1 chat."""
        return self._context.tenant.conversations[self._picture.conversation_id].label

    @property
    def is_private(self) -> bool:
        """In a channel, for this person alone."""
        return self._picture.targeted_to is not None

    @property
    def is_gone(self) -> bool:
        return self._message.deleted

    def text(self) -> str:
        user = self._context.user
        return message_text(self._picture, user.mri, user.time_zone, self._typed.values)

    def notification(self) -> str:
        """The text on a lock screen."""
        return notification(self._picture, self._context.tenant.app.name)

    def links(self) -> list[tuple[str, str]]:
        """The label and address of every link in its text, and of buttons that lead somewhere."""
        found = [each for text in self._texts(self._card()) for each in links(text)]
        leading = [each for each in self._controls() if each.element["type"] == "Action.OpenUrl"]
        return [*found, *((each.name, str(each.element["url"])) for each in leading)]

    def refreshed(self) -> "SeenMessage":
        if self._message.deleted:
            raise NotSeenError(f"this message is gone:\n{self.text()}")
        return SeenMessage(self._context, self._message)

    async def becomes(self, words: str) -> "SeenMessage":
        """Waits until the message says this; the message then."""
        return await self._context.until(
            lambda: now if words in (now := self.refreshed()).text() else None,
            lambda: f"never became {words!r}:\n{self.refreshed().text()}",
        )

    def replies(self) -> list["SeenMessage"]:
        """The replies in its thread, oldest first."""
        thread = self._context.tenant.messages.replies(self._message)
        mine = (None, self._context.user.mri)
        return [SeenMessage(self._context, each) for each in thread if each.targeted_to in mine]

    async def replied(self, words: str) -> "SeenMessage":
        """Waits for a line with these words in its thread."""
        return await self._context.until(
            lambda: next((each for each in self.replies() if words in each.text()), None),
            lambda: f"no reply {words!r}; there are {[each.text() for each in self.replies()]}",
        )

    async def press(self, text: str, *, near: str = "", as_seen: bool = False) -> Answer:
        """Presses a button; `as_seen` presses the one of the picture, even if it has gone meanwhile."""
        surface = self if as_seen else self._as_now()
        action = (await surface.button_named(text, near)).element
        missing = surface.refused(action)
        if missing:
            return Answer(errors=missing)
        inputs = surface.sent(action)
        interactions, user = self._context.interactions, self._context.user
        if action["type"] == "Action.Execute":
            delivery, answer = await interactions.execute(user, self._message, action, inputs)
            return Answer(message=answer.message, trouble=answer.failure, delivery=delivery)
        if action["type"] != "Action.Submit":
            raise NotSeenError(f"{text!r} sends nothing: it is {action['type']}")
        if ((action.get("data") or {}).get("msteams") or {}).get("type") != "task/fetch":
            return Answer(delivery=await interactions.submit_message(user, self._message, action, inputs))
        delivery, dialog = await interactions.open_from_card(user, self._message, action, inputs)
        shown = Dialog(self._context, dialog) if dialog.version and not dialog.trouble else None
        return Answer(dialog=shown, message=dialog.message, trouble=dialog.trouble, delivery=delivery)

    async def follow_refresh(self) -> "SeenMessage":
        """The refresh of a card when somebody looks at the message, if the card asks for it."""
        refresh = self._card().get("refresh") or {}
        user, message = self._context.user, self._message
        view = message.views.get(user.mri)
        fresh = view is not None and view.version == message.version
        young = fresh and view is not None and self._context.tenant.clock() - view.at < REFRESH_AFTER
        if not refresh or young or user.mri not in refresh.get("userIds", [user.mri])[:60]:
            return self
        await self._context.interactions.execute(user, message, refresh["action"], {}, "automatic")
        return self.refreshed()

    async def allow_file(self) -> Delivery:
        """Accepts the file that this message offers."""
        return await self._answer_file("accept")

    async def decline_file(self) -> Delivery:
        return await self._answer_file("decline")

    async def _answer_file(self, action: str) -> Delivery:
        offered = [each for each in self._picture.attachments if each["contentType"] == FILE_CONSENT]
        if not offered:
            raise NotSeenError(f"no file is offered in:\n{self.text()}")
        return await self._context.interactions.answer_file(self._context.user, self._picture, action)

    def _as_now(self) -> "SeenMessage":
        """The message as it is, with what was filled in here."""
        now = self.refreshed()
        now._typed = self._typed  # noqa: SLF001
        return now

    def _card(self) -> Json:
        found = cards(self._picture.seen_by(self._context.user.mri))
        return found[0] if found else {}

    def _filled(self) -> Filled:
        return self._typed

    def _put(self, values: dict[str, str]) -> None:
        self._typed.values.update(values)

    def _texts(self, content: object) -> list[str]:
        """Every text of the card that is read as markup."""
        if isinstance(content, list):
            return [found for each in content for found in self._texts(each)]
        if not isinstance(content, dict):
            return []
        own = [str(content[name]) for name in ("text", "value") if isinstance(content.get(name), str)]
        return own + [found for name, each in content.items() if name != "data" for found in self._texts(each)]
