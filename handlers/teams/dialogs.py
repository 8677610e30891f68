"""Dialogs that are open, as they were last shown: Teams keeps none of them, and cannot be told of a change.

In memory and in each process by itself. Whatever is not here is made again from the dialog's name (``Origin``).
"""

from collections import OrderedDict
from dataclasses import dataclass

from core.domain.people import ChatUser
from handlers.screens.filled import Filled
from handlers.screens.screen import Screen

MOST = 500
"""Dialogs; the one that was left alone the longest goes first."""


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
        """It shows this screen from now on."""
        known = self._open.pop((user, name), None)
        filled = known.filled if known is not None and known.screen.form == screen.form else None
        self._open[user, name] = Dialog(screen, filled)
        if len(self._open) > MOST:
            self._open.popitem(last=False)

    def fill(self, user: ChatUser, name: str, filled: Filled) -> None:
        if (known := self._open.get((user, name))) is not None:
            known.filled = filled

    def find(self, user: ChatUser, name: str) -> Dialog | None:
        """None where nobody remembers it: this process began a moment ago, or another one showed it."""
        return self._open.get((user, name))
