"""What core needs from outside, as Protocols. Adapters implement them; tests have fakes of them.

Whatever can fail raises the errors of ``core.domain.errors`` and nothing else: ``UpstreamBusy`` (nothing
happened, try again), ``AnswerLost`` (it may have happened), ``UpstreamRefused`` (final), ``Conflict``.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from core.domain.approval import Vote
from core.domain.assignment import Assignment, Operation, OperationKind, OperationState
from core.domain.audit import Anchor, AuditEvent, Sealed
from core.domain.ids import ConversationId, GroupId, PrincipalId, RequestId
from core.domain.notices import Notice
from core.domain.organization import Organization, Target
from core.domain.people import ChatProfile, ChatUser, Group, Pin, Principal
from core.domain.policy import PolicyBook
from core.domain.request import Actor, Request, Status

T = TypeVar("T")


class Clock(Protocol):
    """The one source of the time of day."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...


# --- storage -----------------------------------------------------------------------------------------


class Requests(Protocol):
    """Requests by id and by what is due. Writes are compare-and-swap (rule 15)."""

    async def add(self, request: Request) -> Request:
        """Store a new request; returns it with its id and version 1. Ids begin at 1001."""
        ...

    async def get(self, request_id: RequestId) -> Request | None: ...

    async def save(self, before: Request, after: Request) -> Request:
        """Write ``after`` where id, status and version are still those of ``before``; Conflict otherwise."""
        ...

    async def of_requester(
        self, principal: PrincipalId, *, limit: int, before: RequestId | None = None
    ) -> Sequence[Request]:
        """Newest first."""
        ...

    async def live_of(self, principal: PrincipalId, target: Target) -> Sequence[Request]:
        """Those granting, active or revoking for one assignment."""
        ...

    async def with_status(self, *statuses: Status, limit: int = 1000) -> Sequence[Request]:
        """Oldest first."""
        ...

    async def count_since(self, principal: PrincipalId, target: Target, since: datetime) -> int: ...

    async def due_to_expire(self, now: datetime, limit: int) -> Sequence[Request]:
        """Pending past ``expires_at``."""
        ...

    async def claim_due_to_start(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Request]:
        """Scheduled ones whose start has come, leased to the caller in one statement."""
        ...

    async def postpone_start(self, request_id: RequestId, until: datetime) -> None:
        """Leave a due start until later, because it cannot be judged now."""
        ...

    async def due_to_end(self, now: datetime, limit: int) -> Sequence[Request]:
        """Active past ``end_at``."""
        ...

    async def due_to_warn(self, now: datetime, limit: int) -> Sequence[Request]:
        """Active, not yet told that the end is near, with at most 15 minutes left."""
        ...

    async def overdue_revocations(self, since: datetime, limit: int) -> Sequence[Request]:
        """Revoking since before ``since`` and not yet alarmed about."""
        ...


class Votes(Protocol):
    async def add(self, vote: Vote) -> None:
        """One per principal and request; Conflict for a second (rule 12)."""
        ...

    async def of(self, request_id: RequestId) -> Sequence[Vote]:
        """In the order they were given."""
        ...


class Assignments(Protocol):
    """The book of assignments (one row per principal × target) and the slots for operations on them."""

    async def wake(self, principal: PrincipalId, target: Target, at: datetime, *, urgent: bool) -> None:
        """Make a row if there is none, and have it looked at ``at`` the latest. ``urgent`` is never unset here."""
        ...

    async def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Assignment]:
        """Lease due rows to the caller, urgent ones first, each with a new fence, in one statement."""
        ...

    async def get(self, principal: PrincipalId, target: Target) -> Assignment | None: ...

    async def begin(self, assignment: Assignment, operation: Operation) -> Assignment | None:
        """Record the intent and take a slot; None when there is none free.

        At most MAX_OUTSTANDING rows have an operation at once, one per account, and a CREATE takes none
        while something urgent in need of one is due. Serialised across replicas.
        """
        ...

    async def save(self, assignment: Assignment) -> Assignment:
        """Write under the fence of the claim, and release the claim; Conflict when it was claimed anew."""
        ...

    async def managed(self) -> Sequence[Assignment]:
        """Those that are ours or have an operation."""
        ...


class AuditTrail(Protocol):
    async def append(self, event: AuditEvent) -> None:
        """Seal an event behind the last one; serialised, and called last in a unit of work."""
        ...

    async def of_request(self, request_id: RequestId) -> Sequence[Sealed]:
        """Oldest first."""
        ...

    def chain(self) -> AsyncIterator[Sealed]:
        """The whole trail in order, streamed."""
        ...

    async def anchor(self) -> Anchor: ...


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Where a sent message is; opaque to core. ``conversation`` and ``message`` are the platform's ids."""

    platform: str
    conversation: str
    message: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice in the outbox. ``destination`` is the recipient's audience and id: one is served in order."""

    id: int
    notice: Notice
    created_at: datetime
    attempts: int = 0
    fence: int = 0


class Outbox(Protocol):
    async def put(self, notices: Sequence[Notice], at: datetime) -> None:
        """Queue, in order. A card already queued for the same place and not being sent is not queued twice."""
        ...

    async def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Outgoing]:
        """Lease what is due, at most the oldest unsent one of each recipient, in one statement."""
        ...

    async def sent(self, outgoing: Outgoing, at: datetime) -> None: ...

    async def retry(self, outgoing: Outgoing, at: datetime, error: str) -> None: ...

    async def undeliverable(self, outgoing: Outgoing, at: datetime, error: str) -> None:
        """Give up on this one and keep it, with why: it is shown by ``doctor`` and in metrics."""
        ...

    async def waiting(self) -> tuple[int, int, datetime | None]:
        """How many wait, how many were undeliverable, and the oldest waiting one's time."""
        ...


class Cards(Protocol):
    """Which message shows a request's card in which place."""

    async def get(self, request_id: RequestId, place: str) -> MessageRef | None: ...

    async def put(self, request_id: RequestId, place: str, ref: MessageRef, at: datetime) -> None:
        """Remember, replacing what was known for the place."""
        ...

    async def of(self, request_id: RequestId) -> Mapping[str, MessageRef]: ...


class ActKind(StrEnum):
    SUBMIT = "submit"
    DECIDE = "decide"
    CANCEL = "cancel"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Act:
    """What a person wants done, as it came in: stored before it is acknowledged, done from there.

    ``key`` makes the same click or form delivered twice one act. ``payload`` is JSON, read by the service.
    """

    kind: ActKind
    actor: ChatUser
    key: str
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """An act in the inbox. ``outcome`` is None while it is open; ``answer_later``: nobody waits at a screen."""

    id: int
    act: Act
    received_at: datetime
    outcome: Mapping[str, object] | None = None
    answer_later: bool = False
    attempts: int = 0


class Inbox(Protocol):
    async def put(self, act: Act, at: datetime) -> Received:
        """Store, leased to the caller; returns the one already there when the key is known."""
        ...

    async def get(self, act_id: int) -> Received | None: ...

    async def close(self, act_id: int, outcome: Mapping[str, object], at: datetime) -> Received:
        """Record what came of it; Conflict when another has done so."""
        ...

    async def answer_later(self, act_id: int) -> Received:
        """The screen gives up waiting: the outcome is to be told in a message. Returns the row as it is now."""
        ...

    async def claim_open(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Received]:
        """Lease open acts that nobody works on; from now on their answer comes in a message."""
        ...

    async def retry(self, act_id: int, at: datetime, error: str) -> None: ...


class Pins(Protocol):
    async def get(self, chat_user: ChatUser) -> Pin | None: ...

    async def put(self, pin: Pin, at: datetime) -> None: ...

    async def of_principal(self, principal: PrincipalId) -> Sequence[Pin]:
        """Newest first."""
        ...

    async def suspended(self) -> Sequence[Pin]: ...


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of the policy book: who wrote it, when and why."""

    book: PolicyBook
    at: datetime
    author: Actor
    why: str = ""


class Policies(Protocol):
    async def current(self) -> PolicyBook:
        """The newest revision; the empty book (revision 0) when there is none."""
        ...

    async def add(self, revision: Revision) -> None:
        """Append ``book.revision``; Conflict when it is not the one after the newest."""
        ...

    async def history(self, limit: int) -> Sequence[Revision]:
        """Newest first."""
        ...


class Snapshots(Protocol):
    """The organisation as last read, shared by replicas and kept over restarts."""

    async def get(self) -> Organization | None: ...

    async def taken_at(self) -> datetime | None:
        """Of the stored snapshot, without reading it."""
        ...

    async def put(self, organization: Organization) -> None: ...


class Replicas(Protocol):
    """Which processes are alive: the AWS call budget is shared between them."""

    async def heartbeat(self, replica: str, at: datetime, alive_since: datetime) -> int:
        """Record a sign of life; returns how many replicas have given one after ``alive_since``."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Only ``commit`` keeps anything; leaving without it rolls back."""

    requests: Requests
    votes: Votes
    assignments: Assignments
    audit: AuditTrail
    outbox: Outbox
    cards: Cards
    inbox: Inbox
    pins: Pins
    policies: Policies
    snapshots: Snapshots
    replicas: Replicas

    async def commit(self) -> None: ...


OpenUnit = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
"""Opens a fresh unit of work. Never held across a call to AWS or to a chat platform."""


# --- AWS ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """``reason`` is AWS's FailureReason."""

    state: OperationState
    reason: str = ""


class AssignmentCloud(Protocol):
    """Account assignments of IAM Identity Center. Revocations go before grants in the queue for calls."""

    async def is_assigned(self, principal: PrincipalId, target: Target, *, urgent: bool = False) -> bool:
        """Whether AWS lists the direct assignment."""
        ...

    async def begin(self, kind: OperationKind, principal: PrincipalId, target: Target) -> str:
        """Ask AWS to create or delete; returns its RequestId. Never tried twice on its own.

        Raises UpstreamBusy (throttled, conflicting: nothing happened), AnswerLost (5xx, time-out) or
        UpstreamRefused.
        """
        ...

    async def operation(self, kind: OperationKind, aws_id: str) -> OperationStatus:
        """Poll. Raises UpstreamRefused(code="ResourceNotFoundException") for an id AWS does not know."""
        ...

    async def find_operation(
        self, kind: OperationKind, principal: PrincipalId, target: Target, since: datetime
    ) -> str | None:
        """Look for the operation whose answer was lost, among those AWS was asked for since then."""
        ...


class PrincipalDirectory(Protocol):
    """Identity Center users and groups. Cached a minute at most; ``fresh`` asks AWS (rule 2)."""

    async def principals_of_email(self, email: str, *, fresh: bool = False) -> Sequence[Principal]:
        """Everybody whose e-mail or user name this is, without regard to case, disabled ones included."""
        ...

    async def principal(self, principal: PrincipalId, *, fresh: bool = False) -> Principal | None: ...

    async def groups_of(self, principal: PrincipalId, *, fresh: bool = False) -> frozenset[GroupId]: ...

    async def members_of(self, group: GroupId, *, fresh: bool = False) -> frozenset[PrincipalId]:
        """Empty for a group that does not exist."""
        ...

    async def groups(self) -> Sequence[Group]: ...

    async def refresh(self) -> None:
        """Read all users and groups anew."""
        ...


class OrganizationReader(Protocol):
    async def read(self) -> Organization:
        """Read accounts, units and permission sets, everything paginated. Takes seconds to minutes."""
        ...


class Background(Protocol):
    """Work that outlives the call that began it, and is drained at shutdown."""

    def start(self, work: Coroutine[Any, Any, T], name: str) -> "asyncio.Task[T]": ...


class CallBudget(Protocol):
    """The share of AWS's call quota that this process may use."""

    def divide(self, replicas: int) -> None: ...


# --- chat --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the bot can know about a channel before it posts there."""

    id: ConversationId
    name: str = ""
    exists: bool = True
    is_archived: bool = False
    is_shared_outside: bool = False
    bot_is_member: bool = True
    is_private: bool = False


class ChatDirectory(Protocol):
    async def profile(self, chat_user: ChatUser, *, fresh: bool = False) -> ChatProfile:
        """Fails closed: UpstreamBusy when it cannot be had."""
        ...

    async def user_of_email(self, email: str) -> ChatUser | None: ...

    async def conversation(self, conversation: ConversationId) -> Conversation: ...


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a card shows, whatever the platform."""

    request: Request
    votes: Sequence[Vote]
    approver_names: Sequence[str]
    """Who may decide, the requester left out; may be long."""
    group_names: Sequence[str]
    account_path: Sequence[str]
    recent_requests: int
    """Of this person for this target in the last 30 days, this one included."""
    live_elsewhere: Sequence[Request]
    """Other requests of this person that are live now."""
    requester_users: Sequence[ChatUser]
    digest: str
    now: datetime


class Messenger(Protocol):
    """Says things on a chat platform. Raises UpstreamBusy (with retry_after), AnswerLost or UpstreamRefused."""

    async def show_card(self, card: Card, place: str, known: MessageRef | None) -> MessageRef:
        """Post the card, or update it where it is known to be; posts again when it was deleted.

        ``place`` is a conversation id, or ``user:<team>/<user>`` for a direct message.
        """
        ...

    async def reply(self, card: MessageRef, notice: Notice, request: Request) -> None:
        """A line in the thread of a card."""
        ...

    async def tell(self, to: ChatUser, notice: Notice, request: Request | None, link: MessageRef | None) -> MessageRef:
        """A direct message. ``link`` is a card that the recipient can open."""
        ...

    async def write_line(self, to: ConversationId, notice: Notice, request: Request | None) -> None:
        """One line in the audit channel."""
        ...
