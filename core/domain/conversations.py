"""Where a policy may have cards posted: one channel, written in one way, of a platform that is there or not."""

import re
from urllib.parse import unquote

from core.domain.ids import ConversationId

SLACK, TEAMS = "slack:", "teams:"
_TEAMS_ID = re.compile(r"19:[^\s/?#]+@thread\.[a-z0-9]+")
_TEAMS_LINK = re.compile(r"https://teams\.[^\s/]+/l/channel/([^\s/?#]+)")
"""What **Get link to channel** copies (Microsoft Teams, deep links to a channel)."""


def read_conversation(text: str) -> ConversationId:
    """The one way to write a channel: a Slack id alone, ``teams:`` before that of Teams, also from its link."""
    link = _TEAMS_LINK.match(text)
    return ConversationId(TEAMS + unquote(link[1]) if link else text.removeprefix(SLACK))


def is_of_teams(conversation: ConversationId) -> bool:
    return conversation.startswith(TEAMS)


def is_teams_channel(conversation: ConversationId) -> bool:
    """Whether it is written as a channel of Teams is; whether there is such a channel only Teams knows."""
    return is_of_teams(conversation) and _TEAMS_ID.fullmatch(conversation.removeprefix(TEAMS)) is not None


def is_served(conversation: ConversationId) -> bool:
    """Whether the bot posts there at all. A channel of Teams is kept in policies; nothing posts to Teams yet."""
    return not is_of_teams(conversation)
