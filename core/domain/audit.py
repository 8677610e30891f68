"""The audit trail: events in a chain in which each one seals all before it (rule 23)."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain.ids import RequestId, read_request_id, show_request_id
from core.domain.request import CLOCKWORK, Actor, Request

GENESIS = "0" * 64
"""The hash that the first event names as its predecessor."""

_NAMING_REQUESTS = frozenset({"extends", "continued_by", "called_off", "called_off_with", "asked_for", "submission"})
"""Facts that are a request's number, or a list of them."""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One audit event: who did what, when, why, by which policies. ``action`` is ``subject.verb`` in the past tense."""

    action: str
    at: datetime
    actor: Actor = CLOCKWORK
    request_id: RequestId | None = None
    policy_revision: int | None = None
    """The policies that were in effect; None where none had a say."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """JSON values only."""


def about(request: Request) -> dict[str, object]:
    """The person and the target of a request, as facts of its events: each event can be read without any other row."""
    return {
        "requester": request.requester,
        "requester_name": request.requester_name,
        "account": request.target.account,
        "account_name": request.account_name,
        "permission_set": request.target.permission_set,
        "permission_set_name": request.permission_set_name,
    }


def facts_of_new(request: Request) -> dict[str, object]:
    """The facts of a new request, for the event that it is."""
    return {
        "requester": request.requester,
        "account": request.target.account,
        "account_name": request.account_name,
        "permission_set": request.target.permission_set,
        "permission_set_name": request.permission_set_name,
        "start_at": request.start_at.isoformat() if request.start_at else None,
        "minutes": round(request.duration.total_seconds() / 60),
        "justification": request.justification,
        "ticket": request.ticket,
        "eligibility_policies": list(request.eligibility_policies),
        "approval_policies": list(request.approval_policies),
        "approvals_needed": request.quorum,
        "extends": request.extends,
        **({"second_account": True} if request.second_account else {}),
        **({"filed_by_token": request.filed_by_token} if request.filed_by_token else {}),
    }


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event in its place. ``body`` is the exact text that was hashed."""

    seq: int
    prev_hash: str
    hash: str
    body: str
    filed_elsewhere: bool = False
    """True if it is stored under another request than its own, or under none."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain, kept apart from it, so that cutting the end off shows."""

    seq: int = 0
    hash: str = GENESIS


def body_of(event: AuditEvent) -> str:
    """The canonical text of an event: what is hashed and what exports read. Always JSON that UTF-8 can hold."""
    chat_user = event.actor.chat_user
    text = json.dumps(
        {
            "action": event.action,
            "at": event.at.isoformat(),
            "actor": {
                "name": event.actor.name,
                "principal_id": event.actor.principal_id,
                "chat_user": [chat_user.platform, chat_user.team, chat_user.user] if chat_user else None,
            },
            "request_id": _named(event.request_id),
            "policy_revision": event.policy_revision,
            "facts": _with_names(event.facts),
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair becomes its JSON escape


def moment_of(event: Sealed) -> datetime:
    """The time of an event."""
    return datetime.fromisoformat(str(json.loads(event.body)["at"]))


def told(event: Sealed) -> dict[str, Any]:
    """The content of an event for exports and screens: every request by its name, ``R-1042``.

    Early events were sealed with the number alone. Their text stays what was hashed; only what is read of it is alike.
    """
    body: dict[str, Any] = json.loads(event.body)
    return {**body, "request_id": _named(body["request_id"]), "facts": _with_names(body["facts"])}


def request_of(event: Sealed) -> RequestId | None:
    """The request that an event is about."""
    found = json.loads(event.body)["request_id"]
    if found is None or isinstance(found, int):
        return None if found is None else RequestId(found)
    if (number := read_request_id(str(found))) is None:
        raise ValueError(found)
    return number


def _with_names(facts: Mapping[str, object]) -> dict[str, object]:
    return {key: _named(value) if key in _NAMING_REQUESTS else value for key, value in facts.items()}


def _named(value: object) -> object:
    """A request's number as people read it; everything else as it is."""
    if isinstance(value, list | tuple):
        return [_named(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return show_request_id(RequestId(value))


def link(seq: int, prev_hash: str, body: str) -> str:
    """The hash of an event: over its place, its predecessor and its text."""
    return hashlib.sha256(f"{seq}\n{prev_hash}\n{body}".encode()).hexdigest()


def seal(anchor: Anchor, event: AuditEvent) -> Sealed:
    """Put an event behind the last one."""
    seq, body = anchor.seq + 1, body_of(event)
    return Sealed(seq, anchor.hash, link(seq, anchor.hash, body), body)


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """The first place where the chain does not hold."""

    seq: int
    what: str


_NOT_ANCHORED = "is not what the trail was anchored at"
_NOT_ARCHIVED = "is not the one that was archived"


class Walk:
    """Goes along the chain event by event, and holds no more of it than its end."""

    def __init__(self, archived: Anchor = Anchor()) -> None:
        """``archived`` is the event that the archive ends with; its hash is empty when it is not known."""
        self._end = Anchor()
        self._archived = archived

    def step(self, event: Sealed) -> ChainBreak | None:
        """Say where the chain breaks, when it does at this event; there is nothing to see behind a break."""
        if event.seq <= self._end.seq:
            return ChainBreak(event.seq, "was inserted")
        if event.seq != self._end.seq + 1:
            return ChainBreak(self._end.seq + 1, "is missing or out of order")
        if event.prev_hash != self._end.hash:
            return ChainBreak(event.seq, "does not follow the event before it")
        if event.hash != link(event.seq, event.prev_hash, event.body):
            return ChainBreak(event.seq, "was changed")
        self._end = Anchor(event.seq, event.hash)
        if event.filed_elsewhere:
            return ChainBreak(event.seq, "is not filed under the request that it is about")
        is_another = self._archived.hash and event.seq == self._archived.seq and self._end != self._archived
        return ChainBreak(event.seq, _NOT_ARCHIVED) if is_another else None

    def finish(self, anchor: Anchor) -> ChainBreak | Anchor:
        """Hold the end against what it was anchored at."""
        if self._end.seq < anchor.seq:
            return ChainBreak(self._end.seq + 1, f"is missing: the trail was anchored at event {anchor.seq}")
        if self._end != anchor:
            return ChainBreak(self._end.seq, _NOT_ANCHORED)
        return _cut_below_archive(anchor, self._archived) or self._end


def verify(chain: Iterable[Sealed], anchor: Anchor, archived: Anchor = Anchor()) -> ChainBreak | Anchor:
    """Walk the whole chain; return where it first breaks, or its end when it holds.

    Finds an event that was changed, removed (the last included), inserted or moved.
    """
    walk = Walk(archived)
    for event in chain:
        if (broken := walk.step(event)) is not None:
            return broken
    return walk.finish(anchor)


def broken_end(
    anchor: Anchor, archived: Anchor, at_anchor: Sequence[Anchor], at_archived: Sequence[Anchor]
) -> ChainBreak | None:
    """Say what is wrong at the two ends alone. ``at_…`` are the events from that number on, at most two."""
    if (cut := _cut_below_archive(anchor, archived)) is not None:
        return cut
    if anchor.seq and (not at_anchor or at_anchor[0].seq != anchor.seq):
        return ChainBreak(anchor.seq, "is missing: the trail was anchored at it")
    if tuple(at_anchor) != ((anchor,) if anchor.seq else ()):
        return ChainBreak(anchor.seq, _NOT_ANCHORED)
    if archived.seq and archived.hash and (not at_archived or at_archived[0] != archived):
        return ChainBreak(archived.seq, _NOT_ARCHIVED)
    return None


def _cut_below_archive(anchor: Anchor, archived: Anchor) -> ChainBreak | None:
    if anchor.seq >= archived.seq:
        return None
    return ChainBreak(anchor.seq + 1, f"is missing: the trail was archived up to event {archived.seq}")
