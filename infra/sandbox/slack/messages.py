"""The messages of a workspace: posted, edited, deleted, and those only one person sees."""

import copy
from typing import Any

from infra.sandbox.changes import Change, Changes
from infra.sandbox.slack.ids import Timestamps
from infra.sandbox.slack.model import Message


class Messages:
    def __init__(self, timestamps: Timestamps, changes: Changes) -> None:
        self._timestamps = timestamps
        self._changes = changes
        self._all: dict[tuple[str, str], Message] = {}

    def post(self, channel_id: str, user_id: str, text: str = "", **content: Any) -> Message:
        """Adds a message; `ephemeral_to` makes it one person's."""
        message = Message(channel_id, self._timestamps.next(), user_id, text, **copy.deepcopy(content))
        self._all[channel_id, message.ts] = message
        kind = "ephemeral.posted" if message.ephemeral_to else "message.posted"
        self._announce(kind, message)
        return message

    def edit(self, message: Message, **content: Any) -> None:
        """Replaces what is given; the rest stays."""
        for name, value in content.items():
            setattr(message, name, copy.deepcopy(value))
        message.edited_at = self._timestamps.next()
        self._announce("message.changed", message)

    def delete(self, message: Message) -> None:
        message.deleted = True
        self._announce("message.deleted", message)

    def find(self, channel_id: str, ts: str, *, ephemeral: bool = False) -> Message | None:
        """A message that still stands, by its place."""
        message = self._all.get((channel_id, ts))
        if message is None or message.deleted:
            return None
        return message if bool(message.ephemeral_to) == ephemeral else None

    def recall(self, channel_id: str, ts: str) -> Message | None:
        """Whatever was once posted at this place, deleted and ephemeral ones too."""
        return self._all.get((channel_id, ts))

    def in_channel(self, channel_id: str) -> list[Message]:
        """The messages that everyone there can read, oldest first."""
        return [each for each in self._all.values() if each.channel_id == channel_id and self._is_public(each)]

    def replies(self, channel_id: str, thread_ts: str) -> list[Message]:
        """A thread: its root, if it stands, and every reply."""
        return [each for each in self.in_channel(channel_id) if thread_ts in (each.ts, each.thread_ts)]

    def ephemeral_to(self, user_id: str) -> list[Message]:
        return [each for each in self._all.values() if each.ephemeral_to == user_id and not each.deleted]

    @staticmethod
    def _is_public(message: Message) -> bool:
        return not message.deleted and message.ephemeral_to is None

    def _announce(self, kind: str, message: Message) -> None:
        person = message.ephemeral_to or message.user_id
        self._changes.announce(Change(kind, message, person, message.channel_id))
