"""The answer to an invoke: of what the flow behind it shows, the newest that is there in time."""

from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum

from handlers.bot_connector.messages import Json, dialog_line_answer, line_answer
from handlers.screens.screen import Screen
from handlers.teams.origins import Opening, Origin
from handlers.teams.payloads import TeamsSender


class Asked(Enum):
    """The way somebody acted, which limits the answers that are possible."""

    TYPED = "typed"
    """Nothing but a new message."""
    PRESS = "press"
    """A card in place of the one that was pressed, or a line."""
    DIALOG = "dialog"
    """A dialog, or a line in one."""


@dataclass(slots=True)
class PendingAnswer:
    """The answer to one act, until it leaves. ``pressed_in``: the dialog that was acted in, where it was one."""

    asked: Asked
    sender: TeamsSender
    opening: Opening
    pressed_in: Origin | None = None
    nonce: str = ""
    """Of the press: the dialog that it opens is named after it."""
    in_home: bool = False
    is_open: bool = True
    body: Json | None = None
    screen: Screen | None = None
    """The screen of the dialog in the answer."""
    _opened: Origin | None = None

    @property
    def opened(self) -> Origin:
        """The dialog that this act opens, over the one that it was done in: the same however often it is asked for."""
        if self._opened is None:
            below = self.pressed_in
            open_ = Origin.begin if below is None else below.over
            self._opened = open_(self.opening, self.nonce)
        return self._opened

    def reopen(self, dialog: Origin) -> None:
        """It is to become a dialog that there was before."""
        self._opened = dialog

    def take(self, body: Json) -> bool:
        """Answer with this, unless something newer comes; False when the answer has left."""
        if self.is_open and self.asked is not Asked.TYPED:
            self.body = body
            return True
        return False

    def leave(self) -> Json | None:
        self.is_open = False
        return self.body


answering: ContextVar[PendingAnswer | None] = ContextVar("answering", default=None)
"""The act that is being answered, for all that its flow does, in whatever task."""


def line(sentence: str, asked: Asked) -> Json:
    """A sentence, as plain words."""
    return dialog_line_answer(sentence) if asked is Asked.DIALOG else line_answer(sentence)
