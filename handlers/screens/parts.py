"""The parts that a screen or message is made of, in the order of importance. Nothing here knows how it looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from handlers.screens.ids import ActionId
from handlers.screens.inputs import Input, Select
from handlers.screens.spans import Said, Text, text


class Tone(StrEnum):
    """The tone of a button: the expected one, or one that takes something away."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """An act, with the value that is bound to it and comes back when it is pressed.

    ``spoken`` is what a screen reader says instead of the label: the label, whole, and what is acted on (WCAG 2.5.3).
    """

    label: str
    action: ActionId
    value: str
    tone: Tone = Tone.PLAIN
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A button that only opens an address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Menu:
    """An act with one of a few values, chosen at the press."""

    action: ActionId
    choices: Select


Act: TypeAlias = Button | Address | Menu


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows."""

    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph, or an entry of a list with its one act. ``id`` comes back with a press."""

    text: Text
    button: Button | Address | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines that belong together; empty ones are left out.

    ``most``: pages of about 3000 characters of which the first so many are shown, ``cut`` is said when there are more.
    """

    lines: tuple[Text, ...]
    most: int | None = None
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with their values; a label without one is left out."""

    facts: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A person's own words under a label, whole and as typed, line breaks kept."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Aside:
    """Small print. Empty texts are left out."""

    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Buttons:
    """Acts that stand together. ``id`` names the group within its screen, and comes back with a press."""

    acts: tuple[Act, ...]
    id: str


@dataclass(frozen=True, slots=True)
class Break:
    """Here another matter begins."""


Part: TypeAlias = Heading | Row | Lines | Facts | Quote | Aside | Buttons | Break | Input
Parts: TypeAlias = Sequence[Part]


def row(*pieces: Said, button: Button | Address | None = None, id: str = "") -> Row:  # noqa: A002 - as in Row
    return Row(text(*pieces), button, id)


def lines(*said: Said, most: int | None = None, cut: str = "") -> Lines:
    return Lines(tuple(map(text, said)), most, cut)


def facts(*pairs: tuple[str, Said]) -> Facts:
    return Facts(tuple((label, text(value)) for label, value in pairs))


def aside(*said: Said) -> Aside:
    return Aside(tuple(map(text, said)))


def buttons(*acts: Act | None, id: str) -> Buttons:  # noqa: A002 - as in Buttons
    """Those that are there."""
    return Buttons(tuple(act for act in acts if act is not None), id)
