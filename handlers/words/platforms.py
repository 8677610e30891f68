"""Names of chat platforms. A sentence about a chat user names the platform that it belongs to."""

from core.domain import conversations
from core.domain.ids import ConversationId
from core.domain.people import ChatUser

_NAMES = {"slack": "Slack", "teams": "Teams"}


def called(platform: str) -> str:
    """A platform by its name."""
    return _NAMES.get(platform, platform)


def a_channel_of(conversation: ConversationId) -> str:
    """Words for a channel that the reader's platform cannot name."""
    return f"a channel of {called(conversations.platform_of(conversation))}"


def platform_of(user: ChatUser | None) -> str:
    """The platform of a chat user; ``chat`` where none is known."""
    return called(user.platform) if user is not None else "chat"
