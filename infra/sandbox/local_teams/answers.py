"""A bot's answers to invokes, read as Teams reads them: a card, a line, a dialog, choices, or nothing of use.

Sources: Microsoft's pages on universal actions for Adaptive Cards, on dialogs, and on type-ahead search in cards.
"""

from dataclasses import dataclass, field
from typing import Any

from infra.sandbox.local_teams.activity_sender import Delivery
from infra.sandbox.local_teams.checking import card_problems
from infra.sandbox.local_teams.model import CARD, Json

SEARCH = "application/vnd.microsoft.search.searchResponse"
CHOICES_MOST = 15
"""Of a type-ahead no more are drawn."""
TROUBLE = "Something went wrong. Please try again."
UNREACHABLE = "Unable to reach app. Please try again."
_SIZES = ("small", "medium", "large")


class UnusableError(Exception):
    """An answer that Teams can do nothing with, and why."""


@dataclass(frozen=True)
class CardAnswer:
    """To a press: a card for this client alone, a line, or words of failure."""

    card: Json = field(default_factory=dict)
    message: str = ""
    failure: str = ""


@dataclass(frozen=True)
class DialogAnswer:
    """The next state of a dialog: another card, a line in its place, or closed."""

    title: str = ""
    card: Json = field(default_factory=dict)
    message: str = ""

    @property
    def closes(self) -> bool:
        return not self.card and not self.message


def read_card_answer(delivery: Delivery) -> CardAnswer:
    """Of ``adaptiveCard/action``."""
    answer = _of(delivery)
    status, kind, value = answer.get("statusCode"), answer.get("type"), answer.get("value")
    match status, kind:
        case 200, "application/vnd.microsoft.card.adaptive":
            return CardAnswer(card=_taken_card(value))
        case 200, "application/vnd.microsoft.activity.message":
            return CardAnswer(message=_text(value, "a message"))
        case ((400 | 401 | 412 | 500), "application/vnd.microsoft.error"):
            return CardAnswer(failure=str((value or {}).get("message") or TROUBLE))
        case _:
            raise UnusableError(f"adaptiveCard/action is not answered with statusCode {status!r} and type {kind!r}")


def read_dialog_answer(delivery: Delivery) -> DialogAnswer:
    """Of ``task/fetch``, ``task/submit`` and those of the compose box."""
    task = _of(delivery, may_be_empty=True).get("task")
    if task is None:
        return DialogAnswer()
    if task.get("type") == "message":
        return DialogAnswer(message=_text(task.get("value"), "a message"))
    value = task.get("value")
    if task.get("type") != "continue" or not isinstance(value, dict):
        raise UnusableError(f"a dialog can't be answered with a task of type {task.get('type')!r}")
    for side in ("width", "height"):
        size = value.get(side, "medium")
        if size not in _SIZES and not isinstance(size, int):
            raise UnusableError(f"{side} is {size!r}: pixels or one of {', '.join(_SIZES)} are known")
    attached = value.get("card") or {}
    if attached.get("contentType") != CARD:
        raise UnusableError("a dialog shows an attached Adaptive Card and nothing else here")
    card = _taken_card(attached.get("content"))
    if "Action.Execute" in _types(card):
        raise UnusableError("Action.Execute does nothing in a dialog: Action.Submit does")
    return DialogAnswer(title=_text(value.get("title"), "a title"), card=card)


def read_choices(delivery: Delivery) -> tuple[list[Json], str]:
    """Of ``application/search``: what is drawn, and a complaint about what is not, if there is any."""
    answer = _of(delivery)
    results = (answer.get("value") or {}).get("results")
    if answer.get("type") != SEARCH or answer.get("statusCode", 200) != 200 or not isinstance(results, list):
        raise UnusableError(f"no search response: {str(answer)[:120]}")
    for each in results:
        if not isinstance(each, dict) or not _is_text(each.get("title")) or not _is_text(each.get("value")):
            raise UnusableError(f"no choice with a title and a value: {each!r}")
    many = f"{len(results)} choices: only {CHOICES_MOST} are drawn" if len(results) > CHOICES_MOST else ""
    return results[:CHOICES_MOST], many


def _of(delivery: Delivery, *, may_be_empty: bool = False) -> Json:
    if not delivery.ok:
        raise UnusableError(f"{delivery.name}: {delivery.problem} {delivery.status or ''}".strip())
    if not delivery.answer and not may_be_empty:
        raise UnusableError(f"{delivery.name} was answered with nothing")
    return delivery.answer


def _taken_card(card: Any) -> Json:
    found = card_problems(card)
    if found:
        raise UnusableError("; ".join(found))
    taken: Json = card
    return taken


def _text(value: Any, what: str) -> str:
    if not _is_text(value) or not value:
        raise UnusableError(f"{what} is {value!r}")
    return str(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _types(content: Any) -> set[str]:
    if isinstance(content, list):
        return {found for each in content for found in _types(each)}
    if not isinstance(content, dict):
        return set()
    inside = {found for key, value in content.items() if key != "data" for found in _types(value)}
    return inside | ({content["type"]} if _is_text(content.get("type")) else set())
