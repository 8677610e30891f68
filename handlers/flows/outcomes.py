"""The answer to a command: its words, and the place where they are shown. The same on every platform."""

from collections.abc import Iterable

from core.domain.ids import show_request_id
from core.domain.outcome import InHand, Outcome
from core.domain.people import ChatUser
from core.domain.request import Shown
from handlers.flows import home, waiting
from handlers.flows.platform import ButtonPress, Platform
from handlers.screens import request_note
from handlers.words import sentences, waiting_words


async def sentence_of(platform: Platform, outcome: Outcome | InHand, what: str, reader: ChatUser | None = None) -> str:
    """``what`` is what was asked for, said while it is still being done."""
    if isinstance(outcome, InHand):
        return waiting_words.in_hand(outcome, what)
    found = outcome.request_id
    request = await platform.services.request_queries.request(found) if found else None
    return sentences.outcome(outcome, request, platform.clock.now(), reader)


async def sentence_of_all(
    platform: Platform, came: Iterable[tuple[Shown, Outcome | InHand]], what: str, reader: ChatUser | None = None
) -> str:
    """A line for each of several, which names it."""
    lines = []
    for shown, outcome in came:
        number, sentence = show_request_id(shown.request_id), await sentence_of(platform, outcome, what, reader)
        lines.append(sentence if number in sentence else f"{number}: {sentence}")
    return "\n".join(lines)


async def answer(platform: Platform, press: ButtonPress, sentence: str) -> None:
    """Say what came of a press where it was made: on Home, in a form, in a list; else privately."""
    if press.in_home:
        await home.show(platform, press.sender, home.pages_of(press), sentence)
    elif press.in_screen:
        await platform.exchange(press.screen_id, request_note.said(sentence))
    elif waiting.is_list(press):
        await waiting.answer(platform, press.sender, waiting.page_of(press), sentence)
    else:
        await platform.privately(press.sender, sentence)
