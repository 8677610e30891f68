"""A request and its life: one table says which event leads from which status to which (rule 15)."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.errors import Conflict, Reason
from core.domain.ids import UNSAVED, ConversationId, PrincipalId, RequestId
from core.domain.organization import DEFAULT_SESSION, Target
from core.domain.people import ChatUser


class Status(StrEnum):
    PENDING = "pending"
    SCHEDULED = "scheduled"
    GRANTING = "granting"
    ACTIVE = "active"
    REVOKING = "revoking"
    ENDED = "ended"
    REVOKED = "revoked"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


class Event(StrEnum):
    """An event in the life of a request; it also names its audit event (``request.<event>``)."""

    SUBMIT = "submitted"
    SUBMIT_APPROVED = "submitted_without_approval"
    APPROVE = "approved"
    REJECT = "rejected"
    CANCEL = "cancelled"
    EXPIRE = "expired"
    DISALLOW = "disallowed"
    START = "started"
    GRANTED = "granted"
    GRANT_FAILED = "grant_failed"
    REVOKE = "revoked"
    END = "end_reached"
    GONE = "ended"
    GONE_EARLY = "ended_early"


_S, _E = Status, Event
TRANSITIONS: Mapping[tuple[Status | None, Event], Status] = {
    (None, _E.SUBMIT): _S.PENDING,
    (None, _E.SUBMIT_APPROVED): _S.SCHEDULED,
    (_S.PENDING, _E.APPROVE): _S.SCHEDULED,
    (_S.PENDING, _E.REJECT): _S.REJECTED,
    (_S.PENDING, _E.CANCEL): _S.CANCELLED,
    (_S.PENDING, _E.EXPIRE): _S.EXPIRED,
    (_S.PENDING, _E.DISALLOW): _S.FAILED,
    (_S.SCHEDULED, _E.DISALLOW): _S.FAILED,
    (_S.SCHEDULED, _E.EXPIRE): _S.EXPIRED,
    (_S.SCHEDULED, _E.START): _S.GRANTING,
    (_S.SCHEDULED, _E.REVOKE): _S.REVOKED,
    (_S.SCHEDULED, _E.CANCEL): _S.REVOKED,
    (_S.GRANTING, _E.GRANTED): _S.ACTIVE,
    (_S.GRANTING, _E.GRANT_FAILED): _S.FAILED,
    (_S.GRANTING, _E.DISALLOW): _S.FAILED,
    (_S.GRANTING, _E.REVOKE): _S.REVOKING,
    (_S.GRANTING, _E.END): _S.REVOKING,
    (_S.ACTIVE, _E.REVOKE): _S.REVOKING,
    (_S.ACTIVE, _E.END): _S.REVOKING,
    (_S.REVOKING, _E.GONE): _S.ENDED,
    (_S.REVOKING, _E.GONE_EARLY): _S.REVOKED,
}
"""Every transition there is. What is not here is refused (rule 15)."""

TERMINAL = frozenset(Status) - {status for status, _ in TRANSITIONS if status is not None}
LIVE = frozenset({Status.GRANTING, Status.ACTIVE, Status.REVOKING})
"""Statuses in which an assignment may exist in AWS on this request's account."""
OVERLAP = timedelta(minutes=5)
"""By how much an extension overlaps what it prolongs: AWS has time to confirm it, and nothing is interrupted."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor of an event: a person, or with everything empty the program's own clockwork."""

    name: str = "TEAM Bot"
    principal_id: PrincipalId | None = None
    chat_user: ChatUser | None = None


CLOCKWORK = Actor()


class LeftBehind(StrEnum):
    """The reasons why AWS may still list the assignment of a request that is over (rules 17 and 19)."""

    PRINCIPAL_GONE = "principal_gone"
    """The user was deleted: AWS keeps the row, and nobody can use it."""
    ACCOUNT_GONE = "account_gone"
    """The account was closed, or left the organization."""
    CLOSED_BY_HAND = "closed_by_hand"
    """An admin closed the revocation, with a reason."""
    FOREIGN = "foreign"
    """It is somebody else's: this product made none, or its own is gone."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request for one target. ``id`` and ``version`` are storage's; instants are aware UTC."""

    status: Status
    requester: PrincipalId
    requester_name: str
    requester_chat: ChatUser | None
    target: Target
    account_name: str
    permission_set_name: str
    duration: timedelta
    justification: str
    created_at: datetime
    expires_at: datetime | None
    """The time when a pending request expires (``request_expiry``); None: it waits until it is decided."""
    id: RequestId = UNSAVED
    version: int = 0
    ticket: str = ""
    start_at: datetime | None = None
    """None: as soon as it is decided."""
    session_duration: timedelta = DEFAULT_SESSION
    eligibility_policies: tuple[str, ...] = ()
    approval_policies: tuple[str, ...] = ()
    channels: tuple[ConversationId, ...] = ()
    """The channels of the card; empty: each approver has it."""
    quorum: int = 0
    """Approvals needed; 0: none needed."""
    policy_revision: int = 0
    decided_at: datetime | None = None
    decided_by: str = ""
    decision_comment: str = ""
    granting_at: datetime | None = None
    window_start_at: datetime | None = None
    end_at: datetime | None = None
    """End of access: stored before AWS is called; without an asked start, counted anew from AWS's date (rule 16)."""
    revoking_at: datetime | None = None
    revoked_by: str = ""
    """The person who ended it early; empty when it ended in time."""
    revoke_reason: str = ""
    closed_at: datetime | None = None
    failure: str = ""
    """The reason why it failed or, while it is still granting, why the grant is being given up."""
    ending_soon_told: bool = False
    alarmed_at: datetime | None = None
    continued_by: RequestId | None = None
    """The overlapping request under which the same access goes on (rule 18)."""
    extends: RequestId | None = None
    """The live request that this one overlapped when it was made: it asks for more of the same access."""
    asked_duration: timedelta | None = None
    """The duration that was asked for, when approvers allowed less."""
    remind_at: datetime | None = None
    """The time of the next reminder to approvers; None: there is none."""
    reminders: int = 0
    """The number of reminders so far."""
    judged_at: datetime | None = None
    """The last time it was found to be allowed while it is being granted (rule 14)."""
    undecidable_since: datetime | None = None
    """Since when too few people are left to approve it, while it is pending (rule 7)."""
    left_behind: LeftBehind | None = None
    """Set when it is over and AWS may list the assignment all the same."""
    requester_user_name: str = ""
    """The user name in Identity Center when it was asked for: what sessions were called then."""
    account_was: str = ""
    """The account's first name, where it has changed while the request was open."""
    untold: str = ""
    """The platform's reason why messages do not reach its requester; empty while they do."""
    tells_each: bool = False
    """Each approver has the card, beside its channels (``core.domain.policy.Notify``)."""
    second_account: bool = False
    """``requester_chat`` was a further account of this person that no admin had released (rule 1)."""
    filed_by_token: str = ""
    """The name of the token that filed it for its requester; empty where a person did."""
    slow_told: bool = False
    """While it is granting: the requester was told that AWS takes its time."""
    closed_by: str = ""
    """The admin who closed the revocation by hand, and why."""
    close_reason: str = ""
    submission: RequestId | None = None
    """The first of the requests that one form asked for together, which may be this one; None: it was alone."""
    card: RequestId | None = None
    """The first of those that share one card with this one, which may be this one; None: its card shows it alone."""
    unjudged: bool = False
    """It was stored by what was known, and nobody is told of it before it is judged by what is so (rule 14)."""

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL


def advance(request: Request, event: Event, at: datetime, **changes: object) -> Request:
    """Move a request along the table; Conflict when the table has no such move (rule 15)."""
    after = TRANSITIONS.get((request.status, event))
    if after is None:
        raise Conflict(f"{event} is not possible for a request that is {request.status}")
    closing = {"closed_at": at} if after in TERMINAL else {}
    return replace(request, status=after, **closing, **changes)  # type: ignore[arg-type]


def granting(request: Request, now: datetime) -> Request:
    """Start: the end is known and stored before AWS is asked for anything (rule 16)."""
    began_at = request.start_at or now
    return advance(request, Event.START, now, granting_at=now, judged_at=now, end_at=began_at + request.duration)


def activated(request: Request, now: datetime, made_at: datetime | None = None) -> Request:
    """AWS said SUCCEEDED: access exists since ``made_at``, now when that is not known (rules 6, 16 and 20).

    Without an asked start the window begins then, or when this request began to be granted if the access was there
    before. An asked start fixes the end, however late the access came.
    """
    since = min(max(filter(None, (made_at or now, request.granting_at))), now)
    began_at = request.start_at or since
    return advance(request, Event.GRANTED, now, window_start_at=since, end_at=began_at + request.duration)


def is_being_taken_away(request: Request) -> bool:
    """True if nobody is to have it any more: its end has come, or it is given up, whatever AWS made of it meanwhile."""
    return request.status is Status.REVOKING or (request.status is Status.GRANTING and bool(request.failure))


def closing(request: Request) -> Event:
    """The event that closes what is being taken away: a grant failed, by the rules or by AWS; other access is gone."""
    if request.status is Status.GRANTING:
        by_the_rules = request.failure.partition(":")[0] in frozenset(Reason)
        return Event.DISALLOW if by_the_rules else Event.GRANT_FAILED
    return Event.GONE_EARLY if request.revoked_by else Event.GONE


def closed(
    request: Request, now: datetime, *, continued_by: RequestId | None = None, left_behind: LeftBehind | None = None
) -> Request:
    """The assignment is seen to be gone, stays for another live request alone, or is of no use (rules 17, 18, 20)."""
    return advance(request, closing(request), now, continued_by=continued_by, left_behind=left_behind)


def ending_soon_at(request: Request) -> datetime | None:
    """15 minutes before the end, or a quarter of the window when that is less."""
    if request.end_at is None:
        return None
    return request.end_at - min(timedelta(minutes=15), request.duration / 4)


def has_expired(request: Request, now: datetime) -> bool:
    """True if a request that is pending is to be given up."""
    return request.expires_at is not None and now >= request.expires_at


def next_reminder(request: Request, after: timedelta | None, now: datetime) -> datetime | None:
    """The time of the next reminder: ``after`` its submission, then at twice that, and so on, until it expires.

    What was missed is not made up for. None when there is no later one; no ``after`` means no reminders.
    """
    if not after:
        return None
    at = request.created_at + after
    while at <= now:
        at = request.created_at + (at - request.created_at) * 2
    return None if has_expired(request, at) else at


def extended_by(start_at: datetime | None, live: Iterable[Request]) -> Request | None:
    """The live request that a new one of the same person and target prolongs: it starts before that one ends.

    Of several the one that ends last (rule 18).
    """
    open_ones = [
        request
        for request in live
        if request.status in {Status.GRANTING, Status.ACTIVE}
        and not request.failure
        and request.end_at is not None
        and (start_at is None or start_at < request.end_at)
    ]
    return max(open_ones, key=lambda request: (request.end_at, request.id), default=None)


def extension_start(request: Request, now: datetime) -> datetime | None:
    """The start of an extension that continues this access without a gap; None: now."""
    if request.end_at is None or request.end_at - OVERLAP <= now:
        return None
    return request.end_at - OVERLAP


@dataclass(frozen=True, slots=True)
class Shown:
    """The request and the digest that a button or a form was shown with, as ``1042:ab12…`` (rule 13)."""

    request_id: RequestId
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.request_id}:{self.digest}"

    @classmethod
    def read(cls, value: object) -> "Shown | None":
        """None for anything that this program did not write."""
        match = _SHOWN.fullmatch(value) if isinstance(value, str) else None
        return cls(RequestId(int(match[1])), match[2]) if match else None


_SHOWN = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{0,64})")


def digest(request: Request) -> str:
    """Fingerprint of the facts an approver is shown; a decision names it (rule 13)."""
    facts = [*_facts(request), request.created_at.isoformat()]  # to the microsecond: known from what we drew alone
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def digest_before(request: Request) -> str:
    """The fingerprint that cards of older releases carry. It decides nothing: what it leads to is shown once more."""
    return hashlib.sha256(json.dumps(_facts(request)).encode()).hexdigest()[:16]


def _facts(request: Request) -> list[object]:
    return [
        request.id,
        request.requester,
        request.target.account,
        request.target.permission_set,
        request.start_at.isoformat() if request.start_at else None,
        round(request.duration.total_seconds()),
        request.justification,
        request.ticket,
    ]
