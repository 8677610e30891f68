"""The payload that other programs are sent: as documented, small enough, and whole."""

import json
import tomllib
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.audit import GENESIS, Anchor, AuditEvent, seal
from core.domain.ids import PrincipalId, RequestId
from core.domain.outgoing_events import LARGEST, Destination, EventKind, kind_of, outgoing, webhook_key
from core.domain.people import ChatUser
from core.domain.request import Actor, Event
from core.domain.settings import SETTINGS, Settings
from tests.repo.tree import ROOT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jsonschema  # type: ignore[import-untyped]

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
SCHEMA = json.loads((ROOT / "docs/event.schema.json").read_text(encoding="utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)
PERSISTED = (ROOT / "tests/repo/persisted.toml").read_text(encoding="utf-8")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
actors = st.builds(
    Actor,
    name=st.text(max_size=20),
    principal_id=st.none() | st.text(min_size=1, max_size=40).map(PrincipalId),
    chat_user=st.none() | st.builds(ChatUser, *[st.text(min_size=1, max_size=9)] * 3),
)
events = st.builds(
    AuditEvent,
    action=st.sampled_from(["request.granted", "policies.changed", "alarm.raised", "identity.refused", "new.thing"]),
    at=st.integers(0, 10**6).map(lambda minutes: AT + timedelta(minutes=minutes)),
    actor=actors,
    request_id=st.none() | st.integers(1, 10**9).map(RequestId),
    policy_revision=st.none() | st.integers(0, 10**6),
    facts=st.dictionaries(st.text(min_size=1, max_size=9), json_values, max_size=4),
)


@given(events, st.integers(0, 10**9))
def test_every_payload_is_as_the_schema_says(event: AuditEvent, before: int) -> None:
    sealed = seal(Anchor(before, GENESIS), event)
    sent = outgoing(sealed)
    payload = json.loads(sent.body)
    assert list(CHECK.iter_errors(payload)) == []
    assert sent.body.isascii()
    assert (payload["id"], payload["data"]["sequence"]) == (sent.id, sent.sequence) == (sealed.hash, before + 1)


def sample(**facts: object) -> dict[str, Any]:
    who = Actor("Bob Kahn", PrincipalId("user-bob"), ChatUser("slack", "T01", "U02"))
    event = AuditEvent("request.approved", AT, who, RequestId(1042), 7, facts)
    payload: dict[str, Any] = json.loads(outgoing(seal(Anchor(), event)).body)
    return payload


def test_a_payload_names_requests_as_people_do_and_people_by_their_ids() -> None:
    payload = sample(requester="user-ada", extends=1041)
    assert payload["timestamp"] == "2026-03-02T12:00:00+00:00"
    assert payload["data"]["request_id"] == "R-1042"
    assert payload["data"]["facts"] == {"requester": "user-ada", "extends": "R-1041"}
    assert payload["data"]["actor"] == {
        "name": "Bob Kahn",
        "user_id": "user-bob",
        "chat_user": {"platform": "slack", "team": "T01", "user": "U02"},
    }


def test_an_event_that_is_too_large_is_sent_without_its_facts_and_says_so() -> None:
    payload = sample(before="€" * LARGEST)
    assert len(json.dumps(payload)) < LARGEST
    assert (payload["data"]["facts"], payload["data"]["facts_omitted"]) == ({}, True)
    assert not sample(before="small")["data"]["facts_omitted"]


def test_everything_that_the_trail_knows_today_has_a_kind_of_its_own() -> None:
    actions = [*tomllib.loads(PERSISTED)["audit"]["actions"], *(f"request.{event.value}" for event in Event)]
    assert [action for action in actions if kind_of(action) is EventKind.OTHER] == []
    assert kind_of("request.granted") is kind_of("drift.found") is EventKind.ACCESS
    assert kind_of("request.approved") is EventKind.REQUESTS
    assert kind_of("something.new") is EventKind.OTHER


@pytest.mark.parametrize("to", Destination)
def test_every_destination_has_its_setting_which_begins_with_everything(to: Destination) -> None:
    assert getattr(Settings(), to.setting) == frozenset(EventKind)
    assert SETTINGS[to.setting].widens(frozenset(EventKind), frozenset({EventKind.ACCESS}))


@pytest.mark.parametrize(
    ("secret", "is_good"),
    {
        "whsec_" + "A" * 32: True,
        "whsec_" + "A" * 28: False,
        "whsec_" + "A" * 88: False,
        "A" * 32: False,
        "whsec_" + "A" * 31: False,
        "whsec_ä" + "A" * 31: False,
        "": False,
    }.items(),
)
def test_a_key_is_base64_of_24_to_64_bytes_behind_its_mark(secret: str, is_good: bool) -> None:
    assert (webhook_key(secret) is not None) == is_good
