"""Events as OCSF: what its class User Management requires is there, and nothing of ours is lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import ocsf
from core.domain.audit import Anchor, AuditEvent, about, seal
from core.domain.ids import RequestId
from core.domain.request import Event
from tests.strategies import NOW, audit_events, requests

REQUIRED: dict[str, type] = {
    "activity_id": int,
    "category_uid": int,
    "class_uid": int,
    "metadata": dict,
    "severity_id": int,
    "time": int,
    "type_uid": int,
    "user": dict,
}
"""schema.ocsf.io: base event and user_management, requirement ``required``."""
KNOWN = {
    *REQUIRED,
    *("activity_name", "category_name", "class_name", "type_name", "severity", "status", "status_id", "message"),
    *("actor", "privileges", "resources", "unmapped"),
}
ACTIVITIES = {0, *range(1, 18), 99}


def mapped(event: AuditEvent, request: Any = None) -> dict[str, Any]:
    return ocsf.event_of(seal(Anchor(), event), request, "1.2.3")


@given(audit_events, st.none() | requests())
def test_every_event_has_what_the_class_requires_and_nothing_the_schema_does_not_know(
    event: AuditEvent, request: Any
) -> None:
    told = mapped(event, request)
    assert {name: type(told.get(name)) for name in REQUIRED} == REQUIRED
    assert set(told) <= KNOWN
    assert told["class_uid"] == 3007
    assert told["category_uid"] == 3
    assert told["activity_id"] in ACTIVITIES
    assert told["type_uid"] == told["class_uid"] * 100 + told["activity_id"]
    assert told["severity_id"] in range(1, 7)
    assert told["metadata"]["version"] == "1.9.0"
    assert told["metadata"]["product"] == {"name": "TEAM Bot", "vendor_name": "TEAM Bot", "version": "1.2.3"}
    assert told["user"].get("name") is not None
    assert told["actor"].get("app_name")
    assert told["unmapped"]["facts"] == event.facts
    assert told["time"] == round(event.at.timestamp() * 1000)
    json.dumps(told)


@pytest.mark.parametrize(
    ("action", "activity", "status"),
    [
        (f"request.{Event.GRANTED}", 14, 1),
        (f"request.{Event.GRANT_FAILED}", 14, 2),
        (f"request.{Event.GONE}", 15, 1),
        (f"request.{Event.GONE_EARLY}", 15, 1),
        (f"request.{Event.APPROVE}", 99, 1),
        ("decision.refused", 99, 2),
        ("policies.changed", 99, 1),
    ],
)
def test_access_given_and_taken_away_has_activities_of_its_own(action: str, activity: int, status: int) -> None:
    told = mapped(AuditEvent(action, NOW, request_id=RequestId(1001)))
    assert (told["activity_id"], told["status_id"]) == (activity, status)
    assert told["metadata"]["event_code"] == action


def test_what_needs_a_look_is_severe() -> None:
    assert mapped(AuditEvent("request.revocation_overdue", NOW))["severity"] == "High"
    assert mapped(AuditEvent("decision.refused", NOW))["severity"] == "Medium"
    assert mapped(AuditEvent("request.approved", NOW))["severity"] == "Informational"


@given(requests(), requests())
def test_whom_and_what_an_event_is_about_comes_from_the_event_that_the_chain_covers(asked: Any, changed: Any) -> None:
    """The row of the request may be changed by whoever may write to the database."""
    event = AuditEvent("request.granted", NOW, request_id=RequestId(1001), facts=about(asked))
    told, other = mapped(event, asked), mapped(event, changed)
    assert told == other == mapped(event)
    assert told["user"]["uid"] == asked.requester
    assert told["privileges"] == [asked.permission_set_name]
    assert told["resources"][0]["uid"] == asked.target.account
    assert "unsealed" not in told["unmapped"]


@given(requests())
def test_what_comes_from_the_request_as_it_is_now_is_said_to(asked: Any) -> None:
    event = AuditEvent("decision.refused", NOW, request_id=RequestId(1001))
    assert set(mapped(event, asked)["unmapped"]["unsealed"]) == {"user", "privileges", "resources", "message"}
    assert "unsealed" not in mapped(event)["unmapped"]
