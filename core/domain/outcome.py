"""The outcome of something a person did, in a form that is stored with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.domain.errors import Reason, Refusal, Side
from core.domain.ids import RequestId


class Result(StrEnum):
    SUBMITTED = "submitted"
    APPROVED = "approved"
    COUNTED = "counted"
    """An approval that does not make the quorum yet."""
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    CLOSED = "closed"
    """A revocation that AWS will never finish, by hand."""
    EXPORTING = "exporting"
    """A file is being made, and is sent when it is complete."""
    DECLINED = "declined"
    """The rules say no: see the refusals."""
    TOO_LATE = "too_late"
    """Somebody was faster, or the request has moved on: see the request."""
    DISALLOWED = "disallowed"
    """The approval came, but the request may no longer be granted (rule 14): it failed, see the refusals."""
    NOT_FOUND = "not_found"
    SAVED = "saved"
    """Policies or settings: see the revision."""
    PROPOSED = "proposed"
    """Policies or settings: the change waits for a second admin."""
    PROPOSAL_REJECTED = "proposal_rejected"
    OUTDATED = "outdated"
    """Policies were changed by somebody else since they were shown: nothing was saved."""
    BROKEN = "broken"
    """A fault of this program, at every try: nothing came of it. See the incident."""


@dataclass(frozen=True, slots=True)
class Outcome:
    result: Result
    request_id: RequestId | None = None
    refusals: tuple[Refusal, ...] = ()
    revision: int = 0
    """The revision of the policies that came of it."""
    incident: str = ""
    """Finds the log line of what broke it."""
    called_off: tuple[RequestId, ...] = ()
    """Extensions that went with the access that was ended early."""
    others: tuple[RequestId, ...] = ()
    """Other requests that may give that person this access, and were not ended."""
    together: tuple[RequestId, ...] = ()
    """The requests that were made of one form, when it asked for several targets."""


@dataclass(frozen=True, slots=True)
class InHand:
    """Stored, and not done yet: the outcome comes in a message. ``side`` is what it waits for, where that is known."""

    side: Side | None = None
    refused: bool = False
    """It has answered, and does not do it: somebody has to mend something there."""


def dump_outcome(outcome: Outcome) -> dict[str, object]:
    """To JSON values."""
    return {
        "result": outcome.result.value,
        "request_id": outcome.request_id,
        "refusals": [_dump_refusal(refusal) for refusal in outcome.refusals],
        "revision": outcome.revision,
        "incident": outcome.incident,
        "called_off": list(outcome.called_off),
        "others": list(outcome.others),
        **({"together": list(outcome.together)} if outcome.together else {}),
    }


def load_outcome(stored: Mapping[str, object]) -> Outcome:
    """From what ``dump_outcome`` made."""
    request_id, refusals, revision = stored.get("request_id"), stored.get("refusals"), stored.get("revision")
    return Outcome(
        Result(str(stored["result"])),
        RequestId(request_id) if isinstance(request_id, int) else None,
        tuple(_load_refusal(r) for r in refusals) if isinstance(refusals, list) else (),
        revision if isinstance(revision, int) else 0,
        str(stored.get("incident") or ""),
        _load_ids(stored.get("called_off")),
        _load_ids(stored.get("others")),
        _load_ids(stored.get("together")),
    )


def _load_ids(stored: object) -> tuple[RequestId, ...]:
    return tuple(RequestId(each) for each in stored if isinstance(each, int)) if isinstance(stored, list) else ()


def _dump_refusal(refusal: Refusal) -> dict[str, object]:
    return {
        "reason": refusal.reason.value,
        "field": str(refusal.field) if refusal.field else None,
        "policies": list(refusal.policies),
        "limit": refusal.limit.total_seconds() if refusal.limit is not None else None,
        "detail": refusal.detail,
        **({"of": refusal.of} if refusal.of else {}),
        **({"place": refusal.place} if refusal.place else {}),
    }


def _load_refusal(stored: Mapping[str, object]) -> Refusal:
    field, limit, policies = stored.get("field"), stored.get("limit"), stored.get("policies")
    place = stored.get("place")
    return Refusal(
        reason=Reason(str(stored["reason"])),
        field=str(field) if field else None,
        policies=tuple(str(name) for name in policies) if isinstance(policies, list) else (),
        limit=timedelta(seconds=float(limit)) if isinstance(limit, int | float) else None,
        detail=str(stored.get("detail", "")),
        of=str(stored.get("of", "")),
        place=place if isinstance(place, int) else 0,
    )
