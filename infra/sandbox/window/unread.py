"""Unread marks of everybody, in every conversation."""

from infra.sandbox.slack.model import Channel, Message, User
from infra.sandbox.slack.workspace import Workspace


class Reading:
    """Kept for all windows of a person together, for as long as the sandbox runs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._read: dict[tuple[str, str], str] = {}

    def messages(self, user: User, channel: Channel) -> list[Message]:
        """All that this person sees there, replies and what only they see included, oldest first."""
        own = [each for each in self._workspace.messages.ephemeral_to(user.id) if each.channel_id == channel.id]
        return sorted([*self._workspace.messages.in_channel(channel.id), *own], key=lambda each: each.ts)

    def has_read(self, user: User, channel: Channel) -> bool:
        """Everything there is read now; whether anything was new."""
        messages = self.messages(user, channel)
        if not messages or self._read.get((user.id, channel.id), "") >= messages[-1].ts:
            return False
        self._read[user.id, channel.id] = messages[-1].ts
        return True

    def unread(self, user: User, channel: Channel) -> int:
        """New messages of others; a reply in a thread is not counted, as Slack does for who does not follow it."""
        last = self._read.get((user.id, channel.id), "")
        return sum(
            each.ts > last and each.user_id != user.id and each.thread_ts in (None, each.ts)
            for each in self.messages(user, channel)
        )
