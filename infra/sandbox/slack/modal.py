"""A modal in a person's hands: Slack's own checks first, then the app's."""

import re
from typing import Any

from infra.sandbox.slack.answer import Answer
from infra.sandbox.slack.blockkit.form import held
from infra.sandbox.slack.changes import NotSeenError
from infra.sandbox.slack.model import Json
from infra.sandbox.slack.screen import Screen

_FORMATS = {
    "email_text_input": (r"[^@\s]+@[^@\s]+\.[^@\s]+", "Enter a valid email address."),
    "url_text_input": (r"https?://\S+", "Enter a valid URL."),
    "number_input": (r"-?\d+(\.\d+)?", "Enter a valid number."),
}


class Modal(Screen):
    @property
    def title(self) -> str:
        return self._view.title

    @property
    def is_open(self) -> bool:
        return self._view.is_open

    @property
    def errors(self) -> dict[str, str]:
        """What stands in red, by label."""
        return self._by_label(self._view.errors)

    async def closes(self) -> None:
        """Waits until it is gone."""
        await self._hands.until(lambda: not self._view.is_open or None, lambda: f"still open:\n{self.text()}")

    async def submit(self) -> Answer:
        """Presses its submit button once it has one; the app hears of it only once Slack itself is content."""
        await self._hands.until(
            lambda: not self._view.is_open or self._view.payload.get("submit") or None,
            lambda: f"there is nothing to submit in:\n{self.text()}",
        )
        if not self._view.is_open:
            raise NotSeenError(f"the modal {self.title!r} is closed")
        missing = self._refused_by_slack()
        if missing:
            self._hands.workspace.views.mark(self._view, errors=missing)
            return Answer(errors=self.errors, modal=self)
        delivery = await self._hands.interactions.submit(self._hands.user, self._view)
        return Answer(
            errors=self.errors,
            modal=self._hands.modal_on_top(),
            closed=not self._view.is_open,
            trouble=self._view.trouble,
            delivery=delivery,
        )

    async def close(self, *, whole_stack: bool = False) -> Answer:
        """Presses the close button, or the cross that closes every modal of the stack."""
        hands = self._hands
        delivery = await hands.interactions.close(hands.user, self._view, whole_stack=whole_stack)
        return Answer(modal=hands.modal_on_top(), closed=True, delivery=delivery)

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
