"""Session activity: which events are this person's, in this account, with this permission set, in this window.

A log source is asked narrowly, and nothing that it answers is believed: every event passes ``attribute``, so that
a query that finds too much shows nobody somebody else's work (rules 22 and 24).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.ids import AccountId, PrincipalId
from core.domain.request import Request

LOGS_COME_WITHIN = timedelta(minutes=15)
"""CloudTrail delivers an event about five minutes after it happened, at times later (CloudTrail user guide)."""
WIDEST = timedelta(days=7)
"""The longest time that one question covers: what is scanned costs money, and nobody reads more at once."""

_SESSION_ARN = re.compile(r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([\w+=,.@-]+)/(.+)", re.ASCII)
_ISSUER_ARN = re.compile(
    r"arn:aws[a-z-]*:iam::(\d{12}):role/aws-reserved/sso\.amazonaws\.com/(?:[a-z0-9-]+/)?([\w+=,.@-]+)", re.ASCII
)
_DOMAIN = re.compile(r"\.amazonaws\.(com|com\.cn|eu)\Z")
_ROLE = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}", re.ASCII)


class Attribution(StrEnum):
    """By what an event is known to be this person's."""

    USER_ID = "user_id"
    """It carries the UserId of the Identity Center user (``userIdentity.onBehalfOf``)."""
    SESSION_NAME = "session_name"
    """It carries none: the role's name is the permission set's, and the session's the person's user name."""


class Limit(StrEnum):
    """Things that an answer may leave out."""

    CUT = "cut"
    """There is more than was read: the latest is missing."""
    CUT_BEFORE = "cut_before"
    """There is more than was read: the earliest is missing."""
    MANAGEMENT_EVENTS_ONLY = "management_events_only"
    NAMED_REGIONS_ONLY = "named_regions_only"
    SESSION_NAME_ONLY = "session_name_only"
    """The source finds events by session name alone, or knows no user ids."""
    NO_USER_NAME = "no_user_name"
    """The user is gone from Identity Center: what carries no user id cannot be attributed."""
    RENAMED = "renamed"
    """The user has another name than when the request was made: what carries no user id was looked for by both."""
    NINETY_DAYS = "ninety_days"
    """The window began before the source's memory does."""
    LARGE_EVENTS_MISSING = "large_events_missing"
    UNREADABLE = "unreadable"
    """Records were found that could not be read: whose they are is not known."""


@dataclass(frozen=True, slots=True)
class ActivityQuery:
    """A query for one person's events in one account. ``start_at`` belongs to the window, ``end_at`` does not."""

    principal: PrincipalId
    user_name: str
    """As Identity Center has it now; empty when the user is gone."""
    account: AccountId
    permission_set: str
    start_at: datetime
    end_at: datetime

    @property
    def role_prefix(self) -> str:
        """The beginning of the name that Identity Center gives the permission set's role."""
        return f"AWSReservedSSO_{self.permission_set}_"

    @property
    def length(self) -> timedelta:
        return self.end_at - self.start_at


@dataclass(frozen=True, slots=True)
class ActivityEvent:
    """One event of CloudTrail, as far as it is looked at. ``at`` is aware UTC, in whole seconds."""

    id: str
    at: datetime
    source: str
    """``s3.amazonaws.com``"""
    name: str
    region: str
    session_arn: str
    """``arn:aws:sts::…:assumed-role/ROLE/SESSION``"""
    issuer_arn: str
    """The role's own ARN."""
    recipient: str = ""
    """The account whose trail it is in."""
    user_id: str = ""
    """``onBehalfOf.userId``"""
    read_only: bool = False
    error_code: str = ""
    error_message: str = ""
    source_ip: str = ""
    user_agent: str = ""
    access_key: str = ""
    session_created_at: datetime | None = None
    resources: tuple[str, ...] = ()
    attribution: Attribution | None = None
    """Set by ``attributed``; what has none is shown to nobody."""

    @property
    def service(self) -> str:
        """``s3``, in every partition: CloudTrail names some services of China's by the domain of that."""
        return _DOMAIN.sub("", self.source)

    @property
    def failed(self) -> bool:
        return bool(self.error_code)


def attribute(event: ActivityEvent, query: ActivityQuery) -> Attribution | None:
    """By what the event is the person's, with this permission set in this account and window; None when it is not.

    The role must stand below the path that IAM reserves for Identity Center: a role of somebody's own making may
    have the same name, and whoever assumes it chooses the session's name.
    """
    session, issuer = _SESSION_ARN.fullmatch(event.session_arn), _ISSUER_ARN.fullmatch(event.issuer_arn)
    if session is None or issuer is None or not query.start_at <= event.at < query.end_at:
        return None
    if {session[1], issuer[1], event.recipient or query.account} != {query.account}:
        return None
    role = _ROLE.fullmatch(session[2])
    if role is None or role[1] != query.permission_set or session[2] != issuer[2]:
        return None
    if event.user_id:
        return Attribution.USER_ID if event.user_id == query.principal else None
    return Attribution.SESSION_NAME if query.user_name and session[3] == query.user_name else None


def attributed(events: Iterable[ActivityEvent], query: ActivityQuery) -> tuple[ActivityEvent, ...]:
    """The events that are the person's: each event once, oldest first."""
    ours = ((event, attribute(event, query)) for event in events)
    return in_order(replace(event, attribution=by) for event, by in ours if by is not None)


def in_order(events: Iterable[ActivityEvent]) -> tuple[ActivityEvent, ...]:
    """Each event once, oldest first."""
    found: dict[str, ActivityEvent] = {}
    for event in events:
        found.setdefault(event.id, event)
    return tuple(sorted(found.values(), key=lambda event: (event.at, event.id)))


def activity_window(request: Request, now: datetime) -> tuple[datetime, datetime] | None:
    """From active to seen gone, and the sessions that live on after it (rule 24); None when it never was active.

    In whole seconds, as CloudTrail counts them.
    """
    if request.window_start_at is None:
        return None
    start_at, now = request.window_start_at.replace(microsecond=0), now.replace(microsecond=0)
    if request.closed_at is not None:
        return start_at, request.closed_at.replace(microsecond=0) + request.session_duration
    return start_at, max(now, start_at) + timedelta(seconds=1)


def summary_due_at(request: Request, delay: timedelta) -> datetime | None:
    """The moment when the last session is over and its events have arrived; None while the request is not over."""
    if request.window_start_at is None or request.closed_at is None:
        return None
    return request.closed_at + request.session_duration + delay


@dataclass(frozen=True, slots=True)
class ActivityEntry:
    """The same thing done once or several times in one session."""

    event: ActivityEvent
    """The first of them."""
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ActivitySession:
    """One sign-in: what it changed and what it read, apart."""

    begun_at: datetime
    """The time when it was opened, where the events tell it, else of its first event."""
    source_ips: tuple[str, ...]
    writes: tuple[ActivityEntry, ...]
    reads: tuple[ActivityEntry, ...]


@dataclass(frozen=True, slots=True)
class ActivityTally:
    """Counts of a request's events."""

    events: int = 0
    sessions: int = 0
    writes: int = 0
    errors: int = 0
    by: Mapping[Attribution, int] = field(default_factory=dict)


def sessions(events: Sequence[ActivityEvent]) -> tuple[ActivitySession, ...]:
    """Group by session, in the order in which they began.

    The console takes a new access key for every page and keeps the time the session was created at, so that comes
    first; the access key is what is left where an event carries no such time.
    """
    groups: dict[str, list[ActivityEvent]] = {}
    for event in events:
        groups.setdefault(_session_key(event), []).append(event)
    found = (_session(group) for group in groups.values())
    return tuple(sorted(found, key=lambda session: session.begun_at))


def tally(events: Sequence[ActivityEvent]) -> ActivityTally:
    return ActivityTally(
        events=len(events),
        sessions=len({_session_key(event) for event in events}),
        writes=sum(not event.read_only for event in events),
        errors=sum(event.failed for event in events),
        by=Counter(event.attribution for event in events if event.attribution is not None),
    )


def _session_key(event: ActivityEvent) -> str:
    return event.session_created_at.isoformat() if event.session_created_at else f"key {event.access_key}"


def _session(events: Sequence[ActivityEvent]) -> ActivitySession:
    return ActivitySession(
        begun_at=events[0].session_created_at or events[0].at,
        source_ips=tuple(dict.fromkeys(event.source_ip for event in events if event.source_ip)),
        writes=tuple(_entries(event for event in events if not event.read_only)),
        reads=tuple(_entries(event for event in events if event.read_only)),
    )


def _entries(events: Iterable[ActivityEvent]) -> Iterator[ActivityEntry]:
    """The same again is counted, not listed: a console asks the same question at every click."""
    alike: dict[object, list[ActivityEvent]] = {}
    for event in events:
        done = (event.source, event.name, event.region, event.resources, event.error_code)
        what = (*done, event.source_ip, event.attribution)
        alike.setdefault(what, []).append(event)
    for group in alike.values():
        yield ActivityEntry(group[0], len(group), group[-1].at)
