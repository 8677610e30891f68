"""What came of a command, said to whoever sent it: the same on every platform."""

from datetime import datetime

from core.domain.outcome import InHand, Outcome
from core.domain.people import ChatUser
from core.services.services import Services
from handlers.words import sentences, waiting_words


async def sentence_of(
    services: Services, outcome: Outcome | InHand, what: str, now: datetime, reader: ChatUser | None = None
) -> str:
    """``what`` is what was asked for, said while it is still being done."""
    if isinstance(outcome, InHand):
        return waiting_words.in_hand(outcome, what)
    request = await services.request_queries.request(outcome.request_id) if outcome.request_id else None
    return sentences.outcome(outcome, request, now, reader)
