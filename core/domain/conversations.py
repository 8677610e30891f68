"""Conversations: with one person, or a channel, whose id is written in one way and names its platform."""

import re
from collections.abc import Container, Iterable
from urllib.parse import unquote

from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from core.domain.platforms import SLACK, TEAMS

Place = ChatUser | ConversationId
"""The place of a card: somebody's own conversation with the bot, or a channel."""

_SLACK, _TEAMS = f"{SLACK}:", f"{TEAMS}:"
_TEAMS_ID = re.compile(r"19:[^\s/?#]+@thread\.[a-z0-9]+")
_TEAMS_LINK = re.compile(r"https://(?:gov\.|dod\.)?teams\.[^\s/]+/l/channel/([^\s/?#]+)")
"""The link that **Get link to channel** copies (Microsoft Teams, deep links to a channel)."""


def read_conversation(text: str) -> ConversationId:
    """The one way to write a channel: a Slack id alone, ``teams:`` before that of Teams, also from its link."""
    link = _TEAMS_LINK.match(text)
    return ConversationId(_TEAMS + unquote(link[1]) if link else text.removeprefix(_SLACK))


def platform_of(place: Place) -> str:
    """Of a person or a channel. A bare id is Slack's: all were before there was another platform."""
    if isinstance(place, ChatUser):
        return place.platform
    return TEAMS if is_of_teams(place) else SLACK


def conversation_on(platform: str, identifier: str) -> ConversationId:
    """A conversation by the platform's own id of it."""
    return ConversationId(identifier if platform == SLACK else f"{platform}:{identifier}")


def own_id(conversation: ConversationId) -> str:
    """The id on its platform, without the platform's name."""
    return conversation.removeprefix(_TEAMS)


def is_of_teams(conversation: ConversationId) -> bool:
    return conversation.startswith(_TEAMS)


def is_teams_channel(conversation: ConversationId) -> bool:
    """True if it is written as a channel of Teams is; whether there is such a channel only Teams knows."""
    return is_of_teams(conversation) and _TEAMS_ID.fullmatch(conversation.removeprefix(_TEAMS)) is not None


def on_platforms(channels: Iterable[ConversationId], platforms: Container[str]) -> tuple[ConversationId, ...]:
    """Those of these platforms. Policies keep the channels of one that is not configured; nothing is posted there."""
    return tuple(channel for channel in channels if platform_of(channel) in platforms)
