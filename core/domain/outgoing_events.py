"""Events of the audit trail for other programs: the kinds they are chosen by, and the documented, versioned payload.

``docs/event.schema.json`` is the schema of the payload. Within a version members are added and none is taken away.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.domain.audit import Sealed, told

VERSION = "1"
LARGEST = 200_000
"""Bytes of a payload: SNS and EventBridge take 256 KB with all that is around it (their API references, quotas)."""

FEWEST_BYTES, MOST_BYTES = 24, 64
"""Of a key to sign with (Standard Webhooks, "Signature scheme")."""
_KEY = "whsec_"


class EventKind(StrEnum):
    """The kinds of events that a destination gets."""

    REQUESTS = "requests"
    """Requests and what is decided about them, refusals included."""
    ACCESS = "access"
    """Access as AWS has it: granted, failed, revoked, ended; and assignments that no request accounts for."""
    POLICIES = "policies"
    """Changes of policies and settings."""
    PEOPLE = "people"
    """Chat accounts: paired, refused, suspended, released; people who were told by e-mail; tokens and terminals."""
    ALARMS = "alarms"
    """Alarms, raised and cleared, an organization that cannot be read, and events that an operator passed over."""
    OTHER = "other"
    """Whatever a later release adds."""


class Destination(StrEnum):
    """The places outside that get events. Their settings are called ``webhook_events`` and so on."""

    WEBHOOK = "webhook"
    SNS = "sns"
    EVENTBRIDGE = "eventbridge"

    @property
    def setting(self) -> str:
        """The setting that says which kinds of events it gets."""
        return f"{self.value}_events"


EVERY_KIND = frozenset(EventKind)
_ACCESS = frozenset(
    {
        *("request.started", "request.granted", "request.grant_failed", "request.revoked"),
        *("request.end_reached", "request.ended", "request.ended_early"),
    }
)
_BY_SUBJECT: Mapping[str, EventKind] = {
    "act": EventKind.REQUESTS,
    "alarm": EventKind.ALARMS,
    "assignment": EventKind.ACCESS,
    "decision": EventKind.REQUESTS,
    "drift": EventKind.ACCESS,
    "ending": EventKind.REQUESTS,
    "events": EventKind.ALARMS,
    "identity": EventKind.PEOPLE,
    "organization": EventKind.ALARMS,
    "person": EventKind.PEOPLE,
    "policies": EventKind.POLICIES,
    "request": EventKind.REQUESTS,
    "terminal": EventKind.PEOPLE,
    "token": EventKind.PEOPLE,
}


def kind_of(action: str) -> EventKind:
    """The kind of event that an action of the audit trail is."""
    if action in _ACCESS:
        return EventKind.ACCESS
    return _BY_SUBJECT.get(action.partition(".")[0], EventKind.OTHER)


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """An event as it leaves. ``id`` is the same whenever it is sent again, and no other event's."""

    id: str
    sequence: int
    action: str
    body: str
    """JSON in ASCII, at most ``LARGEST`` bytes."""


def action_of(event: Sealed) -> str:
    return str(json.loads(event.body)["action"])


def outgoing(event: Sealed) -> OutgoingEvent:
    """The payload of an event; without its facts when it would be too large."""
    payload = _payload(event)
    body = _written(payload)
    if len(body) > LARGEST:
        body = _written({**payload, "data": {**payload["data"], "facts": {}, "facts_omitted": True}})
    return OutgoingEvent(payload["id"], event.seq, payload["type"], body)


def _payload(event: Sealed) -> dict[str, Any]:
    """``id`` is the event's own hash: after a restore another event may have its number, and none has its hash."""
    body = told(event)
    return {
        "version": VERSION,
        "id": event.hash,
        "type": body["action"],
        "timestamp": body["at"],
        "data": {
            "sequence": event.seq,
            "previous_id": event.prev_hash,
            "kind": kind_of(str(body["action"])).value,
            "request_id": body["request_id"],
            "policy_revision": body["policy_revision"],
            "actor": _actor(body["actor"]),
            "facts": body["facts"],
            "facts_omitted": False,
        },
    }


def _actor(actor: Mapping[str, Any]) -> dict[str, Any]:
    chat_user = actor["chat_user"]
    named = dict(zip(("platform", "team", "user"), chat_user, strict=True)) if chat_user else None
    return {"name": actor["name"], "user_id": actor["principal_id"], "chat_user": named}


def _written(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, separators=(",", ":"))


def webhook_key(secret: str) -> bytes | None:
    """The key to sign with that stands in ``whsec_…``; None for anything else."""
    if not secret.startswith(_KEY):
        return None
    try:
        key = base64.b64decode(secret[len(_KEY) :], validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if FEWEST_BYTES <= len(key) <= MOST_BYTES else None


def is_webhook_key(secret: str) -> bool:
    return webhook_key(secret) is not None
