"""The reader of the Home tab, and the page of each list: every section of Home is made from these."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain.ids import PrincipalId
from core.domain.people import ChatUser, Person, Persona
from handlers.screens.links import Links
from handlers.screens.lists import PAGE, ListName
from handlers.screens.memos import read_memo

_LONGEST_CURSOR = 100


@dataclass(frozen=True, slots=True)
class Pages:
    """The position in each list of Home; a list that is not named shows its beginning. Kept in the view itself."""

    cursors: Mapping[ListName, str] = field(default_factory=dict)

    def of(self, name: ListName) -> str:
        return self.cursors.get(name, "")

    def turned(self, name: ListName, cursor: str) -> "Pages":
        """The same with one list at another place; an empty cursor is its beginning."""
        return Pages({**self.cursors, name: cursor[:_LONGEST_CURSOR]})

    def dump(self) -> str:
        return json.dumps({name.value: cursor for name, cursor in self.cursors.items() if cursor})

    @classmethod
    def load(cls, text: object) -> "Pages":
        """Read what ``dump`` wrote; anything else is every list at its beginning."""
        try:
            stored: Any = read_memo(text or "{}")
            return cls({ListName(name): str(cursor) for name, cursor in stored.items()})
        except (ValueError, AttributeError):
            return cls()


@dataclass(frozen=True, slots=True)
class HomeContext:
    """One person at Home, as known when it is drawn."""

    chat_user: ChatUser
    person: Person
    personas: frozenset[Persona]
    now: datetime
    links: Links
    pages: Pages = field(default_factory=Pages)
    rows: int = PAGE
    """The number of rows of each list that there is room for."""

    @property
    def id(self) -> PrincipalId:
        return self.person.id
