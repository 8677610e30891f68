"""The meaning of calls that fail, for core. Three kinds: worth trying again, perhaps done already, and final.

What only the operator can mend (a token, a permission) is worth trying again, in a long while: a message must not be
lost for it.
"""

from datetime import timedelta

from core.domain.errors import AnswerLost, Side, Upstream, UpstreamBusy, UpstreamRefused

OPERATORS_TURN = timedelta(minutes=5)
"""The pause when an operator has to fix something first."""
PATIENCE = timedelta(seconds=30)
"""The pause when a platform is busy and names no time."""


def lost(what: str, side: Side, *, repeatable: bool) -> Upstream:
    """No answer came, or none that tells whether it was done. ``repeatable``: doing it twice does no harm."""
    if repeatable:
        return UpstreamBusy(f"{side.title()} did not answer: {what}", side=side)
    return AnswerLost(f"{side.title()} did not answer, it may have happened: {what}", side=side)


def unreachable(error: Exception, side: Side) -> UpstreamBusy:
    """No connection came about: nothing was done."""
    return UpstreamBusy(f"{side.title()} cannot be reached: {type(error).__name__}", side=side)


def cannot_say(refused: UpstreamRefused) -> UpstreamBusy:
    """An answer that says nothing about the person or the channel: it cannot be known now."""
    side = refused.side
    return UpstreamBusy(f"{side.title()} cannot say: {refused.code or refused}", side=side)
