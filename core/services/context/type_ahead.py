"""The order in which a type-ahead offers names for the letters that somebody typed."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

MOST = 100
"""Options that a chat platform's select takes (Slack: 100)."""

C = TypeVar("C")


class Index(Generic[C]):
    """Choices in their order, with their texts folded once instead of at every key."""

    def __init__(self, choices: Iterable[C], texts: Callable[[C], Sequence[str]], order: Callable[[C], Any]) -> None:
        self._rows = [(choice, _fold(texts(choice))) for choice in sorted(choices, key=order)]

    def best(self, typed: str, offered: Callable[[C], bool]) -> list[C]:
        """Those that are offered, the best matches first, at most 100; those of one rank in their order."""
        wanted, rows = _Typed(typed), self._rows
        for word in wanted.words:  # few rows are left to be ranked, one by one, in a hundred times that time
            rows = [row for row in rows if word in row[1]]
        found: tuple[list[C], list[C], list[C]] = ([], [], [])
        for choice, folded in rows:
            if offered(choice):
                place = wanted.place(folded)
                found[place].append(choice)
                if place == 0 and len(found[0]) == MOST:
                    break
        return [choice for group in found for choice in group][:MOST]


def best_matches(choices: Iterable[C], typed: str, texts: Callable[[C], Sequence[str]]) -> list[C]:
    """The best matches first, at most 100; those of one rank keep their order."""
    ranked = [(found, choice) for choice in choices if (found := rank(typed, texts(choice))) is not None]
    ranked.sort(key=lambda pair: pair[0])
    return [choice for _, choice in ranked[:MOST]]


def rank(typed: str, texts: Sequence[str]) -> int | None:
    """0 when the name begins with what was typed, 1 when a word does, 2 when it occurs; None when it does not.

    Several words must all occur somewhere.
    """
    return _Typed(typed).rank(_fold(texts))


def _fold(texts: Sequence[str]) -> str:
    """The name first, each text in a line of its own: no word that is typed goes over the end of one."""
    return "\n".join(" ".join(text.casefold().split()) for text in texts)


class _Typed:
    def __init__(self, typed: str) -> None:
        self.words = typed.casefold().split()
        self._whole = " ".join(self.words)

    def rank(self, folded: str) -> int | None:
        return self.place(folded) if all(word in folded for word in self.words) else None

    def place(self, folded: str) -> int:
        """The rank of what has all the words."""
        if folded.startswith(self._whole):
            return 0
        return 1 if f" {self.words[0]}" in " " + folded.partition("\n")[0] else 2
