"""A calm terminal, 80 columns wide: headings, framed screens, ticks. Colour only where somebody looks."""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, TextIO

from infra.sandbox.message_lines import Line

WIDTH = 80
_INDENT = "  "
_LABEL = 16
_ROOM = WIDTH - 6
Style = Literal["bold", "dim", "green", "red", "cyan"]
_CODES: dict[Style, str] = {"bold": "1", "dim": "2", "green": "32", "red": "31", "cyan": "36"}


def width(text: str) -> int:
    """Columns that the text takes."""
    return sum(_columns(each) for each in text)


def wrapped(text: str, room: int) -> Iterator[str]:
    """The text in lines of at most so many columns, broken between words; a longer word stands alone."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and width(longer) > room:
            yield line
            line = word
        else:
            line = longer
    yield line


def wants_colour(out: TextIO) -> bool:
    """A terminal, and nobody said no (https://no-color.org)."""
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Terminal:
    def __init__(self, out: TextIO) -> None:
        self.out = out
        self._colour = wants_colour(out)

    def styled(self, text: str, style: Style) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._colour and text else text

    def line(self, text: str = "") -> None:
        self.out.write(f"{_INDENT}{text}".rstrip() + "\n")
        self.out.flush()

    def prose(self, text: str, style: Style | None = None) -> None:
        """A paragraph, wrapped."""
        for paragraph in text.splitlines():
            for line in wrapped(paragraph, WIDTH - 4):
                self.line(self.styled(line, style) if style else line)

    def title(self, text: str, beside: str) -> None:
        self.line()
        self.line(f"{self.styled(text, 'bold')} · {beside}")

    def chapter(self, text: str, beside: str) -> None:
        """A heading on a rule, with the time at its end."""
        rule = "─" * (WIDTH - 8 - width(text) - width(beside))
        self.line()
        self.line(f"{self.styled(text, 'bold')} {self.styled(rule, 'dim')} {self.styled(beside, 'dim')}")
        self.line()

    def typed(self, who: str, line: str, then: str = "") -> None:
        self.line(f"{self.styled(who, 'bold')} types {self.styled(line, 'cyan')}{then}")

    def done(self, text: str) -> None:
        """Something that had to hold, and does."""
        self._marked("✓", "green", text)

    def failed(self, text: str) -> None:
        self._marked("✗", "red", text)

    def trouble(self, text: str) -> None:
        """The failure and, dimmed below it, what was said about it."""
        first, *others = text.splitlines()
        self.line()
        self.failed(first)
        for line in others:
            self.line(f"  {self.styled(line, 'dim')}")

    def address(self, url: str) -> None:
        """The address to open: alone between empty lines, so that it is found again."""
        self.line()
        self.line(f"Open  {self.styled(self.styled(url, 'cyan'), 'bold')}")
        self.line()

    def screen(self, title: str, lines: Iterable[Line]) -> None:
        """A frame around what a person sees. Open on the right, where terminals disagree about widths."""
        self.line(f"{self.styled('╭─', 'dim')} {self.styled(title, 'dim')}")
        for each in lines:
            for shown in self._shown(each):
                self.line(f"{self.styled('│', 'dim')} {shown}")
        self.line(self.styled("╰─", "dim"))

    def _shown(self, line: Line) -> Iterator[str]:
        match line.kind:
            case "fact":
                yield from self._fact(line)
            case "rule":
                yield self.styled("┄" * (_ROOM - 2), "dim")
            case "quiet":
                yield from (self.styled(each, "dim") for each in wrapped(line.text, _ROOM))
            case "buttons":
                yield self.styled(" ".join(f"[ {name} ]" for name in line.text.splitlines()), "cyan")
            case "code":
                yield f"  {line.text}"
            case _:
                yield from wrapped(line.text, _ROOM)

    def _fact(self, line: Line) -> Iterator[str]:
        label = line.label + " " * max(1, _LABEL - width(line.label))
        for number, part in enumerate(wrapped(line.text, _ROOM - _LABEL)):
            yield (self.styled(label, "dim") if number == 0 else " " * _LABEL) + part

    def _marked(self, mark: str, style: Style, text: str) -> None:
        for number, part in enumerate(wrapped(text, WIDTH - 6)):
            self.line(f"{self.styled(mark, style) if number == 0 else ' '} {part}")


class Brief(Terminal):
    """The same story in a line for each step: who did what, and the first thing that was seen of it."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(terminal.out)

    def chapter(self, text: str, beside: str) -> None:
        self.line(f"{self.styled(text, 'bold')} {self.styled(f'· {beside}', 'dim')}")

    def prose(self, text: str, style: Style | None = None) -> None:
        """The longer words are for who reads the whole."""

    def screen(self, title: str, lines: Iterable[Line]) -> None:
        first = next((each.text for each in lines if each.kind in ("text", "quiet")), "")
        shown = next(wrapped(first, WIDTH - 8 - width(title)))
        more = "" if shown == first else " …"
        self.line(f"  {self.styled(f'{title}:', 'dim')} {shown}{more}")


def _columns(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
