"""A view as one person uses it: reading it, filling its fields, pressing its buttons, and what comes of that.

Of a modal Slack's own checks come first, then the app's.
"""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from infra.sandbox.changes import NotSeenError
from infra.sandbox.slack.blockkit.form import held, holding
from infra.sandbox.slack.delivery.app_call import Delivery
from infra.sandbox.slack.finding import Control, button, controls
from infra.sandbox.slack.finding import field as field_of
from infra.sandbox.slack.interactions import Interactions
from infra.sandbox.slack.model import Json, Message, User, View
from infra.sandbox.slack.options import Menus, value_of
from infra.sandbox.slack.reading import TextRenderer
from infra.sandbox.slack.workspace import Workspace

Found = TypeVar("Found")

PATIENCE = 60.0
"""Seconds to wait for something to appear, on a machine with better things to do."""

_FORMATS = {
    "email_text_input": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Enter a valid email address."),
    "url_text_input": (r"https?://\S+", "Enter a valid URL."),
    "number_input": (r"-?\d+(\.\d+)?", "Enter a valid number."),
}


@dataclass(frozen=True)
class Answer:
    #: What stands in red, by the label of the field.
    errors: dict[str, str] = field(default_factory=dict)
    #: The modal on top now.
    modal: "Modal | None" = None
    #: The form that was submitted or closed is gone.
    closed: bool = False
    #: Slack's own words when the app didn't answer, or answered nonsense.
    trouble: str | None = None
    #: The question a confirmation dialog asked, whether it was confirmed or not.
    asked: str = ""
    #: The private message that came straight back.
    message: Message | None = None
    #: The delivery this caused, for tests that look behind the scenes.
    delivery: Delivery | None = None


@dataclass
class PersonContext:
    workspace: Workspace
    interactions: Interactions
    user: User
    renderer: TextRenderer
    menus: Menus
    patience: float = PATIENCE

    async def until(self, look: Callable[[], Found | None], otherwise: Callable[[], str]) -> Found:
        return await self.workspace.changes.until(look, within=self.patience, otherwise=otherwise)

    def modal_on_top(self) -> "Modal | None":
        view = self.workspace.views.top(self.user.id)
        return Modal(self, view) if view else None

    def question(self, control: Control) -> str:
        """The question of a button's confirmation dialog; empty if there is none."""
        confirm = control.element.get("confirm")
        if not confirm:
            return ""
        return f"{self.renderer.text(confirm['title'])}\n{self.renderer.text(confirm['text'])}"


class Screen:
    """The common part of modals and Home. It looks at the view as it is now, not as it was."""

    def __init__(self, context: PersonContext, view: View) -> None:
        self._context = context
        self._view = view

    @property
    def view(self) -> View:
        """The raw view, for tests that look behind the scenes."""
        return self._view

    def text(self) -> str:
        return self._context.renderer.view(self._view)

    def labels(self) -> list[str]:
        """The labels of its fields and menus, from top to bottom."""
        return [each.name for each in self._controls() if not each.is_button]

    def buttons(self) -> list[str]:
        return [each.name for each in self._controls() if each.is_button]

    def value(self, label: str) -> str:
        """The value of a field, in words."""
        control = self._now(label)
        return self._context.renderer.chosen(control.element, self._state(control))

    async def shows(self, words: str) -> str:
        """Waits until the words are there; the whole text then."""
        return await self._context.until(
            lambda: text if words in (text := self.text()) else None,
            lambda: f"never saw {words!r} in:\n{self.text()}",
        )

    async def options(self, label: str, query: str = "") -> list[str]:
        """The texts offered once the query was typed into the field."""
        return [text for text, _ in await self.described_options(label, query)]

    async def described_options(self, label: str, query: str = "") -> list[tuple[str, str]]:
        """Each option's text and description."""
        control = await self._field(label)
        offered = await self._context.menus.offered(self._view, control, query)
        renderer = self._context.renderer
        return [(renderer.text(each["text"]), renderer.text(each.get("description"))) for each in offered]

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
            if words.casefold() not in self._context.menus.words(each).casefold()
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
        control = await self._context.until(
            lambda: button(self._view.blocks, self._context.renderer, text, near),
            lambda: f"no button {text!r} near {near!r} in:\n{self.text()}",
        )
        asked = self._context.question(control)
        if asked and not confirm:
            return Answer(asked=asked, modal=self._context.modal_on_top())
        value = control.element.get("value")
        return await self._act(control, {} if value is None else {"value": value}, asked)

    async def _put(self, control: Control, value: Any) -> Answer:
        state = holding(control.element, value)
        place = (control.block["block_id"], control.element["action_id"])
        self._context.workspace.views.fill(self._view, *place, state)
        if control.block["type"] != "input" or control.block.get("dispatch_action"):
            return await self._act(control, state)
        return Answer(modal=self._context.modal_on_top())

    async def _act(self, control: Control, chosen: Json, asked: str = "") -> Answer:
        context = self._context
        delivery = await context.interactions.act_in_view(
            context.user, self._view, control.block, control.element, chosen
        )
        trouble = self._view.trouble if not delivery.ack.ok else None
        return Answer(modal=context.modal_on_top(), trouble=trouble, asked=asked, delivery=delivery)

    def _controls(self) -> list[Control]:
        return list(controls(self._view.blocks, self._context.renderer))

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
        control = field_of(self._view.blocks, self._context.renderer, label)
        if control is None:
            raise NotSeenError(f"no field {label!r} in:\n{self.text()}")
        return control

    async def _field(self, label: str) -> Control:
        return await self._context.until(
            lambda: field_of(self._view.blocks, self._context.renderer, label),
            lambda: f"no field {label!r} in:\n{self.text()}",
        )

    async def _find_option(self, label: str, words: str, query: str | None) -> tuple[Control, Json]:
        """The field and its option; each change of the view is another chance for the menu to have it."""
        while True:
            control, before = await self._field(label), self._view.hash
            option = await self._context.menus.find(self._view, control, words, query)
            if option is not None:
                return control, option
            await self._changed_since(before, f"{label!r} never offered {words!r}")

    async def _changed_since(self, before: str, otherwise: str) -> None:
        await self._context.until(lambda: self._view.hash != before or None, lambda: f"{otherwise} in:\n{self.text()}")


class Modal(Screen):
    """A form over everything else, or one of a stack of them."""

    @property
    def title(self) -> str:
        return self._view.title

    @property
    def is_open(self) -> bool:
        return self._view.is_open

    @property
    def errors(self) -> dict[str, str]:
        """The errors in red, by label."""
        return self._by_label(self._view.errors)

    async def closes(self) -> None:
        """Waits until it is gone."""
        await self._context.until(lambda: not self._view.is_open or None, lambda: f"still open:\n{self.text()}")

    async def submit(self) -> Answer:
        """Presses its submit button once it has one; the app hears of it only once Slack itself is content."""
        await self._context.until(
            lambda: not self._view.is_open or self._view.payload.get("submit") or None,
            lambda: f"there is nothing to submit in:\n{self.text()}",
        )
        if not self._view.is_open:
            raise NotSeenError(f"the modal {self.title!r} is closed")
        missing = self._refused_by_slack()
        if missing:
            self._context.workspace.views.mark(self._view, errors=missing)
            return Answer(errors=self.errors, modal=self)
        delivery = await self._context.interactions.submit(self._context.user, self._view)
        return Answer(
            errors=self.errors,
            modal=self._context.modal_on_top(),
            closed=not self._view.is_open,
            trouble=self._view.trouble,
            delivery=delivery,
        )

    async def close(self, *, whole_stack: bool = False) -> Answer:
        """Presses the close button, or the cross that closes every modal of the stack."""
        context = self._context
        delivery = await context.interactions.close(context.user, self._view, whole_stack=whole_stack)
        return Answer(modal=context.modal_on_top(), closed=True, delivery=delivery)

    def _by_label(self, errors: dict[str, str]) -> dict[str, str]:
        labels = {each.block["block_id"]: each.name for each in self._controls()}
        return {labels.get(block_id, block_id): text for block_id, text in errors.items()}

    def _refused_by_slack(self) -> dict[str, str]:
        errors = {}
        for block in self._view.blocks:
            if block["type"] == "input" and (error := self._refusal(block)):
                errors[block["block_id"]] = error
        return errors

    def _refusal(self, block: Json) -> str:
        element = block["element"]
        state = self._view.values[block["block_id"]][element["action_id"]]
        value = held(element, state)
        if value in (None, "", []):
            return "" if block.get("optional") else "Please complete this required field."
        if element["type"] == "plain_text_input":
            return _length_refusal(element, str(value))
        return _format_refusal(element, value)


def _length_refusal(element: Json, text: str) -> str:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(text) < least:
        return f"Please enter at least {least} characters."
    return f"Please enter no more than {most} characters." if len(text) > most else ""


def _format_refusal(element: Json, value: Any) -> str:
    pattern, words = _FORMATS.get(element["type"], ("", ""))
    if pattern and not re.fullmatch(pattern, str(value)):
        return words
    if element["type"] != "number_input":
        return ""
    least, most = element.get("min_value"), element.get("max_value")
    too_small = least is not None and float(value) < float(least)
    too_large = most is not None and float(value) > float(most)
    return f"Enter a number between {least} and {most}." if too_small or too_large else ""
