"""Which of many names somebody means by a few letters: the order in which a type-ahead offers them."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

MOST = 100
"""Options that a chat platform's select takes (Slack: 100)."""

C = TypeVar("C")


def best_matches(choices: Iterable[C], typed: str, texts: Callable[[C], Sequence[str]]) -> list[C]:
    """The best matches first, at most 100; those of one rank keep their order."""
    ranked = [(found, choice) for choice in choices if (found := rank(typed, texts(choice))) is not None]
    ranked.sort(key=lambda pair: pair[0])
    return [choice for _, choice in ranked[:MOST]]


def rank(typed: str, texts: Sequence[str]) -> int | None:
    """0 when the name begins with what was typed, 1 when a word does, 2 when it occurs; None when it does not.

    Several words must all occur somewhere.
    """
    words = typed.casefold().split()
    lowered = [text.casefold() for text in texts]
    if not all(any(word in text for text in lowered) for word in words):
        return None
    name = lowered[0]
    if name.startswith(typed.casefold().strip()):
        return 0
    return 1 if any(part.startswith(words[0]) for part in name.split()) else 2
