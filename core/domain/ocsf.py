"""Audit events in the Open Cybersecurity Schema Framework: class User Management (3007) of category IAM.

Access that is given and taken away has activities of its own there; everything else that happens to a request,
to policies or to identities is ``Other`` with our own name for it. What the schema has no place for stands in
``unmapped``, the hashes of the chain among it. Reference: schema.ocsf.io, events/iam/user_management.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.audit import Sealed, told
from core.domain.request import Request

SCHEMA = "1.9.0"
"""The first that has this class as the place for privileges: User Access Management (3005) is deprecated in it."""
CATEGORY, CLASS = 3, 3007
ASSIGN_PRIVILEGES, REMOVE_PRIVILEGES, OTHER = 14, 15, 99
INFORMATIONAL, MEDIUM, HIGH = 1, 3, 4
SUCCESS, FAILURE = 1, 2
USER, SERVICE = 1, 4
PRODUCT = "TEAM Bot"
_ACTIVITIES = {
    "request.granted": ASSIGN_PRIVILEGES,
    "request.grant_failed": ASSIGN_PRIVILEGES,
    "request.ended": REMOVE_PRIVILEGES,
    "request.ended_early": REMOVE_PRIVILEGES,
}
_CAPTIONS = {ASSIGN_PRIVILEGES: "Assign Privileges", REMOVE_PRIVILEGES: "Remove Privileges"}
_SEVERITIES = {INFORMATIONAL: "Informational", MEDIUM: "Medium", HIGH: "High"}
_HIGH = frozenset(
    {"request.revocation_overdue", "identity.suspended", "identity.second_account", "drift.found", "alarm.raised"}
)
_FAILED = ("failed", "refused", "disallowed")
_ACCOUNT = re.compile(r"[0-9]{12}")
_SUBJECT = ("requester", "requester_name", "account", "account_name", "permission_set_name")
_FROM_SUBJECT = ("user", "privileges", "resources", "message")
"""Named as ``unsealed`` where they come from the request as it is now: the chain does not cover that row."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """The person and the target of a request."""

    requester: str
    requester_name: str
    account: str
    account_name: str
    permission_set_name: str
    is_sealed: bool = True


def event_of(sealed: Sealed, request: Request | None, version: str) -> dict[str, Any]:
    """One event. ``request`` is the one it is about, as it is now: only for what the event does not say itself."""
    body: Mapping[str, Any] = told(sealed)
    subject = _sealed_subject(body) or _subject(request)
    action = str(body["action"])
    activity, failed = _ACTIVITIES.get(action, OTHER), action.endswith(_FAILED)
    severity = HIGH if action in _HIGH else MEDIUM if failed else INFORMATIONAL
    caption = _CAPTIONS.get(activity, action)
    return {
        "activity_id": activity,
        "activity_name": caption,
        "category_uid": CATEGORY,
        "category_name": "Identity & Access Management",
        "class_uid": CLASS,
        "class_name": "User Management",
        "type_uid": CLASS * 100 + activity,
        "type_name": f"User Management: {_CAPTIONS.get(activity, 'Other')}",
        "severity_id": severity,
        "severity": _SEVERITIES[severity],
        "status_id": FAILURE if failed else SUCCESS,
        "status": "Failure" if failed else "Success",
        "time": _milliseconds(str(body["at"])),
        "message": _message(body, subject),
        "actor": _actor(body["actor"]),
        "user": _user(body, subject),
        **_target(subject),
        "metadata": _metadata(sealed, body, version),
        "unmapped": _unmapped(sealed, body, subject),
    }


def _milliseconds(at: str) -> int:
    """``timestamp_t``: since 1970, UTC."""
    return round(datetime.fromisoformat(at).timestamp() * 1000)


def _sealed_subject(body: Mapping[str, Any]) -> _Subject | None:
    """From the event itself, which the chain covers."""
    facts = body["facts"]
    if not all(isinstance(facts.get(name), str) for name in _SUBJECT):
        return None
    return _Subject(*(facts[name] for name in _SUBJECT))


def _subject(request: Request | None) -> _Subject | None:
    """From the table of requests, which no hash covers."""
    if request is None:
        return None
    who, target = (request.requester, request.requester_name), request.target
    return _Subject(*who, target.account, request.account_name, request.permission_set_name, is_sealed=False)


def _message(body: Mapping[str, Any], subject: _Subject | None) -> str:
    if subject is None:
        return str(body["action"])
    target = f"{subject.permission_set_name} in {subject.account_name}"
    return f"{body['action']}: {body['request_id']}, {subject.requester_name}, {target}"


def _actor(actor: Mapping[str, Any]) -> dict[str, Any]:
    """The actor; the program itself where nobody acted."""
    if not actor["principal_id"] and not actor["chat_user"]:
        return {"app_name": str(actor["name"])}
    return {"app_name": PRODUCT, "user": _person(actor)}


def _person(actor: Mapping[str, Any]) -> dict[str, Any]:
    known = {"uid": actor["principal_id"]} if actor["principal_id"] else {}
    return {"name": str(actor["name"]), "type_id": USER, "type": "User", **known}


def _user(body: Mapping[str, Any], subject: _Subject | None) -> dict[str, Any]:
    """The OCSF user (required): the requester, else the actor, else the program."""
    if subject is not None:
        return {"name": subject.requester_name, "uid": subject.requester, "type_id": USER, "type": "User"}
    actor = body["actor"]
    if actor["principal_id"] or actor["chat_user"]:
        return _person(actor)
    return {"name": str(actor["name"]), "type_id": SERVICE, "type": "Service"}


def _target(subject: _Subject | None) -> dict[str, Any]:
    if subject is None:
        return {}
    kind = "AWS Account" if _ACCOUNT.fullmatch(subject.account) else "Group"
    where = {"uid": subject.account, "name": subject.account_name, "type": kind}
    return {"privileges": [subject.permission_set_name], "resources": [where]}


def _metadata(sealed: Sealed, body: Mapping[str, Any], version: str) -> dict[str, Any]:
    about = {"correlation_uid": body["request_id"]} if body["request_id"] else {}
    return {
        "version": SCHEMA,
        "product": {"name": PRODUCT, "vendor_name": PRODUCT, "version": version},
        "uid": sealed.hash,
        "sequence": sealed.seq,
        "event_code": str(body["action"]),
        "log_name": "audit trail",
        **about,
    }


def _unmapped(sealed: Sealed, body: Mapping[str, Any], subject: _Subject | None) -> dict[str, Any]:
    unsealed = {"unsealed": _FROM_SUBJECT} if subject is not None and not subject.is_sealed else {}
    return {
        **unsealed,
        "chat_user": body["actor"]["chat_user"],
        "request_id": body["request_id"],
        "policy_revision": body["policy_revision"],
        "facts": body["facts"],
        "prev_hash": sealed.prev_hash,
        "hash": sealed.hash,
    }
