"""Block Kit's limits: for each rule one payload just inside and one just outside."""

from typing import Any

import pytest

from infra.sandbox.slack.blockkit import check_message_blocks, check_options, check_view
from infra.sandbox.slack.refusal import RefusedError

Json = dict[str, Any]


def plain(length: int | str) -> Json:
    return {"type": "plain_text", "text": length if isinstance(length, str) else "x" * length}


def markup(length: int) -> Json:
    return {"type": "mrkdwn", "text": "x" * length}


def section(length: int = 1, **more: Any) -> Json:
    return {"type": "section", "text": markup(length), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def buttons(count: int) -> Json:
    return actions(*(button(action_id=f"go-{number}") for number in range(count)))


def option(text: int = 1, value: int = 1, **more: Any) -> Json:
    return {"text": plain(text), "value": "v" * value, **more}


def menu(count: int = 1, **more: Any) -> Json:
    options = [option() for _ in range(count)]
    return actions({"type": "static_select", "action_id": "menu", "options": options, **more})


def entry(element: Json | None = None, **more: Any) -> Json:
    return {
        "type": "input",
        "label": plain("Label"),
        "element": element or {"type": "plain_text_input", "action_id": "typed"},
        **more,
    }


def confirmed(**more: Any) -> Json:
    confirm = {"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)}
    return actions(button(confirm={**confirm, **more}))


def overflow(count: int) -> Json:
    return actions({"type": "overflow", "action_id": "more", "options": [option() for _ in range(count)]})


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


IN_AND_OUT: dict[str, tuple[list[Json], list[Json], str]] = {
    "blocks of a message": ([section()] * 50, [section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "section text": (
        [section(3000)],
        [section(3001)],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "empty text": ([section(1)], [section(0)], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    "fields": (
        [{"type": "section", "fields": [markup(1)] * 10}],
        [{"type": "section", "fields": [markup(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "field text": (
        [{"type": "section", "fields": [markup(2000)]}],
        [{"type": "section", "fields": [markup(2001)]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "a section needs words": (
        [section()],
        [{"type": "section"}],
        "must define either `text` or `fields` [json-pointer:/blocks/0]",
    ),
    "header": (
        [{"type": "header", "text": plain(150)}],
        [{"type": "header", "text": plain(151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "header is plain": (
        [{"type": "header", "text": plain(1)}],
        [{"type": "header", "text": markup(1)}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "context": (
        [{"type": "context", "elements": [markup(1)] * 10}],
        [{"type": "context", "elements": [markup(1)] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "context takes no buttons": (
        [{"type": "context", "elements": [markup(1)]}],
        [{"type": "context", "elements": [button()]}],
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "actions": ([buttons(25)], [buttons(26)], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    "button text": (
        [actions(button(text=plain(75)))],
        [actions(button(text=plain(76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button value": (
        [actions(button(value="x" * 2000))],
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button style": (
        [actions(button(style="danger"))],
        [actions(button(style="warning"))],
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    "action id": (
        [actions(button(action_id="x" * 255))],
        [actions(button(action_id="x" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "one action id once in a block": (
        [actions(button()), actions(button())],
        [actions(button(), button())],
        '`action_id` "go" already exists [json-pointer:/blocks/0/elements/1/action_id]',
    ),
    "one block id once": (
        [section(block_id="a"), section(block_id="b")],
        [section(block_id="a"), section(block_id="a")],
        '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]',
    ),
    "options": ([menu(100)], [menu(101)], "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    "no options": ([menu(1)], [menu(0)], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements/0/options]"),
    "option text": (
        [menu(options=[option(75)])],
        [menu(options=[option(76)])],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "option value": (
        [menu(options=[option(value=150)])],
        [menu(options=[option(value=151)])],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "option description": (
        [menu(options=[option(description=plain(75))])],
        [menu(options=[option(description=plain(76))])],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/description/text]",
    ),
    "initial option": (
        [menu(initial_option=option())],
        [menu(initial_option=option(2))],
        "must match one of the provided options [json-pointer:/blocks/0/elements/0/initial_option]",
    ),
    "overflow at least": (
        [overflow(2)],
        [overflow(1)],
        "no fewer than 2 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "overflow at most": (
        [overflow(5)],
        [overflow(6)],
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "confirm title": (
        [confirmed()],
        [confirmed(title=plain(101))],
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm button": (
        [confirmed()],
        [confirmed(confirm=plain(31))],
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/confirm/text]",
    ),
    "text input": (
        [entry({"type": "plain_text_input", "initial_value": "x" * 3000})],
        [entry({"type": "plain_text_input", "initial_value": "x" * 3001})],
        "must be less than 3001 characters [json-pointer:/blocks/0/element/initial_value]",
    ),
    "label": (
        [entry(label=plain(2000))],
        [entry(label=plain(2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/label/text]",
    ),
    "an input takes no button": (
        [entry()],
        [entry(button())],
        "unsupported type: button [json-pointer:/blocks/0/element/type]",
    ),
    "alerts stand in modals": (
        [section()],
        [{"type": "alert", "text": plain(1)}],
        "unsupported type: alert [json-pointer:/blocks/0/type]",
    ),
    "unknown block": ([section()], [{"type": "sektion"}], "unsupported type: sektion [json-pointer:/blocks/0/type]"),
    "unknown field": (
        [section()],
        [section(colour="red")],
        "invalid additional property: colour [json-pointer:/blocks/0]",
    ),
    "missing field": (
        [section()],
        [{"type": "header"}],
        "missing required field: text [json-pointer:/blocks/0]",
    ),
    "alt text": (
        [{"type": "image", "image_url": "https://x.test/a.png", "alt_text": "x" * 2000}],
        [{"type": "image", "image_url": "https://x.test/a.png", "alt_text": "x" * 2001}],
        "must be less than 2001 characters [json-pointer:/blocks/0/alt_text]",
    ),
    "rich text": (
        [rich({"type": "text", "text": "x", "style": {"bold": True}})],
        [rich({"type": "text", "text": ""})],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "table": (
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 20]}],
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * 21]}],
        "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
    ),
}


@pytest.mark.parametrize("rule", IN_AND_OUT)
def test_what_is_just_inside_a_limit_is_taken_and_what_is_just_outside_is_refused(rule: str) -> None:
    inside, outside, problem = IN_AND_OUT[rule]
    check_message_blocks(inside)
    with pytest.raises(RefusedError) as refused:
        check_message_blocks(outside)
    assert refused.value.code == "invalid_blocks"
    assert problem in refused.value.problems


def test_the_whole_of_a_message_has_a_length_too() -> None:
    check_message_blocks([section(3000)] * 4)
    with pytest.raises(RefusedError, match="msg_blocks_too_long"):
        check_message_blocks([section(3000)] * 5)


@pytest.mark.parametrize("blocks", ["text", [1], {"type": "section"}])
def test_blocks_are_a_list_of_objects(blocks: Any) -> None:
    with pytest.raises(RefusedError, match="invalid_blocks_format"):
        check_message_blocks(blocks)


def view(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain(24), "blocks": list(blocks), **more}


VIEWS: dict[str, tuple[Json, Json, str]] = {
    "blocks": (
        view(*[section()] * 100),
        view(*[section()] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "title": (
        view(),
        view(title=plain(25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "submit": (
        view(submit=plain(24)),
        view(submit=plain(25)),
        "must be less than 25 characters [json-pointer:/view/submit/text]",
    ),
    "a form is submitted": (
        view(entry(), submit=plain("Go")),
        view(entry()),
        "must define `submit` to use an `input` block in modals [json-pointer:/view]",
    ),
    "private metadata": (
        view(private_metadata="x" * 3000),
        view(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "one block id once": (
        view(section(block_id="a")),
        view(section(block_id="a"), section(block_id="a")),
        '`block_id` "a" already exists [json-pointer:/view/blocks/1/block_id]',
    ),
    "no tables": (
        view(section()),
        view({"type": "markdown", "text": "x"}),
        "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
    ),
    "unknown field": (view(), view(color="red"), "invalid additional property: color [json-pointer:/view]"),
    "alert levels": (
        view({"type": "alert", "text": plain(1), "level": "warning"}),
        view({"type": "alert", "text": plain(1), "level": "loud"}),
        "must be a valid enum value [json-pointer:/view/blocks/0/level]",
    ),
    "one focus": (
        view(entry({"type": "plain_text_input", "focus_on_load": True}), submit=plain(1)),
        view(*[entry({"type": "plain_text_input", "focus_on_load": True})] * 2, submit=plain(1)),
        "only one element can have `focus_on_load` set to true [json-pointer:/view/blocks]",
    ),
}


@pytest.mark.parametrize("rule", VIEWS)
def test_a_view_just_inside_a_limit_is_taken_and_one_just_outside_is_refused(rule: str) -> None:
    inside, outside, problem = VIEWS[rule]
    check_view(inside, "modal")
    with pytest.raises(RefusedError) as refused:
        check_view(outside, "modal")
    assert refused.value.code == "invalid_arguments"
    assert problem in refused.value.problems


def test_a_view_weighs_at_most_250_kilobytes() -> None:
    cells = [section(3000)] * 100
    with pytest.raises(RefusedError, match="view_too_large"):
        check_view(view(*cells), "modal")


def test_a_type_ahead_is_answered_with_at_most_a_hundred_options() -> None:
    assert check_options({"options": []}) == []
    assert check_options({"options": [option()] * 100}) == []
    assert check_options({"options": [option()] * 101}) == ["no more than 100 items allowed [json-pointer:/options]"]
    assert check_options(None)
    assert check_options({})
