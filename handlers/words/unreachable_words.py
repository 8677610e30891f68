"""A requester whom no message reaches, in words."""

from collections.abc import Mapping

_BECAUSE: Mapping[str, str] = {
    "user_disabled": "the Slack account is deactivated",
    "account_inactive": "the Slack account is deactivated",
    "user_not_found": "the Slack account is gone",
    "users_not_found": "the Slack account is gone",
    "no_recipient": "nobody in Slack is this person",
    "messages_tab_disabled": "Slack delivers no messages of TEAM Bot (turn on its Messages tab)",
}


def because(code: str) -> str:
    """Why, from the platform's own word."""
    return _BECAUSE.get(code) or f"Slack takes no messages for this person ({code})"


def untold(requester: str, code: str) -> str:
    """One sentence, with the name as its place needs it."""
    return f"{requester} could not be told: {because(code)}."
