"""The content of notices that their request cannot provide later: one type for each kind, with its fields.

How each is stored: ``core/adapters/storage/notice_documents.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.activity import ActivityTally
from core.domain.alarm import Wrong
from core.domain.commands import ExportKind
from core.domain.errors import Refusal, SourceTrouble
from core.domain.ids import ConversationId, GroupId, PrincipalId, RequestId
from core.domain.outcome import Outcome
from core.domain.request import Request
from core.domain.settings import UnknownAssignments
from core.domain.told_changes import ToldPart


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """A refusal by a source of session activity: ``what`` it refused, and the words in which it ``said`` so."""

    trouble: SourceTrouble
    what: str
    said: str


@dataclass(frozen=True, slots=True)
class RefusedFailure:
    """The rules said no; without refusals there is no such request."""

    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class OtherFailure:
    because: str
    """The error's own words; empty where it has none."""


Failure = SourceFailure | RefusedFailure | OtherFailure


@dataclass(frozen=True, slots=True)
class ApprovalCounted:
    by: str
    quorum: int
    allowed: timedelta | None = None
    """The length that was approved, where it is less than was asked for."""


@dataclass(frozen=True, slots=True)
class AskedTogether:
    """Requests of one form. ``requests`` as they are when the message is drawn: they are not stored with it."""

    submission: RequestId
    requests: tuple[Request, ...] = ()


@dataclass(frozen=True, slots=True)
class Reminder:
    round: int
    """Counted from 1."""
    others: tuple[RequestId, ...] = ()
    """The further requests on the same card that wait: one reminder is about them all."""


@dataclass(frozen=True, slots=True)
class Slow:
    because: str
    """AWS's words; empty where it has not said why."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    because: str
    asked: bool
    """AWS was asked to delete the assignment, and has not finished."""


@dataclass(frozen=True, slots=True)
class Undecidable:
    able: int
    needed: int


@dataclass(frozen=True, slots=True)
class LostAssignment:
    """That of the notice's request."""


@dataclass(frozen=True, slots=True)
class UnknownAssignmentsFound:
    count: int
    examples: str
    """Some of them in words, with semicolons between."""
    setting: UnknownAssignments


@dataclass(frozen=True, slots=True)
class OutOfReach:
    permission_set: str
    requests: str
    """``R-1001, R-1002``"""


@dataclass(frozen=True, slots=True)
class OldPicture:
    since: datetime


@dataclass(frozen=True, slots=True)
class AlarmRaised:
    wrong: Wrong


@dataclass(frozen=True, slots=True)
class OtherAlarm:
    """One that another release has raised: it is told by its name."""

    alarm: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlarmCleared:
    alarm: str
    """Its kind; one of another release is told by that name."""
    minutes: int
    """Minutes for which it lasted."""


@dataclass(frozen=True, slots=True)
class TrailBroken:
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class TrailWhole:
    seq: int


@dataclass(frozen=True, slots=True)
class PairSuspended:
    user: str
    claimed: str
    """The name of whom the address leads to now."""
    platform: str = ""
    """Of the user; empty in what an older release stored."""


@dataclass(frozen=True, slots=True)
class PairsSuspended:
    count: int
    users: str
    """Some of them, with commas between."""


@dataclass(frozen=True, slots=True)
class SecondAccount:
    user: str
    claimed: str
    platform: str = ""


@dataclass(frozen=True, slots=True)
class SecondAccounts:
    count: int
    users: str


@dataclass(frozen=True, slots=True)
class SecondAccountOfYours:
    user: str
    platform: str = ""


@dataclass(frozen=True, slots=True)
class AccountElsewhere:
    """The first act of a person on another platform, told where they were before."""

    user: str
    platform: str


@dataclass(frozen=True, slots=True)
class PairReleased:
    user: str
    name: str
    by: str
    why: str
    platform: str = ""


@dataclass(frozen=True, slots=True)
class PairsReleased:
    count: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A change of policies or settings, named by the names that its book was written with."""

    by: str
    why: str
    revision: int
    parts: tuple[ToldPart, ...]
    more: int
    """Parts that are not named."""
    not_told: PrincipalId | None
    """The admin whose own change it is."""
    admin_groups: tuple[GroupId, ...]
    """Groups whose members are told besides those who are admins when it is told."""


@dataclass(frozen=True, slots=True)
class PoliciesChanged:
    change: PolicyChange
    approved_by: str = ""
    """The second admin; empty where none was needed."""


@dataclass(frozen=True, slots=True)
class PoliciesWaiting:
    change: PolicyChange
    proposal: int
    because: tuple[str, ...]
    """Values of ``Widening``; a newer release may know others."""
    until: datetime


@dataclass(frozen=True, slots=True)
class PoliciesUnchanged:
    change: PolicyChange
    proposal: int
    state: str
    """A value of ``ProposalState``."""
    closed_by: str
    """Empty where nobody did."""


@dataclass(frozen=True, slots=True)
class ChannelShared:
    channel: ConversationId


@dataclass(frozen=True, slots=True)
class ChannelsLost:
    team: str
    """Its name; empty where none is known."""


@dataclass(frozen=True, slots=True)
class ApproverUnreached:
    """Becomes one ``Unreached`` to each who is told, unless others can decide."""

    to: str
    """The id of the recipient who was not reached."""
    absent: bool
    """No account of the chat platform is this approver's."""


@dataclass(frozen=True, slots=True)
class Unreached:
    who: str
    """A name; empty where it could not be had."""
    nobody: bool
    """No approver was reached."""


@dataclass(frozen=True, slots=True)
class Exported:
    export: ExportKind
    subject: str
    rows: int | None = None
    """None where it was counted by an earlier try."""
    lacks: tuple[str, ...] = ()
    """The gaps in the file: values of ``Limit``, and ``INCOMPLETE``."""
    unsure: bool = False
    """The chat platform did not confirm that it shows the file."""


@dataclass(frozen=True, slots=True)
class ExportFailed:
    export: ExportKind
    subject: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class ActivitySummary:
    tally: ActivityTally
    source: str
    cut: bool
    """There is more than was read."""
    unread: int
    """Events that could not be read."""
    unsure: bool = False
    """None were found, and some may have been overlooked."""


@dataclass(frozen=True, slots=True)
class ActivityFailed:
    failure: Failure


@dataclass(frozen=True, slots=True)
class Answer:
    command: int
    """The id of the command in the inbox."""
    outcome: Outcome
    typed: str
    """The text typed with it, so that it need not be typed again."""


AboutRequests = (
    AskedTogether | ApprovalCounted | Reminder | Slow | Overdue | Undecidable | ApproverUnreached | Unreached | Answer
)
AboutPairs = (
    PairSuspended
    | PairsSuspended
    | SecondAccount
    | SecondAccounts
    | SecondAccountOfYours
    | AccountElsewhere
    | PairReleased
    | PairsReleased
)
AboutPolicies = PoliciesChanged | PoliciesWaiting | PoliciesUnchanged
AboutFiles = Exported | ExportFailed | ActivitySummary | ActivityFailed
AboutWork = (
    LostAssignment
    | UnknownAssignmentsFound
    | OutOfReach
    | OldPicture
    | AlarmRaised
    | OtherAlarm
    | AlarmCleared
    | TrailBroken
    | TrailWhole
    | ChannelShared
    | ChannelsLost
)
