"""What chat platforms are called. A sentence about a chat user names the platform that it belongs to."""

from core.domain.people import ChatUser

_NAMES = {"slack": "Slack", "teams": "Teams"}


def platform_of(user: ChatUser | None) -> str:
    """The platform of a chat user; ``chat`` where none is known."""
    return _NAMES.get(user.platform, user.platform) if user is not None else "chat"
