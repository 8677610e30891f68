"""The ports to storage: repositories, and the unit of work that makes their changes one."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.approval import Vote
from core.domain.assignment import Assignment, AssignmentChange, Operation
from core.domain.audit import Anchor, AuditEvent, Sealed
from core.domain.ids import PrincipalId, RequestId
from core.domain.organization import Organization, Target
from core.domain.people import ChatUser
from core.domain.policy import PolicyBook
from core.domain.request import Actor, Request, Status
from core.domain.search import Cursor, Search
from core.domain.visibility import VisibleRequests
from core.ports.activity import Summaries
from core.ports.alarms import Backlog, RaisedAlarms, SharedRounds
from core.ports.archive import ArchiveProgress
from core.ports.breaks import Breaks
from core.ports.drafts import Drafts
from core.ports.drift import Sweeps, Unknowns
from core.ports.following import Following
from core.ports.instance import BookInstance
from core.ports.machines import ApiTokens, SignedCalls
from core.ports.past import PastRequests
from core.ports.people import PeopleListings
from core.ports.pins import Pins
from core.ports.proposals import Proposals
from core.ports.queues import Cards, Exports, Inbox, Outbox
from core.ports.refusals import Refusals
from core.ports.replicas import Replicas
from core.ports.sent_messages import SentMessages
from core.ports.stars import Stars
from core.ports.teams import LearntConversations


class Requests(Protocol):
    """Requests by id and by what is due. Writes are compare-and-swap (rule 15)."""

    async def add(self, request: Request) -> Request:
        """Store a new one, as the first of an ``UNSAVED`` submission or card; returns it with its id, from 1001."""
        ...

    async def asked_with(self, request: Request) -> Sequence[Request]:
        """The requests of its submission, itself among them, oldest first."""
        ...

    async def get(self, request_id: RequestId) -> Request | None: ...

    async def several(self, request_ids: Sequence[RequestId]) -> Sequence[Request]:
        """Those of them that there are, in no particular order."""
        ...

    async def save(self, before: Request, after: Request) -> Request:
        """Write ``after`` where id, status and version are still those of ``before``; Conflict otherwise."""
        ...

    async def of_requester(
        self,
        principal: PrincipalId,
        *,
        limit: int,
        before: RequestId | None = None,
        statuses: Collection[Status] = tuple(Status),
    ) -> Sequence[Request]:
        """Newest first."""
        ...

    async def live_on(self, target: Target) -> Sequence[Request]:
        """Granting, active or revoking for one target, whoever's."""
        ...

    async def search(
        self,
        search: Search,
        *,
        limit: int,
        before: Cursor | None = None,
        after: Cursor | None = None,
        among: VisibleRequests | None = None,
    ) -> Sequence[Request]:
        """Matching requests, newest first: the first, the next older than ``before``, or the next newer than ``after``.

        ``among``: only of these. Takes as long as a page does, however many fit.
        """
        ...

    async def live_of(self, principal: PrincipalId, target: Target) -> Sequence[Request]:
        """Those granting, active or revoking for one assignment."""
        ...

    async def open_of(self, principal: PrincipalId) -> Sequence[Request]:
        """Pending and scheduled ones, oldest first. Nobody else who asks this adds one until this unit is over."""
        ...

    async def withdrawn(self, principal: PrincipalId, since: datetime) -> Sequence[Request]:
        """Made since then, and called off early (``core.domain.open_requests.WITHDRAWN``)."""
        ...

    async def with_status(self, *statuses: Status, limit: int, after: RequestId | None = None) -> Sequence[Request]:
        """Oldest first; ``after``: only those younger than that one."""
        ...

    async def whose_access_is_lost(self, limit: int = 1000) -> Sequence[Request]:
        """Active ones whose assignment somebody else took away, and AWS still does not list; oldest first."""
        ...

    async def counts(self, closed_since: datetime) -> Mapping[Status, int]:
        """The number of requests in each status that occurs; of those that are over, only since then."""
        ...

    async def count_since(self, principal: PrincipalId, target: Target, since: datetime) -> int: ...

    async def undecided(
        self, principal: PrincipalId, now: datetime, *, limit: int, after: RequestId | None = None
    ) -> Sequence[Request]:
        """Pending, judged and not expired, of others, and not decided on by this principal; oldest first."""
        ...

    async def due_to_remind(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Pending, not expired, and past ``remind_at``. Here and below in their order, ``after`` one of them."""
        ...

    async def due_to_expire(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Pending past ``expires_at``."""
        ...

    async def claim_due_to_start(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Request]:
        """Scheduled and judged ones whose start has come, leased to the caller in one statement."""
        ...

    async def claim_unjudged(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Request]:
        """Those that were stored by what was known, leased to the caller in the same way."""
        ...

    async def put_off(self, request_id: RequestId, until: datetime) -> None:
        """Leave one that is due until later, because it cannot be judged now. Its lease is given up with it."""
        ...

    async def due_to_end(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Granting or active past ``end_at`` (rule 16)."""
        ...

    async def due_to_warn(self, now: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Active, not yet told that the end is near, once it is time for that (``ending_soon_at``)."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest time at which any request has a reminder, expires, starts, warns or ends; it may have passed."""
        ...

    async def next_start(self, after: datetime) -> datetime | None:
        """The earliest start of a scheduled one that is later than this."""
        ...

    async def next_end(self, after: datetime) -> datetime | None:
        """The earliest end of a granting or active one that is later than this."""
        ...

    async def slow_grants(self, since: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Granting since before ``since``, not being given up, and their requesters not told."""
        ...

    async def skip_numbers(self, count: int) -> None:
        """Give none of the next so many numbers to a request: they may have been given to others already."""
        ...

    async def past_end(self, before: datetime, limit: int) -> Sequence[Request]:
        """Live ones whose end, or whose revocation, came before then; oldest first."""
        ...

    async def overdue_revocations(self, since: datetime, limit: int, after: Request | None = None) -> Sequence[Request]:
        """Revoking since before ``since`` and not yet alarmed about."""
        ...


class Votes(Protocol):
    async def add(self, vote: Vote) -> None:
        """One per principal and request; Conflict for a second (rule 12)."""
        ...

    async def of(self, request_id: RequestId) -> Sequence[Vote]:
        """In the order they were given."""
        ...

    async def of_several(self, request_ids: Sequence[RequestId]) -> Mapping[RequestId, Sequence[Vote]]:
        """The same of several requests at once; those without votes are left out."""
        ...


class Assignments(Protocol):
    """The book of assignments (one row per principal × target) and the slots for operations on them."""

    async def wake(self, principal: PrincipalId, target: Target, at: datetime, *, urgent: bool) -> None:
        """Make a row if there is none, and have it looked at ``at`` the latest. ``urgent`` is never unset here."""
        ...

    async def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Assignment]:
        """Lease so many due rows to the caller, urgent ones first, each with a new fence.

        Besides come all whose operation in flight is due to be asked after, and those of ``claim_next_in_line``.
        """
        ...

    async def claim_next_in_line(self, now: datetime, lease: timedelta) -> Sequence[Assignment]:
        """Lease rows that wait for a slot, as many as there are slots, deletions first."""
        ...

    async def get(self, principal: PrincipalId, target: Target) -> Assignment | None: ...

    async def begin(self, assignment: Assignment, operation: Operation) -> Assignment | None:
        """Record what is known and the intent, and take a slot; None when there is none free.

        It is due from then on: should this process die, it is taken up as soon as the claim is over.
        At most MAX_OUTSTANDING rows have one at once, one per account, and a CREATE takes none while a DELETE
        waits that could have it, unless it has waited for long itself. Serialised across replicas.
        """
        ...

    async def has_slot(self, assignment: Assignment, operation: Operation) -> bool:
        """True if ``begin`` would find a slot now."""
        ...

    async def save(self, assignment: Assignment) -> Assignment:
        """Write under the fence of the claim, and release the claim; Conflict when it was claimed anew."""
        ...

    async def keep(self, assignment: Assignment) -> Assignment:
        """Write under the fence of the claim, and keep the claim; Conflict when it was claimed anew."""
        ...

    async def forget(self, changed_before: datetime, limit: int) -> int:
        """Delete rows at rest that are not ours and that no live request is about, of before then; says how many."""
        ...

    async def ours_on(self, target: Target) -> Sequence[Assignment]:
        """Those of one target that are ours, or that this product has changed at some time."""
        ...

    async def memberships_of(self, principal: PrincipalId) -> Sequence[Assignment]:
        """Somebody's memberships of groups that are ours, or that this product has changed at some time."""
        ...

    async def targets_of_ours(self) -> Sequence[Target]:
        """Every target of which something is ours, or was changed by us at some time."""
        ...

    async def learn(self, principal: PrincipalId, target: Target, change: AssignmentChange, at: datetime) -> None:
        """Enter a change of ours that the book had forgotten: after a deletion nothing there is ours.

        What follows from it is done at once.
        """
        ...

    async def adopt(self, principal: PrincipalId, target: Target, at: datetime) -> None:
        """Enter somebody else's assignment as ours, to be looked at at once: with no request it is taken away."""
        ...


class AuditTrail(Protocol):
    async def append(self, event: AuditEvent) -> None:
        """Seal an event behind the last one; serialised, and called last in a unit of work."""
        ...

    async def of_request(self, request_id: RequestId) -> Sequence[Sealed]:
        """Oldest first."""
        ...

    async def page(self, after: int, limit: int) -> Sequence[Sealed]:
        """The events behind a place, in order."""
        ...

    def chain(self) -> AsyncIterator[Sealed]:
        """The whole trail in order, streamed."""
        ...

    async def anchor(self) -> Anchor: ...


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of the policy book: who wrote it, when and why."""

    book: PolicyBook
    at: datetime
    author: Actor
    why: str = ""


@dataclass(frozen=True, slots=True)
class OpenedHome:
    """The Home screen of somebody who has opened it. ``pages`` is opaque to core: how far its lists are turned."""

    chat_user: ChatUser
    principal_id: PrincipalId
    drawn_at: datetime
    """The last time it was drawn because somebody looked at it or did something there."""
    pages: str = ""
    said: str = ""
    """The last answer shown there."""


class Homes(Protocol):
    """Home screens that are kept up to date."""

    async def put(self, home: OpenedHome) -> None: ...

    async def get(self, chat_user: ChatUser) -> OpenedHome | None: ...

    async def of_principal(self, principal: PrincipalId, since: datetime) -> Sequence[OpenedHome]:
        """Drawn since then."""
        ...

    async def opened(self, since: datetime, limit: int) -> Sequence[OpenedHome]:
        """Drawn since then, the newest first."""
        ...


class Policies(Protocol):
    async def current(self) -> PolicyBook:
        """The newest revision; the empty book (revision 0) when there is none."""
        ...

    async def add(self, revision: Revision) -> None:
        """Append ``book.revision``; Conflict when it is not the one after the newest."""
        ...

    async def history(self, limit: int, before: int | None = None) -> Sequence[Revision]:
        """Newest first; only those before a revision, when one is given."""
        ...

    async def get(self, revision: int) -> Revision | None: ...


class Snapshots(Protocol):
    """The organization as last read, shared by replicas and kept over restarts."""

    async def get(self) -> Organization | None: ...

    async def taken_at(self) -> datetime | None:
        """Of the stored snapshot, without reading it."""
        ...

    async def put(self, organization: Organization) -> Organization | None:
        """Returns the one that it takes the place of: of two replicas that put one at once each sees the other's."""
        ...

    async def alarm(self, taken_at: datetime, at: datetime) -> bool:
        """Note that the admins are told how old this snapshot is; False when they have been, or it is another."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Only ``commit`` keeps anything; leaving without it rolls back."""

    requests: Requests
    past: PastRequests
    following: Following
    votes: Votes
    assignments: Assignments
    audit: AuditTrail
    refusals: Refusals
    archive: ArchiveProgress
    breaks: Breaks
    outbox: Outbox
    cards: Cards
    sent: SentMessages
    inbox: Inbox
    exports: Exports
    pins: Pins
    homes: Homes
    stars: Stars
    policies: Policies
    drafts: Drafts
    proposals: Proposals
    instance: BookInstance
    snapshots: Snapshots
    people: PeopleListings
    unknowns: Unknowns
    sweeps: Sweeps
    replicas: Replicas
    alarms: RaisedAlarms
    backlog: Backlog
    shared_rounds: SharedRounds
    summaries: Summaries
    teams_conversations: LearntConversations
    api_tokens: ApiTokens
    signed_calls: SignedCalls

    async def commit(self) -> None: ...


OpenUnit = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
"""Opens a fresh unit of work. Never held across a call to AWS or to a chat platform."""
