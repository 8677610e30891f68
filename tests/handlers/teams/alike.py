"""One screen drawn for Slack and for Teams says the same words in the same order, and Teams takes what it is sent."""

import re
from collections.abc import Iterator
from typing import Any

from slack_sdk.errors import SlackObjectFormationError

from core.domain.ids import ConversationId
from handlers.screens.clean import ELLIPSIS
from handlers.screens.plain_text import Reader, plain_text
from handlers.screens.screen import Home, Message, Screen
from handlers.slack.drawing.parts import draw
from handlers.slack.drawing.spans import mrkdwn
from handlers.teams import wire
from handlers.teams.drawing.cards import draw_dialog, draw_home, draw_message
from handlers.teams.drawing.inputs import Sheet
from handlers.teams.drawing.parts import CHECK, Composer
from handlers.teams.drawing.spans import Pen
from handlers.teams.wire import ControlPlace
from infra.sandbox.local_teams.card_check import problems
from infra.sandbox.local_teams.card_rules import shortcomings
from tests.handlers.samples import NOW

Json = dict[str, Any]


class _EveryChannel(dict[ConversationId, str]):
    """Every channel is known, and called the same: Slack shows its own names."""

    def get(self, key: ConversationId, default: Any = None) -> Any:
        return "⌗" if key.isalnum() else default


READER = Reader(now=NOW, channels=_EveryChannel())

_TIME = re.compile(r"(?:(?:today|tomorrow|yesterday|[A-Z][a-z]{2} \d{1,2}, \d{4}) at )?\d\d:\d\d UTC(?: \(in [^)]*\))?")
_LOOKALIKES = str.maketrans(dict.fromkeys("*_~`∗ˍ∼ˋ\u200b\u2060", "") | {"∶": ":", "［": "[", "］": "]"})


def assert_alike(shown: Message | Screen | Home) -> None:
    """The drawing for Teams is taken by it, and says what the drawing for Slack says."""
    card = _drawn(shown)
    found = [*problems(card), *shortcomings(card)]
    assert not found, found
    if isinstance(shown, Message):
        _assert_same(_read_slack(mrkdwn(shown.summary)), _normal(plain_text(shown.summary, READER)))
    _assert_same(_slack_words(shown), _teams_words(shown))


def _drawn(shown: Message | Screen | Home) -> Json:
    match shown:
        case Message():
            return draw_message(shown, READER).card
        case Screen():
            return draw_dialog(shown, "s" * 300, READER)
        case Home():
            return draw_home(shown, READER).card


def _assert_same(slack: str, teams: str) -> None:
    """Words that are cut are cut where the platform has no room for more."""
    if ELLIPSIS not in slack + teams:
        at = next((n for n, pair in enumerate(zip(slack, teams, strict=False)) if pair[0] != pair[1]), 0)
        assert teams == slack, f"after {slack[:at][-60:]!r} Slack says {slack[at:][:80]!r}, Teams {teams[at:][:80]!r}"


def _slack_words(shown: Message | Screen | Home) -> str:
    try:
        blocks = [block.to_dict() for block in draw(shown.parts, on_home=isinstance(shown, Home))]
    except SlackObjectFormationError:
        return ELLIPSIS
    return _read_slack(" ".join(_slack(blocks)))


def _teams_words(shown: Message | Screen | Home) -> str:
    composer = Composer(
        Pen(READER), Sheet(READER, ControlPlace(screen="screen-1" if isinstance(shown, Screen) else ""))
    )
    elements = composer.draw_headed(shown.parts) if isinstance(shown, Message) else composer.draw(shown.parts)
    return _read_teams(" ".join(_teams(elements)))


def _read_slack(mrkdwn: str) -> str:
    """Words of mrkdwn: links by their labels, channels by one name, nobody by name."""
    named = re.sub(r"<@\w+>", "", re.sub(r"<#\w+>", "⌗", re.sub(r"<!date[^>]*>", "⏱", mrkdwn)))
    linked = re.sub(r"<https?:[^<>|]*\|([^<>]*)>", r"\1", named)
    return _normal(linked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _read_teams(markdown: str) -> str:
    return _normal(re.sub(r"\[([^\]]*)\]\(https?://[^)]*\)", r"\1", markdown))


def _normal(read: str) -> str:
    """Words without what may be drawn in different ways: times, formatting, separators."""
    words = _TIME.sub("⏱", read).translate(_LOOKALIKES).split()
    return " ".join(word for word in words if word != "·").replace(" ,", ",")


def _slack(block: Any) -> Iterator[str]:
    if isinstance(block, list):
        for each in block:
            yield from _slack(each)
    elif isinstance(block, dict) and block.get("type") == "input":
        yield block["label"]["text"]
        yield from _slack_control(block["element"])
        yield from _slack(block.get("hint"))
    elif isinstance(block, dict) and block.get("type") == "static_select":
        yield from _slack_control(block)
        yield block["placeholder"]["text"]
    elif isinstance(block, dict):
        if isinstance(block.get("text"), str):
            yield block["text"]
        for key in ("text", "fields", "elements", "accessory"):
            if not isinstance(block.get(key), str):
                yield from _slack(block.get(key))


def _slack_control(element: Json) -> Iterator[str]:
    yield str(element.get("initial_value") or "")
    offered = element.get("options") or element.get("initial_options") or [element.get("initial_option")]
    for option in filter(None, offered):
        yield f"{option['text']['text']} {(option.get('description') or {}).get('text', '')}"


def _teams(element: Any) -> Iterator[str]:
    if isinstance(element, list):
        for each in element:
            yield from _teams(each)
        return
    yield from _teams_element(element, str(element.get("type")))
    for fact in element.get("facts", ()):
        yield f"{fact['title']} {fact['value']}"
    for key in ("items", "columns", "actions"):
        yield from _teams(list(element.get(key, ())))


def _teams_element(element: Json, kind: str) -> Iterator[str]:
    if kind == "Input.ChoiceSet":
        yield from () if element["id"].startswith("menu.") else (element["label"],)
        is_channels = wire.CHANNELS in str(element.get("choices.data"))
        yield from (each["title"] for each in element["choices"] if not is_channels)
    elif kind == "Input.Text":
        yield f"{element['label']} {element.get('value', '')}"
    elif kind == "Input.Date":
        yield element["label"].removesuffix(" date")
    elif kind.startswith("Action.") and element["title"] != CHECK:
        yield element["title"]
    elif kind == "CodeBlock":
        yield element["codeSnippet"]
    elif kind == "TextBlock":
        yield element["text"]
