"""Conversations in Microsoft Teams: Teams has no list of addresses to write to, so they are learnt and stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class ConversationKind(StrEnum):
    PERSONAL = "personal"
    """Of one person with the bot."""
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class LearntConversation:
    """A conversation of the bot's. What was never told is empty."""

    tenant: str
    id: str
    kind: ConversationKind
    service_url: str
    """The newest service URL that Teams named for it; empty when Teams never named one."""
    seen_at: datetime
    installed: bool = True
    """True if the bot is in it: the app is installed for the person, or in the team."""
    user: str = ""
    """Of a person: the Entra object id."""
    mri: str = ""
    """Of a person: the id by which this bot addresses it."""
    email: str = ""
    """Of a person: the address as it was last read, in lower case."""
    zone: str = ""
    """Of a person: where its clock is, as an IANA name."""
    name: str = ""
    """Of a channel."""
    team: str = ""
    """Of a channel: the id of its team, which is that of its General channel too."""
    team_name: str = ""
    team_group: str = ""
    """Of a channel: the id of its team's group in Entra."""
    channel_type: str = ""
    """``standard``, ``private`` or ``shared``."""
    archived: bool = False
    home_card: str = ""
    """Of a person: the message that shows Home."""


class LearntConversations(Protocol):
    """By tenant and id."""

    async def put(self, learnt: LearntConversation) -> None:
        """Keep it as Teams told of it now; what is noted stays as it was noted."""
        ...

    async def note(
        self, tenant: str, conversation: str, *, email: str | None = None, home_card: str | None = None
    ) -> None:
        """Keep what Teams does not tell by itself: an address that was read, and where the Home card stands.

        What is not given stays as it is: another process may note it at the same time.
        """
        ...

    async def get(self, tenant: str, conversation: str) -> LearntConversation | None: ...

    async def of_user(self, tenant: str, user: str) -> LearntConversation | None:
        """The one with a person that was seen last."""
        ...

    async def of_email(self, tenant: str, email: str) -> Sequence[LearntConversation]:
        """Those with people who had this address when it was read, the last seen first."""
        ...

    async def of_team(self, tenant: str, team: str) -> Sequence[LearntConversation]:
        """The channels of a team that are known, by their ids."""
        ...

    async def channels(self, tenant: str, limit: int) -> Sequence[LearntConversation]:
        """Channels that the bot is in, the last seen first."""
        ...

    async def newest(self, tenant: str) -> LearntConversation | None:
        """Whatever Teams told of last."""
        ...

    async def hold(self, tenant: str, conversation: str, by: str, now: datetime, lease: timedelta) -> bool:
        """Take the turn at writing there; False while another has it."""
        ...

    async def release(self, tenant: str, conversation: str, by: str) -> None:
        """Give it back; nothing happens when another has it by now."""
        ...
