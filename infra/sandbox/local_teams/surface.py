"""A card as one person uses it, in a dialog or in a message: reading it, filling its inputs, finding its buttons."""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from zoneinfo import ZoneInfo

from infra.sandbox.changes import NotSeenError
from infra.sandbox.local_teams.dialogs import OpenDialog
from infra.sandbox.local_teams.finding import Control, button, controls
from infra.sandbox.local_teams.finding import field as field_of
from infra.sandbox.local_teams.interactions import Interactions
from infra.sandbox.local_teams.model import Json, Message, TeamsUser
from infra.sandbox.local_teams.reading import CardReader
from infra.sandbox.local_teams.tenant import Tenant

Found = TypeVar("Found")

PATIENCE = 60.0
"""Seconds to wait for something to appear, on a machine with better things to do."""
REQUIRED = "This is a required field."


@dataclass
class PersonContext:
    tenant: Tenant
    interactions: Interactions
    user: TeamsUser
    patience: float = PATIENCE

    async def until(self, look: Callable[[], Found | None], otherwise: Callable[[], str]) -> Found:
        return await self.tenant.changes.until(look, within=self.patience, otherwise=otherwise)


@dataclass
class Filled:
    """One person's answers on a card."""

    values: dict[str, str] = field(default_factory=dict)
    #: What the chosen values were called when they were offered.
    titles: dict[str, str] = field(default_factory=dict)


class Surface(ABC):
    """It looks at the card as it is now, not as it was."""

    def __init__(self, context: PersonContext) -> None:
        self._context = context

    @property
    @abstractmethod
    def place(self) -> OpenDialog | Message:
        """The surface that the card is on."""

    @abstractmethod
    def text(self) -> str:
        """All of it, line by line."""

    @abstractmethod
    def _card(self) -> Json: ...

    @abstractmethod
    def _filled(self) -> Filled: ...

    @abstractmethod
    def _put(self, values: dict[str, str]) -> None: ...

    def labels(self) -> list[str]:
        """The labels of its inputs, from top to bottom."""
        return [each.name for each in self._controls() if not each.is_button]

    def buttons(self) -> list[str]:
        return [each.name for each in self._controls() if each.is_button]

    def value(self, label: str) -> str:
        """The value of an input, in words."""
        return self._in_words(self._now(label).element)

    async def shows(self, words: str) -> str:
        """Waits until the words are there; the whole text then."""
        return await self._context.until(
            lambda: text if words in (text := self.text()) else None,
            lambda: f"never saw {words!r} in:\n{self.text()}",
        )

    async def options(self, label: str, query: str = "") -> list[str]:
        """The titles offered once the query was typed into the input."""
        return [str(each["title"]) for each in await self._offered((await self._field(label)).element, query)]

    async def choose(self, label: str, words: str, query: str | None = None) -> None:
        """Picks the choice with these words, from a list or a type-ahead; one of many adds it."""
        element = (await self._field(label)).element
        if element["type"] == "Input.Toggle":
            self._put({element["id"]: str(element.get("valueOn", "true"))})
            return
        offered = await self._offered(element, words if query is None else query)
        chosen = _best_choice(offered, words)
        if chosen is None:
            titles = [each["title"] for each in offered]
            raise NotSeenError(f"{label!r} doesn't offer {words!r}, but {titles}")
        self._filled().titles[chosen["value"]] = chosen["title"]
        before = self._filled().values.get(element["id"], "")
        many = element.get("isMultiSelect") and before
        self._change(element, f"{before},{chosen['value']}" if many else chosen["value"])

    async def unpick(self, label: str, words: str) -> None:
        """Takes one choice out of many."""
        element = (await self._field(label)).element
        held = self._filled().values.get(element["id"], "").split(",")
        alone = {each: self._in_words({**element, "isMultiSelect": False}, each) for each in held}
        self._change(element, ",".join(each for each in held if words.casefold() not in alone[each].casefold()))

    async def fill(self, label: str, text: str) -> None:
        """Types into an input, over what was there."""
        element = (await self._field(label)).element
        if element["type"] == "Input.ChoiceSet":
            raise NotSeenError(f"{label!r} is chosen, not typed into")
        most = element.get("maxLength")
        self._change(element, text if most is None else text[:most])

    async def clear(self, label: str) -> None:
        element = (await self._field(label)).element
        off = str(element.get("valueOff", "false")) if element["type"] == "Input.Toggle" else ""
        self._change(element, off)

    async def pick_datetime(self, label: str, when: dt.datetime) -> None:
        """An aware datetime, into the date and the time beside each other, as this person's clock shows it."""
        there = when.astimezone(ZoneInfo(self._context.user.time_zone))
        await self.fill(f"{label} date", there.date().isoformat())
        await self.fill(f"{label} time", f"{there:%H:%M}")

    @property
    def errors(self) -> dict[str, str]:
        """The words in red over an input, by its label."""
        return {each.name: each.error for each in self._controls() if each.error}

    async def button_named(self, text: str, near: str = "") -> Control:
        """A button by its text; `near` says which of several, by what is shown beside it."""
        return await self._context.until(
            lambda: button(self._controls(), text, near),
            lambda: f"no button {text!r} near {near!r} in:\n{self.text()}",
        )

    def refused(self, action: Json) -> dict[str, str]:
        """Teams' own errors about the answers, by label; none if the button takes no inputs."""
        if action.get("associatedInputs") == "none":
            return {}
        values = self._filled().values
        inputs = [each for each in self._controls() if not each.is_button]
        found = {each.name: _refusal(each.element, values.get(each.element["id"], "")) for each in inputs}
        return {name: refusal for name, refusal in found.items() if refusal}

    def sent(self, action: Json) -> dict[str, str]:
        """The inputs that go with a button."""
        if action.get("associatedInputs") == "none":
            return {}
        here = {each.element["id"] for each in self._controls() if not each.is_button}
        return {name: value for name, value in self._filled().values.items() if name in here}

    def _change(self, element: Json, value: str) -> None:
        """Holds the value, and empties what the card says it makes invalid (``valueChangedAction``)."""
        resets = (element.get("valueChangedAction") or {}).get("targetInputIds", ())
        self._put({element["id"]: value, **dict.fromkeys(resets, "")})

    async def _offered(self, element: Json, query: str) -> list[Json]:
        """The choices of a list; those that the bot finds, or that have the query in them."""
        if element["type"] != "Input.ChoiceSet":
            raise NotSeenError(f"{element.get('label')!r} offers no choices: it is {element['type']}")
        if "choices.data" in element:
            return await self._context.interactions.search(self._context.user, self.place, element, query)
        choices: list[Json] = element.get("choices", [])
        if element.get("style") == "filtered":
            return [each for each in choices if query.casefold() in str(each["title"]).casefold()]
        return choices

    def _controls(self) -> list[Control]:
        filled = self._filled()
        return controls(self._card(), self._context.user.time_zone, filled.values, filled.titles)

    def _in_words(self, element: Json, value: str | None = None) -> str:
        """The value of an input, or the one that it would have."""
        filled = self._filled()
        values = filled.values if value is None else {element["id"]: value}
        return CardReader({}, self._context.user.time_zone, values, filled.titles).held(element)

    def _now(self, label: str) -> Control:
        control = field_of(self._controls(), label)
        if control is None:
            raise NotSeenError(f"no input {label!r} in:\n{self.text()}")
        return control

    async def _field(self, label: str) -> Control:
        return await self._context.until(
            lambda: field_of(self._controls(), label),
            lambda: f"no input {label!r} in:\n{self.text()}",
        )


def _best_choice(offered: list[Json], words: str) -> Json | None:
    wanted = words.casefold()
    for matches in (str.__eq__, str.startswith, str.__contains__):
        for each in offered:
            if matches(str(each["title"]).casefold(), wanted):
                return each
    return None


def _refusal(element: Json, value: str) -> str:
    said = str(element.get("errorMessage") or REQUIRED)
    if not value:
        return said if element.get("isRequired") else ""
    pattern = element.get("regex")
    if pattern and not re.search(pattern, value):
        return said
    return ""
