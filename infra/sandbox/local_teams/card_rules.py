"""Parts of a card that Teams takes and shows badly: cut, hidden, without a name, or with an id as a name.

``card_check`` says what Teams can't use at all.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from infra.sandbox.local_teams.model import Json

MOST = 28 * 1024
"""Bytes of a card, two for each UTF-16 unit. Teams takes 100 KB of a message, but only 28 KB everywhere."""
MOST_OFFERED = 15
"""Choices of a type-ahead. Source: Microsoft's page "Dynamic search in Adaptive Cards"."""
MOST_ACTIONS = 6
"""Actions in sight beside each other. Source: Microsoft's page "Cards reference"."""

Found = Iterator[str]


def shortcomings(card: Json) -> list[str]:
    """A line for each, once; none for a card that is shown as a whole and can be used by everybody."""
    elements = list(_elements(card))
    return list(dict.fromkeys([*_whole(card, elements), *(line for each in elements for line in _judged(each))]))


def size(card: Json) -> int:
    """Bytes of a card as Teams counts them."""
    return len(json.dumps(card, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le", "surrogatepass"))


def _whole(card: Json, elements: list[Json]) -> Found:
    if not card.get("body"):
        yield "it is empty"
    if not card.get("fallbackText"):
        yield "nothing is said where it cannot be shown"
    if size(card) >= MOST:
        yield f"{size(card)} bytes, where {MOST} are taken everywhere"
    ids = Counter(str(each["id"]) for each in elements if each.get("id"))
    yield from (f"the id {id_!r} occurs {count} times" for id_, count in ids.items() if count > 1)
    if card.get("version") != "1.6" and any("choices.data" in each for each in elements):
        yield "type-aheads need version 1.6"
    texts = "\n".join(str(each.get(key, "")) for each in elements for key in ("text", "title", "value"))
    for entity in (card.get("msteams") or {}).get("entities") or ():
        if not entity.get("text") or entity["text"] not in texts:
            yield f"the mention {entity.get('text')!r} is nowhere in its text"


def _judged(element: Json) -> Found:
    kind = str(element.get("type") or "")
    for begins, judge in _RULES.items():
        if kind.startswith(begins):
            yield from (f"{kind} {element.get('id') or element.get('title') or ''}: {line}" for line in judge(element))


def _text_block(element: Json) -> Found:
    if not str(element.get("text", "")).strip():
        yield "it says nothing"
    if not element.get("wrap"):
        yield "it is cut at the edge"


def _facts(element: Json) -> Found:
    if not all(fact.get("title") and fact.get("value") for fact in element.get("facts", ())):
        yield "a fact without its name or its value"


def _actions(element: Json) -> Found:
    if not 0 < len(element.get("actions", ())) <= MOST_ACTIONS:
        yield f"{len(element.get('actions', ()))} actions, where 1 to {MOST_ACTIONS} are in sight"


def _action(element: Json) -> Found:
    if not str(element.get("title") or "").strip():
        yield "it has no title"
    if element["type"] == "Action.Execute" and not element.get("verb"):
        yield "it has no verb"
    if element["type"] == "Action.OpenUrl" and not str(element.get("url", "")).startswith(("https://", "http://")):
        yield "it has no address"


def _input(element: Json) -> Found:
    if not element.get("id") or not element.get("label"):
        yield "it has no id or no label"
    if len(str(element.get("value", ""))) > element.get("maxLength", 100_000):
        yield "it begins with more than may be typed"


def _choice_set(element: Json) -> Found:
    choices = element.get("choices", ())
    value = str(element.get("value") or "")
    chosen = set(filter(None, value.split(",") if element.get("isMultiSelect") else [value]))
    values = [each.get("value") for each in choices]
    if not all(str(each.get("title") or "").strip() and each.get("value") for each in choices):
        yield "a choice without a title or a value"
    if len(values) != len(set(values)):
        yield "a value is offered twice"
    if not chosen <= set(values):
        yield "what is chosen is none of the choices: its id is shown"
    if any("," in str(each) for each in values):
        yield "a value with a comma: several are parted by it"
    if len(set(values) - chosen) > MOST_OFFERED:
        yield f"more than {MOST_OFFERED} choices"


_RULES: Mapping[str, Callable[[Json], Found]] = {
    "TextBlock": _text_block,
    "FactSet": _facts,
    "ActionSet": _actions,
    "AdaptiveCard": lambda card: _actions(card) if "actions" in card else iter(()),
    "Action.": _action,
    "Input.": _input,
    "Input.ChoiceSet": _choice_set,
}
"""By what the type begins with."""


def _elements(content: object) -> Iterator[Json]:
    """Every object of a card but what an action carries."""
    if isinstance(content, list):
        for each in content:
            yield from _elements(each)
    elif isinstance(content, dict):
        yield content
        for key, each in content.items():
            if key not in {"data", "msteams", "fallback"}:
                yield from _elements(each)
