"""Favourites: the targets that somebody starred, and those asked for last. Who may ask for them is judged elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.domain.organization import Target

MOST_STARRED = 5
"""Of one person; the one starred first makes room for the next."""
MOST_RECENT = 5


@dataclass(frozen=True, slots=True)
class Favourite:
    target: Target
    starred: bool


def favourites(starred: Sequence[Target], asked: Iterable[Target]) -> tuple[Favourite, ...]:
    """The starred ones in their order; then the others asked for last, newest first, each once."""
    others = (target for target in dict.fromkeys(asked) if target not in starred)
    recent = [target for target, _ in zip(others, range(MOST_RECENT), strict=False)]
    return (*(Favourite(each, starred=True) for each in starred), *(Favourite(each, starred=False) for each in recent))
