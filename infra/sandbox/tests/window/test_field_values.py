"""A field's value, as a page sends it, becomes the value that Slack would hold, or is refused."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.sandbox.window.field_values import UnreadableError, state_of

LONDON, KOLKATA = ZoneInfo("Europe/London"), ZoneInfo("Asia/Kolkata")
RED, BLUE = ({"text": {"type": "plain_text", "text": name}, "value": name.lower()} for name in ("Red", "Blue"))
OFFERED = {"options": [RED, BLUE]}


def section(text: str) -> dict[str, Any]:
    part = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}


@pytest.mark.parametrize(
    ("element", "sent", "held"),
    [
        ({"type": "plain_text_input"}, " as typed ", {"value": " as typed "}),
        ({"type": "plain_text_input"}, "", {"value": None}),
        ({"type": "rich_text_input"}, "two\nlines", {"rich_text_value": section("two\nlines")}),
        ({"type": "rich_text_input"}, None, {"rich_text_value": None}),
        ({"type": "static_select", **OFFERED}, "blue", {"selected_option": BLUE}),
        ({"type": "static_select", "option_groups": [OFFERED]}, "red", {"selected_option": RED}),
        ({"type": "static_select", **OFFERED}, None, {"selected_option": None}),
        ({"type": "radio_buttons", **OFFERED}, "red", {"selected_option": RED}),
        ({"type": "checkboxes", **OFFERED}, ["red", "blue"], {"selected_options": [RED, BLUE]}),
        ({"type": "external_select"}, json.dumps(RED), {"selected_option": RED}),
        ({"type": "multi_external_select"}, [json.dumps(RED), json.dumps(BLUE)], {"selected_options": [RED, BLUE]}),
        ({"type": "multi_static_select", **OFFERED}, [], {"selected_options": []}),
        ({"type": "users_select"}, json.dumps({**RED, "value": "U0ADA"}), {"selected_user": "U0ADA"}),
        ({"type": "multi_users_select"}, [json.dumps({**RED, "value": "U0ADA"})], {"selected_users": ["U0ADA"]}),
        (
            {"type": "multi_conversations_select"},
            [json.dumps({**RED, "value": "C0AUDIT"})],
            {"selected_conversations": ["C0AUDIT"]},
        ),
        ({"type": "datepicker"}, "2027-01-15", {"selected_date": "2027-01-15"}),
    ],
)
def test_a_field_holds_what_slack_would_hold(element: dict[str, Any], sent: Any, held: dict[str, Any]) -> None:
    assert state_of(element, sent, LONDON) == {"type": element["type"], **held}


def test_a_time_is_meant_in_the_zone_of_who_picks_it() -> None:
    picked = [state_of({"type": "datetimepicker"}, "2027-01-15T08:00", zone) for zone in (LONDON, KOLKATA)]

    assert [each["selected_date_time"] for each in picked] == [1_800_000_000, 1_800_000_000 - 5 * 3600 - 1800]


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("static_select", "green"),
        ("external_select", "no json"),
        ("external_select", "{}"),
        ("plain_text_input", {"not": "a text"}),
        ("datetimepicker", "tomorrow"),
    ],
)
def test_what_the_field_cannot_hold_is_refused(kind: str, sent: Any) -> None:
    with pytest.raises(UnreadableError):
        state_of({"type": kind, **OFFERED}, sent, LONDON)
