"""Whole screens: a message, a screen that opens over the conversation, Home."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from handlers.screens.ids import FormId
from handlers.screens.parts import Part, Parts
from handlers.screens.spans import Said, Text, text

CLOSE = "Close"
TOO_LONG = "… It is too long to be shown here as a whole."
"""In the place of what a platform has no room for."""


@dataclass(frozen=True, slots=True)
class Message:
    """``summary`` is what a notification and a screen reader say: a whole sentence, always there."""

    summary: Text
    parts: tuple[Part, ...]
    shorter: "tuple[Message, ...]" = ()
    """The same with less and less of it: a platform shows the first that it has room for."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A dialog. With a ``form`` it can be sent; ``memo`` comes back with whatever is pressed or sent in it."""

    title: str
    parts: tuple[Part, ...]
    form: FormId = FormId.NOTE
    submit: str = ""
    """The label of the button that sends it; empty: there is nothing to send."""
    close: str = CLOSE
    memo: str = ""
    waits: bool = False
    """It stands for another one that is being made, and that takes its place where a platform can change a screen."""


@dataclass(frozen=True, slots=True)
class Home:
    """The place that is always there; ``memo`` comes back with whatever is pressed in it."""

    parts: tuple[Part, ...]
    memo: str = ""


def message(summary: Said, parts: Parts) -> Message:
    return Message(text(summary), tuple(parts))


def shortened(messages: Iterable[Message]) -> Message:
    """The first of them that a platform has room for; it shows the last however long that is."""
    first, *shorter = messages
    return replace(first, shorter=tuple(shorter))


def note(title: str, parts: Parts, *, memo: str = "", waits: bool = False) -> Screen:
    """A screen that only says something."""
    return Screen(title, tuple(parts), memo=memo, waits=waits)


def form(form: FormId, title: str, parts: Parts, *, submit: str, memo: str = "", close: str = "Cancel") -> Screen:
    """A screen that can be sent."""
    return Screen(title, tuple(parts), form, submit, close, memo)
