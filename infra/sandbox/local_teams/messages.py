"""The messages of a tenant: posted, edited, deleted, and those only one person sees."""

import copy
from collections.abc import Callable
from typing import Any

from infra.sandbox.changes import Change, Changes
from infra.sandbox.local_teams.ids import MessageIds
from infra.sandbox.local_teams.model import CardView, Json, Message


class Messages:
    def __init__(self, clock: Callable[[], float], changes: Changes) -> None:
        self._clock = clock
        self._ids = MessageIds(clock)
        self._changes = changes
        self._all: dict[tuple[str, str], Message] = {}

    def post(self, conversation_id: str, sender: str, **content: Any) -> Message:
        """Adds a message; `targeted_to` makes it one person's."""
        message = Message(conversation_id, self._ids.next(), sender, **copy.deepcopy(content), at=self._clock())
        self._all[conversation_id, message.id] = message
        self._announce("message.posted", message)
        return message

    def edit(self, message: Message, **content: Any) -> None:
        """Replaces what is given, for everybody; what one client was shown instead is gone."""
        for name, value in content.items():
            setattr(message, name, copy.deepcopy(value))
        message.version += 1
        self._announce("message.changed", message)

    def show_to(self, message: Message, mri: str, card: Json) -> None:
        """Another card for one client alone."""
        message.views[mri] = CardView(copy.deepcopy(card), message.version, self._clock())
        self._announce("message.viewed", message)

    def delete(self, message: Message) -> None:
        message.deleted = True
        self._announce("message.deleted", message)

    def find(self, conversation_id: str, message_id: str) -> Message | None:
        """A message that still stands, by its place."""
        message = self._all.get((conversation_id, message_id))
        return None if message is None or message.deleted else message

    def all(self) -> list[Message]:
        """Everything that stands anywhere."""
        return [each for each in self._all.values() if not each.deleted]

    def in_conversation(self, conversation_id: str) -> list[Message]:
        """The messages there, oldest first, those for one person alone included."""
        return [each for each in self._all.values() if each.conversation_id == conversation_id and not each.deleted]

    def replies(self, root: Message) -> list[Message]:
        """The lines of a thread, without its root."""
        return [each for each in self.in_conversation(root.conversation_id) if each.root_id == root.id]

    def _announce(self, kind: str, message: Message) -> None:
        self._changes.announce(Change(kind, message, message.targeted_to or message.sender, message.conversation_id))
