"""Interactive elements: every field each may carry, and which blocks take it."""

from collections.abc import Mapping

from infra.sandbox.slack.blockkit.objects import (
    ACTION_ID,
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH_CONFIG,
    MARKUP_OPTION,
    OPTION_GROUPS,
    OPTIONS,
    PLAIN_OPTION,
    SLACK_FILE,
    STYLE,
    UNJUDGED,
    URL,
    plain,
)
from infra.sandbox.slack.blockkit.schema import (
    Choice,
    Flag,
    Items,
    Number,
    Record,
    Rule,
    String,
    Surface,
    Typed,
    Verdict,
    one_of,
)
from infra.sandbox.slack.model import Json

_ACTION: Mapping[str, Rule] = {"action_id": ACTION_ID}
_FOCUS: Mapping[str, Rule] = {"focus_on_load": Flag()}
_MENU: Mapping[str, Rule] = {**_ACTION, **_FOCUS, "placeholder": plain(150), "confirm": CONFIRM}
_TYPED: Mapping[str, Rule] = {
    **_ACTION,
    **_FOCUS,
    "placeholder": plain(150),
    "dispatch_action_config": DISPATCH_CONFIG,
}
_SEVERAL: Mapping[str, Rule] = {"max_selected_items": Number(1, 10_000)}
_TEN_OPTIONS = Items(MARKUP_OPTION, 10)
_SOME_IDS = Items(String(255), 100)


def _initial_is_offered(value: Json, at: str, verdict: Verdict) -> None:
    offered = list(value.get("options") or [])
    for group in value.get("option_groups") or []:
        offered += group.get("options") or [] if isinstance(group, dict) else []
    for name in ("initial_option", "initial_options"):
        chosen = value.get(name)
        for each in chosen if isinstance(chosen, list) else [chosen] if chosen else []:
            if each not in offered:
                verdict.say("must match one of the provided options", f"{at}/{name}")


def _menu(**fields: Rule) -> Record:
    return Record({}, {**_MENU, **fields})


def _listed(initial: str, initial_rule: Rule, **fields: Rule) -> Record:
    lists: dict[str, Rule] = {"options": OPTIONS, "option_groups": OPTION_GROUPS, initial: initial_rule}
    return Record({}, {**_MENU, **lists, **fields}, (one_of("options", "option_groups"), _initial_is_offered))


BUTTON = Record(
    {"text": plain(75)},
    {
        **_ACTION,
        "url": URL,
        "value": String(2000, shortest=0),
        "style": STYLE,
        "confirm": CONFIRM,
        "accessibility_label": String(75),
    },
)
IMAGE = Record(
    {"alt_text": String(2000)},
    {"image_url": URL, "slack_file": SLACK_FILE},
    (one_of("image_url", "slack_file"),),
)
_FEEDBACK = Record({"text": plain(75), "value": String(2000)}, {"accessibility_label": String(75)})

ELEMENTS: Mapping[str, Rule] = {
    "button": BUTTON,
    "image": IMAGE,
    "overflow": Record({"options": Items(PLAIN_OPTION, 5, 2)}, {**_ACTION, "confirm": CONFIRM}),
    "static_select": _listed("initial_option", PLAIN_OPTION),
    "multi_static_select": _listed("initial_options", OPTIONS, **_SEVERAL),
    "external_select": _menu(min_query_length=Number(0, 3000), initial_option=PLAIN_OPTION),
    "multi_external_select": _menu(min_query_length=Number(0, 3000), initial_options=OPTIONS, **_SEVERAL),
    "users_select": _menu(initial_user=String(255)),
    "multi_users_select": _menu(initial_users=_SOME_IDS, **_SEVERAL),
    "conversations_select": _menu(
        initial_conversation=String(255),
        default_to_current_conversation=Flag(),
        response_url_enabled=Flag(),
        filter=CONVERSATION_FILTER,
    ),
    "multi_conversations_select": _menu(
        initial_conversations=_SOME_IDS,
        default_to_current_conversation=Flag(),
        filter=CONVERSATION_FILTER,
        **_SEVERAL,
    ),
    "channels_select": _menu(initial_channel=String(255), response_url_enabled=Flag()),
    "multi_channels_select": _menu(initial_channels=_SOME_IDS, **_SEVERAL),
    "checkboxes": Record(
        {"options": _TEN_OPTIONS},
        {**_ACTION, **_FOCUS, "initial_options": _TEN_OPTIONS, "confirm": CONFIRM},
        (_initial_is_offered,),
    ),
    "radio_buttons": Record(
        {"options": _TEN_OPTIONS},
        {**_ACTION, **_FOCUS, "initial_option": MARKUP_OPTION, "confirm": CONFIRM},
        (_initial_is_offered,),
    ),
    "datepicker": _menu(initial_date=String(10, pattern=r"\d{4}-\d{2}-\d{2}")),
    "timepicker": _menu(initial_time=String(5, pattern=r"[0-2]\d:[0-5]\d"), timezone=String(255)),
    "datetimepicker": Record(
        {}, {**_ACTION, **_FOCUS, "confirm": CONFIRM, "initial_date_time": Number(10**9, 10**10 - 1)}
    ),
    "plain_text_input": Record(
        {},
        {
            **_TYPED,
            "initial_value": String(3000, shortest=0),
            "multiline": Flag(),
            "min_length": Number(0, 3000),
            "max_length": Number(1, 3000),
        },
    ),
    "email_text_input": Record({}, {**_TYPED, "initial_value": String(3000, shortest=0)}),
    "url_text_input": Record({}, {**_TYPED, "initial_value": String(3000, shortest=0)}),
    "number_input": Record(
        {"is_decimal_allowed": Flag()},
        {
            **_TYPED,
            "initial_value": String(40, pattern=r"-?\d+(\.\d+)?"),
            "min_value": String(40, pattern=r"-?\d+(\.\d+)?"),
            "max_value": String(40, pattern=r"-?\d+(\.\d+)?"),
        },
    ),
    "rich_text_input": Record({}, {**_TYPED, "initial_value": UNJUDGED}),
    "file_input": Record({}, {**_ACTION, "filetypes": Items(String(40), 50), "max_files": Number(1, 10)}),
    "workflow_button": Record(
        {"text": plain(75), "workflow": UNJUDGED},
        {**_ACTION, "style": STYLE, "accessibility_label": String(75)},
    ),
    "feedback_buttons": Record({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, _ACTION),
    "icon_button": Record(
        {"icon": Choice(("trash",)), "text": plain(75)},
        {
            **_ACTION,
            "accessibility_label": String(75),
            "value": String(2000),
            "visible_to_user_ids": _SOME_IDS,
            "confirm": CONFIRM,
        },
    ),
}

_SELECTS = frozenset(("static_select", "external_select", "users_select", "conversations_select", "channels_select"))
_MULTI_SELECTS = frozenset(f"multi_{each}" for each in _SELECTS)
_BOXES = frozenset(("checkboxes", "radio_buttons", "datepicker", "timepicker"))
_TEXT_INPUTS = frozenset(("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"))
_BUTTONS = frozenset(("button", "overflow", "workflow_button"))

IN_SECTION = _BUTTONS | _SELECTS | _MULTI_SELECTS | _BOXES | {"image"}
IN_ACTIONS = _BUTTONS | _SELECTS | _BOXES | {"datetimepicker"}
IN_INPUT = _SELECTS | _MULTI_SELECTS | _BOXES | _TEXT_INPUTS | {"datetimepicker", "file_input"}
IN_CONTEXT_ACTIONS = frozenset(("feedback_buttons", "icon_button"))

_NO_FILES: frozenset[Surface] = frozenset(("modal",))


def element(allowed: frozenset[str]) -> Typed:
    return Typed({name: rule for name, rule in ELEMENTS.items() if name in allowed}, {"file_input": _NO_FILES})
