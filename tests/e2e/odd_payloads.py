"""Payloads as Slack sends them, of everything that is listened to, and the same with something in them changed."""

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st

from core.domain.policy_diff import Section
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.policy_form import FormNote
from handlers.screens.policy_preview import PreviewNote

Json = dict[str, Any]

PEOPLE = ("U0ADA", "U0BOB", "U0FRANK", "U0ERIN", "U0IVAN", "U0GRACE", "U0HEIDI", "U0JUDY", "U0OLIVIA", "U0PEGGY")
WORDS = (
    *(
        "",
        "help",
        "request",
        "requests",
        "show",
        "cancel",
        "revoke",
        "close",
        "approvals",
        "audit",
        "policy",
        "settings",
    ),
    *("logs", "whoami", "policy show", "policy create", "policy edit", "policy delete", "policy explain", "nonsense"),
)
VALUES = (
    *("999:ab12", "999:", "1042", "0", "eligibility:Nobody", "settings:", "request.account", "111122223333", "1h30"),
    *('{"id": 999}', '{"request": 999, "page": 1}', "arn:aws:sso:::permissionSet/ssoins-1/ps-1", "Mallory 1 2"),
)
NOTES = (
    "",
    "999:ab12",
    FormNote(Section.ELIGIBILITY, based_on=1).dump(),
    FormNote(Section.SETTINGS, based_on=1).dump(),
    PreviewNote(999).dump(),
    '{"key": "k", "account": "111122223333"}',
)
TEXTS = (
    *("", " ", "\0", "\ud800", "a\u202eb", "<!channel>", "<http://x.test|Approve>", "*Approved by*\n> ```", "=1+1"),
    *(
        "١٢",
        "²",
        "\u2067R-1",
        "İ" * 40,
        "e\u0301" * 300,
        "🧑‍🚀" * 50,
        "<" * 3000,
        "9" * 400,
        "x" * 6000,
        "%00",
        "'; --",
    ),
    *("1e999", "-1", "2026-13-45", "9999-12-31", "0001-01-01", "99999999999999999999:ab", "R-" + "9" * 30, "{", "[]"),
)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**40, float("inf")),
    *([], {}, [[]], [None], {"": None}, {"id": {}}, {"id": "U0ADA"}, [{"id": 7}], {"value": []}, {"text": {}}),
    json.loads("[" * 200 + "]" * 200),
)


def element(value: str) -> Json:
    """An input that was filled in, whichever kind it is."""
    option = {"text": {"type": "plain_text", "text": value}, "value": value}
    return {
        "type": "plain_text_input",
        "value": value,
        "selected_option": option,
        "selected_options": [option],
        "selected_conversations": ["C0AUDIT"],
        "selected_date": "2026-11-22",
        "selected_date_time": 1_800_000_000,
    }


def view(callback: str, note: str, value: str, kind: str = "modal") -> Json:
    blocks = [block.value for block in InputId] + ["policy.name", "policy.accounts", "policy.max_duration"]
    return {
        "id": "V0999",
        "type": kind,
        "hash": "1.abc",
        "callback_id": callback,
        "private_metadata": note,
        "blocks": [{"type": "input", "block_id": block} for block in blocks],
        "state": {"values": {block: {block: element(value)} for block in blocks}},
    }


def interaction(kind: str, user: str, **fields: Any) -> Json:
    return {
        "type": kind,
        "team": {"id": "T0EXAMPLE", "domain": "example"},
        "enterprise": None,
        "user": {"id": user, "username": "x", "team_id": "T0EXAMPLE"},
        "api_app_id": "A0TEAMBOT",
        "trigger_id": "1.2.abc",
        "response_url": "",
        **fields,
    }


def payloads(user: str, value: str, note: str) -> tuple[st.SearchStrategy[Json], ...]:
    """One of each kind, whichever listener it is for."""
    action, callback = st.sampled_from(list(ActionId)), st.sampled_from(list(FormId))

    def pressed(action: ActionId, where: int) -> Json:
        button = {"type": "button", "action_id": action.value, "block_id": "b.999", "value": value}
        message = {"type": "message", "channel_id": "C0AUDIT", "message_ts": "1.2", "is_ephemeral": False}
        place: Json = {"container": message, "channel": {"id": "C0AUDIT"}}
        if where:
            kind = "home" if where == 1 else "modal"
            place = {"container": {"type": "view"}, "view": view("request.form", note, value, kind)}
        return interaction("block_actions", user, actions=[button], **place)

    def typed(action: ActionId) -> Json:
        form = view("request.form", note, value)
        return interaction("block_suggestion", user, action_id=action.value, block_id="b", value=value, view=form)

    def event(kind: str) -> Json:
        who: Any = user if kind == "app_home_opened" else {"id": user}
        inner = {"type": kind, "tab": "home", "user": who, "channel": "D0X"}
        return {"type": "event_callback", "team_id": "T0EXAMPLE", "event_id": "Ev1", "event": inner}

    return (
        st.builds(pressed, action, st.integers(0, 2)),
        st.builds(typed, action),
        st.builds(lambda c: interaction("view_submission", user, view=view(c.value, note, value)), callback),
        st.builds(event, st.sampled_from(["app_home_opened", "user_change"])),
    )


@st.composite
def changed_payloads(draw: st.DrawFn) -> Json:
    """A payload in which up to three things are missing, or are something else."""
    user, value, note = (draw(st.sampled_from(each)) for each in (PEOPLE, (*VALUES, *TEXTS), NOTES))
    payload = copy.deepcopy(draw(st.one_of(payloads(user, value, note))))
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(list(places(payload))))
        if draw(st.booleans()):
            holder[key] = copy.deepcopy(draw(st.sampled_from((*ODD, *TEXTS))))
        else:
            del holder[key]
    return payload


@st.composite
def commands(draw: st.DrawFn) -> dict[str, str]:
    """Text typed after ``/team``, whatever it is, and now and then with a field missing."""
    some = st.one_of(st.sampled_from((*VALUES, *TEXTS)), st.text(st.characters(codec="utf-8"), max_size=80))
    text = " ".join([draw(st.sampled_from(WORDS)), *draw(st.lists(some, max_size=3))])
    user = draw(st.sampled_from(PEOPLE))
    command = {"command": "/team", "text": text, "user_id": user, "team_id": "T0EXAMPLE", "trigger_id": "1.2.abc"}
    command.pop(draw(st.sampled_from(["", "", "", *command])), None)
    return {name: typed.encode("utf-8", "replace").decode() for name, typed in command.items()}


def places(found: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in it where something else could stand."""
    inside = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in list(inside):
        yield found, key
        yield from places(value)


def body_of(payload: Json) -> tuple[str, str]:
    """As Slack posts it: events are JSON, interactions stand in a form."""
    text = json.dumps(payload)
    if payload.get("type") == "event_callback":
        return text, "application/json"
    return urlencode({"payload": text}), "application/x-www-form-urlencoded"
