"""A requester whom no message reaches, in words."""

from collections.abc import Mapping

_BECAUSE: Mapping[str, str] = {
    "user_disabled": "the Slack account is deactivated",
    "account_inactive": "the Slack account is deactivated",
    "user_not_found": "the Slack account is gone",
    "users_not_found": "the Slack account is gone",
    "no_recipient": "no chat account belongs to this person",
    "messages_tab_disabled": "TEAM Bot's Messages tab is turned off in Slack (turn on its Messages tab)",
    "BotNotInConversationRoster": "TEAM Bot is not installed for them in Teams (add it in the app setup policy)",
    "MessageWritesBlocked": "the Teams account accepts no messages from TEAM Bot (it was removed, or the person left)",
    "ConversationBlockedByUser": "they blocked TEAM Bot in Teams (they can unblock it in their chat with it)",
    "BotDisabledByAdmin": "TEAM Bot is blocked in Teams (allow it in the Teams admin center, Manage apps)",
    "BadArgument": "the Teams account is gone",
}
"""By codes: Slack writes them in lower case, Teams in upper and lower."""


def because(code: str) -> str:
    """The reason, from the platform's own word."""
    return (
        _BECAUSE.get(code) or f"{'Slack' if code.islower() else 'Teams'} delivers no messages to this person ({code})"
    )


def untold(requester: str, code: str) -> str:
    """One sentence, with the name as its place needs it."""
    return f"{requester} could not be told: {because(code)}."
