"""Who is waited for, in words: an outage names the side that is away, and says that what was asked for is saved."""

from core.domain.errors import Side
from core.domain.outcome import InHand

SIDES = {
    Side.UNKNOWN: "AWS or Slack",
    Side.BOT: "TEAM Bot",
    Side.AWS: "AWS",
    Side.CHAT: "Slack",
    Side.STORAGE: "The database",
}


def in_hand(waits: InHand, what: str = "") -> str:
    """What is said when the outcome takes longer than the screen can wait. ``what`` is what was asked for."""
    about = f": {what}" if what else ""
    return f"{_because(waits)} It is in hand{about}. It is saved, and the outcome comes as a direct message."


def _because(waits: InHand) -> str:
    if waits.side in {None, Side.UNKNOWN, Side.BOT}:
        return "This takes longer than usual."
    side = SIDES[waits.side or Side.UNKNOWN]
    return f"{side} refuses it for now." if waits.refused else f"{side} hasn't answered yet."
