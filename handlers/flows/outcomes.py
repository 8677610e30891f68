"""The answer to a command: its words, and the place where they are shown. The same on every platform."""

from collections.abc import Iterable

from core.domain.ids import show_request_id
from core.domain.outcome import InHand, Outcome
from core.domain.people import ChatUser
from core.domain.request import Request, Shown
from handlers.flows import home, waiting
from handlers.flows.platform import ButtonPress, Platform
from handlers.screens import request_note
from handlers.words import sentences, waiting_words


async def sentence_of(platform: Platform, outcome: Outcome | InHand, what: str, reader: ChatUser | None = None) -> str:
    """``what`` is what was asked for, said while it is still being done."""
    found = outcome.request_id if isinstance(outcome, Outcome) else None
    request = await platform.services.request_queries.request(found) if found else None
    return _sentence(platform, outcome, request, what, reader)


def _sentence(
    platform: Platform, outcome: Outcome | InHand, request: Request | None, what: str, reader: ChatUser | None
) -> str:
    if isinstance(outcome, InHand):
        return waiting_words.in_hand(outcome, what)
    return sentences.outcome(outcome, request, platform.clock.now(), reader)


async def sentence_of_all(
    platform: Platform, came: Iterable[tuple[Shown, Outcome | InHand]], what: str, reader: ChatUser | None = None
) -> str:
    """A line for each of several, which names it."""
    return "\n".join([_named(shown, await sentence_of(platform, outcome, what, reader)) for shown, outcome in came])


def briefly_of_all(
    platform: Platform, came: Iterable[tuple[Shown, Outcome | InHand]], what: str, reader: ChatUser | None = None
) -> str:
    """The same without a look at what is stored, when there is no time for one."""
    return "\n".join(_named(shown, _sentence(platform, outcome, None, what, reader)) for shown, outcome in came)


def _named(shown: Shown, sentence: str) -> str:
    number = show_request_id(shown.request_id)
    return sentence if number in sentence else f"{number}: {sentence}"


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
