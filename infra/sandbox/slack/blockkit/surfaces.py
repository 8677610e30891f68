"""Whole payloads: the blocks of a message, a view, and the options an app answers with."""

import copy
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from infra.sandbox.slack.blockkit.blocks import BLOCK, MARKDOWN_MOST
from infra.sandbox.slack.blockkit.elements import ELEMENTS
from infra.sandbox.slack.blockkit.objects import OPTION_GROUPS, OPTIONS, plain
from infra.sandbox.slack.blockkit.schema import Choice, Flag, Items, Record, Rule, String, Surface, Verdict
from infra.sandbox.slack.ids import short_id
from infra.sandbox.slack.model import Json
from infra.sandbox.slack.refusal import RefusedError

MESSAGE_BLOCKS_MOST = 50
VIEW_BLOCKS_MOST = 100
VIEW_BYTES_MOST = 250_000
#: The sum over all blocks of a message. Slack names no number; this is what its engineers have said.
MESSAGE_CHARACTERS_MOST = 12_000

_VIEW_SHARED: Mapping[str, Rule] = {
    "private_metadata": String(3000, shortest=0),
    "callback_id": String(255, shortest=0),
    "external_id": String(255, shortest=0),
    "clear_on_close": Flag(),
    "notify_on_close": Flag(),
}
_BLOCKS = Items(BLOCK, VIEW_BLOCKS_MOST, 0)
_VIEWS = {
    "modal": Record(
        {"type": Choice(("modal",)), "title": plain(24), "blocks": _BLOCKS},
        {**_VIEW_SHARED, "submit": plain(24), "close": plain(24), "submit_disabled": Flag()},
    ),
    "home": Record({"type": Choice(("home",)), "blocks": _BLOCKS}, _VIEW_SHARED),
}


def check_message_blocks(blocks: Any) -> None:
    """Refuses blocks that a message can't carry."""
    if not isinstance(blocks, list) or not all(isinstance(each, dict) for each in blocks):
        raise RefusedError("invalid_blocks_format")
    verdict = Verdict("message")
    Items(BLOCK, MESSAGE_BLOCKS_MOST, 0).check(blocks, "/blocks", verdict)
    _check_ids(blocks, "/blocks", verdict)
    if verdict.problems:
        raise RefusedError("invalid_blocks", verdict.problems)
    if sum(each["type"] == "table" for each in blocks) > 1:
        raise RefusedError("only_one_table_allowed")
    markdown = sum(len(each["text"]) for each in blocks if each["type"] == "markdown")
    if markdown > MARKDOWN_MOST or sum(map(len, _texts(blocks))) > MESSAGE_CHARACTERS_MOST:
        raise RefusedError("msg_blocks_too_long")


def check_view(view: Any, *kinds: Surface) -> None:
    """Refuses a view that isn't one of these kinds, or that Slack couldn't show."""
    if not isinstance(view, dict):
        raise RefusedError("invalid_arguments", ["must provide an object [json-pointer:/view]"])
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BYTES_MOST:
        raise RefusedError("view_too_large")
    kind = next((each for each in kinds if each == view.get("type")), None)
    if kind is None:
        raise RefusedError("invalid_arguments", ["must be a valid enum value [json-pointer:/view/type]"])
    verdict = Verdict(kind)
    _VIEWS[kind].check(view, "/view", verdict)
    if isinstance(view.get("blocks"), list):
        _check_ids(view["blocks"], "/view/blocks", verdict)
        _check_form(view, verdict)
    if verdict.problems:
        raise RefusedError("invalid_arguments", verdict.problems)


def check_options(answer: Any) -> list[str]:
    """The errors in an app's answer to a type-ahead; none if all is well."""
    verdict = Verdict("modal")
    if not isinstance(answer, dict):
        verdict.say("must provide an object", "/")
    elif "options" in answer:
        Items(OPTIONS.of, OPTIONS.most, 0).check(answer["options"], "/options", verdict)
    elif "option_groups" in answer:
        Items(OPTION_GROUPS.of, OPTION_GROUPS.most, 0).check(answer["option_groups"], "/option_groups", verdict)
    else:
        verdict.say("missing required field: options", "/")
    return verdict.problems


def with_ids(blocks: list[Json]) -> list[Json]:
    """A copy in which every block and element has the id that Slack would have given it."""
    filled = copy.deepcopy(blocks)
    for block in filled:
        block.setdefault("block_id", short_id())
        for each, _ in elements_of(block, ""):
            each.setdefault("action_id", short_id())
        for child in block.get("child_blocks", []):
            child.setdefault("block_id", short_id())
    return filled


def elements_of(block: Json, at: str) -> Iterator[tuple[Json, str]]:
    """The interactive elements of a block, each with its place."""
    places = [(block.get("accessory"), f"{at}/accessory"), (block.get("element"), f"{at}/element")]
    for name in ("elements", "actions"):
        inner = block.get(name)
        for index, each in enumerate(inner if isinstance(inner, list) else []):
            places.append((each, f"{at}/{name}/{index}"))
            if isinstance(each, dict) and each.get("type") == "card":
                yield from elements_of(each, f"{at}/{name}/{index}")
    for index, child in enumerate(block.get("child_blocks") or []):
        if isinstance(child, dict):
            yield from elements_of(child, f"{at}/child_blocks/{index}")
    for each, place in places:
        if isinstance(each, dict) and each.get("type") in ELEMENTS and each["type"] != "image":
            yield each, place


def _check_ids(blocks: list[Any], at: str, verdict: Verdict) -> None:
    seen: Counter[str] = Counter()
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if block_id and seen[block_id]:
            verdict.say(f'`block_id` "{block_id}" already exists', f"{at}/{index}/block_id")
        seen[block_id or ""] += 1
        _check_action_ids(block, f"{at}/{index}", verdict)


def _check_action_ids(block: Json, at: str, verdict: Verdict) -> None:
    seen: set[str] = set()
    for each, place in elements_of(block, at):
        action_id = each.get("action_id")
        if action_id in seen:
            verdict.say(f'`action_id` "{action_id}" already exists', f"{place}/action_id")
        seen |= {action_id} if action_id else set()


def _check_form(view: Json, verdict: Verdict) -> None:
    blocks = [each for each in view["blocks"] if isinstance(each, dict)]
    has_input = any(each.get("type") == "input" for each in blocks)
    if view["type"] == "modal" and has_input and not view.get("submit"):
        verdict.say("must define `submit` to use an `input` block in modals", "/view")
    focused = [each for block in blocks for each, _ in elements_of(block, "") if each.get("focus_on_load")]
    if len(focused) > 1:
        verdict.say("only one element can have `focus_on_load` set to true", "/view/blocks")


def _texts(content: Any) -> Iterator[str]:
    """Every string a reader would see, wherever it stands."""
    if isinstance(content, list):
        for each in content:
            yield from _texts(each)
    elif isinstance(content, dict):
        for name, value in content.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
