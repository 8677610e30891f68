"""The name of a dialog says how it came to be, so that any replica can make it again.

Teams keeps nothing of a dialog: what is sent in one brings what was filled in and the data of its buttons, no more.
"""

import secrets
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

LONGEST = 400
"""Characters of a name: each button of a dialog carries it. What leads further back is left out of a longer one."""
_STEP, _PART = "!", "|"
_RANDOM = 8
"""Bytes that name a dialog that no press opened."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The press, or the words, that a dialog was opened by. ``message``: where that was pressed."""

    act: str
    value: str = ""
    group: str = ""
    message: str = ""

    def dump(self) -> str:
        return _PART.join(quote(each, safe=":,. ") for each in (self.act, self.value, self.group, self.message))

    @classmethod
    def load(cls, written: str) -> Self:
        """Believed no further than its type."""
        parts = [unquote(each) for each in written.split(_PART)]
        return cls(*(parts + [""] * 4)[:4])


@dataclass(frozen=True, slots=True)
class Origin:
    """One dialog. ``path``: what opened it first, then each that was opened over the one before.

    ``nonce``: of the press that opened it, so that it is the same act when the dialog is made again.
    """

    nonce: str
    path: tuple[Opening, ...]

    @classmethod
    def begin(cls, opening: Opening, nonce: str = "") -> Self:
        return cls(nonce or secrets.token_hex(_RANDOM), (opening,))

    def over(self, opening: Opening, nonce: str = "") -> "Origin":
        """A dialog opened over this one."""
        return Origin(f"{self.nonce}.{nonce or secrets.token_hex(_RANDOM)}", (*self.path, opening))

    @property
    def own_nonce(self) -> str:
        return self.nonce.rpartition(".")[2]

    def back(self) -> "Origin | None":
        """The dialog below; None where there is none."""
        return Origin(self.nonce.rpartition(".")[0], self.path[:-1]) if len(self.path) > 1 else None

    def dump(self) -> str:
        path = self.path
        while len(written := _STEP.join([self.nonce, *(each.dump() for each in path)])) > LONGEST and path:
            path = path[1:]
        return written

    @classmethod
    def load(cls, name: str) -> Self:
        nonce, *path = name[: 2 * LONGEST].split(_STEP)
        return cls(nonce, tuple(Opening.load(each) for each in path))
