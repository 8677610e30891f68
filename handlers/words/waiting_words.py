"""Waiting, in words: an outage names the side that is away, and says that what was asked for is saved."""

from core.domain.errors import Side
from core.domain.outcome import InHand

SIDES = {
    Side.UNKNOWN: "AWS or the chat platform",
    Side.BOT: "TEAM Bot",
    Side.AWS: "AWS",
    Side.CHAT: "The chat platform",
    Side.SLACK: "Slack",
    Side.TEAMS: "Teams",
    Side.STORAGE: "The database",
    Side.RECEIVER: "The receiver of events",
}


def in_hand(waits: InHand, what: str = "") -> str:
    """The sentence for an outcome that takes longer than the screen can wait. ``what`` is what was asked for."""
    return f"{_because(waits)} {what.capitalize() if what else 'This'} is saved; you'll get a message with the result."


def _because(waits: InHand) -> str:
    if waits.side in {None, Side.UNKNOWN, Side.BOT}:
        return "This is taking longer than usual."
    side = SIDES[waits.side or Side.UNKNOWN]
    return f"{side} refuses it for now." if waits.refused else f"{side} hasn't answered yet."
