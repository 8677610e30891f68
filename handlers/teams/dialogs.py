"""Dialogs that are open, as they were last shown: Teams keeps none of them, and cannot be told of a change.

In memory and in each process by itself. Whatever is not here is made again from the dialog's name (``Origin``).
"""

from collections import Counter, OrderedDict
from dataclasses import dataclass

from core.domain.people import ChatUser
from handlers.screens.filled import Filled
from handlers.screens.screen import Screen

MOST = 500
"""Dialogs. Of those of the person who has the most, the one that was left alone the longest goes first (rule 26)."""


@dataclass(slots=True)
class Dialog:
    """``filled``: what was filled in when it was last left, so that the way back loses nothing."""

    screen: Screen
    filled: Filled | None = None


class Dialogs:
    """Each belongs to the person who opened it."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[ChatUser, str], Dialog] = OrderedDict()

    def show(self, user: ChatUser, name: str, screen: Screen) -> None:
        known = self._open.pop((user, name), None)
        filled = known.filled if known is not None and known.screen.form == screen.form else None
        self._open[user, name] = Dialog(screen, filled)
        if len(self._open) > MOST:
            busiest = Counter(owner for owner, _ in self._open).most_common(1)[0][0]
            del self._open[next(key for key in self._open if key[0] == busiest)]

    def fill(self, user: ChatUser, name: str, filled: Filled) -> None:
        if (known := self._open.get((user, name))) is not None:
            known.filled = filled

    def find(self, user: ChatUser, name: str) -> Dialog | None:
        """None where nobody remembers it: this process began a moment ago, or another one showed it."""
        return self._open.get((user, name))
