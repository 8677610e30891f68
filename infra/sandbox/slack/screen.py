"""A view in a person's hands: reading it, filling its fields, pressing its buttons."""

import datetime as dt
from typing import Any

from infra.sandbox.slack.answer import Answer
from infra.sandbox.slack.blockkit.form import held, holding
from infra.sandbox.slack.changes import NotSeenError
from infra.sandbox.slack.finding import Control, button, controls, field
from infra.sandbox.slack.hands import Hands
from infra.sandbox.slack.model import Json, View
from infra.sandbox.slack.options import value_of


class Screen:
    """What modals and the Home have in common. It looks at the view as it is now, not as it was."""

    def __init__(self, hands: Hands, view: View) -> None:
        self._hands = hands
        self._view = view

    @property
    def view(self) -> View:
        """The raw view, for tests that look behind the scenes."""
        return self._view

    def text(self) -> str:
        return self._hands.eyes.view(self._view)

    def labels(self) -> list[str]:
        """The labels of its fields and menus, from top to bottom."""
        return [each.name for each in self._controls() if not each.is_button]

    def buttons(self) -> list[str]:
        return [each.name for each in self._controls() if each.is_button]

    def value(self, label: str) -> str:
        """What a field holds, in words."""
        control = self._now(label)
        return self._hands.eyes.chosen(control.element, self._state(control))

    async def shows(self, words: str) -> str:
        """Waits until the words are there; the whole text then."""
        return await self._hands.until(
            lambda: text if words in (text := self.text()) else None,
            lambda: f"never saw {words!r} in:\n{self.text()}",
        )

    async def options(self, label: str, query: str = "") -> list[str]:
        """The texts offered once the query was typed into the field."""
        return [text for text, _ in await self.described_options(label, query)]

    async def described_options(self, label: str, query: str = "") -> list[tuple[str, str]]:
        """Each option's text and description."""
        control = await self._field(label)
        offered = await self._hands.menus.offered(self._view, control, query)
        eyes = self._hands.eyes
        return [(eyes.text(each["text"]), eyes.text(each.get("description"))) for each in offered]

    async def choose(self, label: str, words: str, query: str | None = None) -> Answer:
        """Picks the option with these words, from a menu, boxes or a type-ahead; many-valued fields add it."""
        control, option = await self._find_option(label, words, query)
        if control.element["type"] == "overflow":
            return await self._act(control, {"selected_option": option})
        return await self._put(control, self._with(control, value_of(control, option)))

    async def unpick(self, label: str, words: str) -> Answer:
        """Takes one option out of a many-valued field."""
        control = await self._field(label)
        kept = [
            each
            for each in self._current(control) or []
            if words.casefold() not in self._hands.menus.words(each).casefold()
        ]
        return await self._put(control, kept)

    async def fill(self, label: str, text: str) -> Answer:
        """Types into a text field, over what stood there."""
        return await self._put(await self._field(label), text or None)

    async def clear(self, label: str) -> Answer:
        control = await self._field(label)
        return await self._put(control, [] if isinstance(self._current(control), list) else None)

    async def pick_datetime(self, label: str, when: dt.datetime | float) -> Answer:
        """An aware datetime, or seconds since 1970; the picker knows whole minutes."""
        seconds = when.timestamp() if isinstance(when, dt.datetime) else when
        return await self._put(await self._field(label), int(seconds) // 60 * 60)

    async def pick_date(self, label: str, date: dt.date) -> Answer:
        return await self._put(await self._field(label), date.isoformat())

    async def pick_time(self, label: str, time: dt.time) -> Answer:
        return await self._put(await self._field(label), f"{time:%H:%M}")

    async def press(self, text: str, *, near: str = "", confirm: bool = True) -> Answer:
        """Presses a button by its text; `near` says which of several, by what stands beside it."""
        control = await self._hands.until(
            lambda: button(self._view.blocks, self._hands.eyes, text, near),
            lambda: f"no button {text!r} near {near!r} in:\n{self.text()}",
        )
        asked = self._hands.question(control)
        if asked and not confirm:
            return Answer(asked=asked, modal=self._hands.modal_on_top())
        value = control.element.get("value")
        return await self._act(control, {} if value is None else {"value": value}, asked)

    async def _put(self, control: Control, value: Any) -> Answer:
        state = holding(control.element, value)
        place = (control.block["block_id"], control.element["action_id"])
        self._hands.workspace.views.fill(self._view, *place, state)
        if control.block["type"] != "input" or control.block.get("dispatch_action"):
            return await self._act(control, state)
        return Answer(modal=self._hands.modal_on_top())

    async def _act(self, control: Control, chosen: Json, asked: str = "") -> Answer:
        hands = self._hands
        delivery = await hands.interactions.act_in_view(hands.user, self._view, control.block, control.element, chosen)
        trouble = self._view.trouble if not delivery.ack.ok else None
        return Answer(modal=hands.modal_on_top(), trouble=trouble, asked=asked, delivery=delivery)

    def _controls(self) -> list[Control]:
        return list(controls(self._view.blocks, self._hands.eyes))

    def _state(self, control: Control) -> Json | None:
        actions = self._view.values.get(control.block["block_id"], {})
        return actions.get(control.element["action_id"])

    def _current(self, control: Control) -> Any:
        state = self._state(control)
        return held(control.element, state) if state else None

    def _with(self, control: Control, value: str | Json) -> Any:
        current = self._current(control)
        if not isinstance(current, list):
            return value
        return current if value in current else [*current, value]

    def _now(self, label: str) -> Control:
        control = field(self._view.blocks, self._hands.eyes, label)
        if control is None:
            raise NotSeenError(f"no field {label!r} in:\n{self.text()}")
        return control

    async def _field(self, label: str) -> Control:
        return await self._hands.until(
            lambda: field(self._view.blocks, self._hands.eyes, label),
            lambda: f"no field {label!r} in:\n{self.text()}",
        )

    async def _find_option(self, label: str, words: str, query: str | None) -> tuple[Control, Json]:
        """The field and its option; each change of the view is another chance for the menu to have it."""
        while True:
            control, before = await self._field(label), self._view.hash
            option = await self._hands.menus.find(self._view, control, words, query)
            if option is not None:
                return control, option
            await self._changed_since(before, f"{label!r} never offered {words!r}")

    async def _changed_since(self, before: str, otherwise: str) -> None:
        await self._hands.until(lambda: self._view.hash != before or None, lambda: f"{otherwise} in:\n{self.text()}")
