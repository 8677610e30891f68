"""Notices: what to say to whom when something happens. Platform-neutral: the words are made where they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from core.domain.ids import ConversationId, PrincipalId, RequestId
from core.domain.notice_content import (
    AboutFiles,
    AboutPairs,
    AboutPolicies,
    AboutRequests,
    AboutWork,
    AccountElsewhere,
    ActivityFailed,
    ActivitySummary,
    AlarmCleared,
    AlarmRaised,
    Answer,
    ApprovalCounted,
    ApproverUnreached,
    AskedTogether,
    ChannelShared,
    ChannelsLost,
    Exported,
    ExportFailed,
    LostAssignment,
    OldPicture,
    OtherAlarm,
    OutOfReach,
    Overdue,
    PairReleased,
    PairsReleased,
    PairsSuspended,
    PairSuspended,
    PoliciesChanged,
    PoliciesUnchanged,
    PoliciesWaiting,
    Reminder,
    SecondAccount,
    SecondAccountOfYours,
    SecondAccounts,
    Slow,
    TrailBroken,
    TrailWhole,
    Undecidable,
    UnknownAssignmentsFound,
    Unreached,
)
from core.domain.people import ChatUser
from core.domain.request import Request


class Form(StrEnum):
    """The form of a notice."""

    CARD = "card"
    """Show the request's card as the request is now: post it, or update what was posted."""
    THREAD = "thread"
    """A line under the card."""
    DIRECT = "direct"
    """A direct message."""
    LINE = "line"
    """One line in the audit channel."""
    EDIT = "edit"
    """Draw a message anew that was sent, as things are now: its buttons have lost their use."""
    HOME = "home"
    """Draw anew what somebody has open. Best effort: it is drawn whenever it is opened, too."""


class Topic(StrEnum):
    """The subject of a notice."""

    SUBMITTED = "submitted"
    ASKED_TOGETHER = "asked_together"
    """To the requester of several targets: each of them, as it is now."""
    APPROVAL_COUNTED = "approval_counted"
    REMINDER = "reminder"
    """To approvers who have not decided: it still waits."""
    APPROVED = "approved"
    GRANTING = "granting"
    """AWS is being asked: a line in the audit channel and nothing else, since nobody has anything yet."""
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ACTIVE = "active"
    ENDING_SOON = "ending_soon"
    BEING_ENDED = "being_ended"
    ENDED = "ended"
    REVOKED = "revoked"
    FAILED = "failed"
    OVERDUE = "overdue"
    """To admins: a revocation takes too long (rule 17)."""
    LATE_END = "late_end"
    """To the same: it is over."""
    SLOW = "slow"
    """To the requester, once: AWS has not granted it yet, and it is tried further."""
    LEFT_BEHIND = "left_behind"
    """To admins: a request is over, and AWS may still list its assignment, which nobody can use or a hand closed."""
    DRIFT = "drift"
    """To admins: AWS and the database disagree (rule 19)."""
    OUT_OF_REACH = "out_of_reach"
    """To admins: AWS no longer lets the bot take a permission set away that somebody has (rule 9)."""
    ALARM = "alarm"
    """To admins and the audit channel: something is wrong with the program or around it, or is well again."""
    UNDECIDABLE = "undecidable"
    """To requester and admins: too few people are left to approve what waits (rule 7)."""
    OLD_PICTURE = "old_picture"
    """To admins: the organization was not read lately, so nothing is decided but the taking away (rule 3)."""
    TRAIL_BROKEN = "trail_broken"
    """To admins: the audit trail was changed, or ends where it should not (rule 23)."""
    TRAIL_WHOLE = "trail_whole"
    """To the same: all of it was proved again since."""
    IDENTITY_SUSPENDED = "identity_suspended"
    """To admins: a pinned pair leads elsewhere (rule 1)."""
    SECOND_ACCOUNT = "second_account"
    """To a principal's first account, and to admins: another account leads to the same principal (rule 1)."""
    PAIR_RELEASED = "pair_released"
    """To whoever may act again, and to the account that was there before: an admin released the pair (rule 1)."""
    POLICIES_CHANGED = "policies_changed"
    """To the audit channel and the other admins: policies or settings have a new revision (rule 25)."""
    POLICIES_WAITING = "policies_waiting"
    """To the same: a change that widens waits for a second admin (rule 25)."""
    POLICIES_UNCHANGED = "policies_unchanged"
    """To the audit channel and its author: such a change does not come, and why."""
    CHANNEL_SHARED = "channel_shared"
    """To admins: a channel was shared with another company, and nothing is posted there."""
    CHANNEL_LOST = "channel_lost"
    """To admins: the bot was taken out of a team, and posts in none of its channels."""
    UNREACHED = "unreached"
    """To admins and the requester: an approver gets no messages."""
    UNTOLD = "untold"
    """To the audit channel: a message did not reach the requester."""
    EXPORTED = "exported"
    """With a file: what was found, as it was asked for."""
    EXPORT_FAILED = "export_failed"
    """To whoever asked for a file: it does not come, and why."""
    ACTIVITY = "activity"
    """The activity during the access, once it is over (rule 24)."""
    ANSWER = "answer"
    """To whoever acted, when the outcome came later than the screen could wait for."""


class Audience(StrEnum):
    CONVERSATION = "conversation"
    PRINCIPAL = "principal"
    CHAT_USER = "chat_user"
    APPROVERS = "approvers"
    """Every approver of the request: becomes one message each when it is sent out."""
    ADMINS = "admins"
    AUDIT_CHANNEL = "audit_channel"
    SENT = "sent"
    """Every message with buttons that was sent about something: becomes one each when it is sent out."""
    MESSAGE = "message"
    """One message, where it stands."""
    HOME = "home"
    """The Home screens that one principal has open."""
    HOMES_OF_APPROVERS = "homes_of_approvers"
    """Those of the approvers of a request: becomes one each when it is sent out."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """``id`` is a conversation, principal or request id, ``team/user`` of a chat user, or empty for collective ones.

    What has the same recipient is said in order, so what must not wait for each other has different ones.
    """

    audience: Audience
    id: str = ""

    @classmethod
    def chat(cls, user: ChatUser) -> "Recipient":
        return cls(Audience.CHAT_USER, f"{user.platform}/{user.team}/{user.user}")

    @classmethod
    def conversation(cls, conversation: ConversationId) -> "Recipient":
        return cls(Audience.CONVERSATION, conversation)

    @classmethod
    def principal(cls, principal: PrincipalId) -> "Recipient":
        return cls(Audience.PRINCIPAL, principal)

    @classmethod
    def approvers(cls, request_id: RequestId) -> "Recipient":
        return cls(Audience.APPROVERS, str(request_id))

    @classmethod
    def audit_channel(cls, channel: ConversationId) -> "Recipient":
        """One of several; ``AUDIT_CHANNEL`` stands for all of them."""
        return cls(Audience.AUDIT_CHANNEL, channel)

    @classmethod
    def message(cls, platform: str, conversation: str, message: str) -> "Recipient":
        return cls(Audience.MESSAGE, f"{platform}/{conversation}/{message}")

    @classmethod
    def home(cls, principal: PrincipalId) -> "Recipient":
        return cls(Audience.HOME, principal)

    @property
    def chat_user(self) -> ChatUser:
        platform, team, user = self.id.split("/")
        return ChatUser(platform, team, user)

    @property
    def reader(self) -> ChatUser | None:
        """The one chat user that it is for; None when it is for anybody else."""
        return self.chat_user if self.audience is Audience.CHAT_USER else None

    @property
    def place(self) -> tuple[str, str, str]:
        """Of a message: platform, conversation, and its id there."""
        platform, conversation, message = self.id.split("/")
        return platform, conversation, message


ADMINS = Recipient(Audience.ADMINS)
AUDIT_CHANNEL = Recipient(Audience.AUDIT_CHANNEL)


@dataclass(frozen=True, slots=True)
class Plain:
    """Of a notice that says only what its request says, or that shows things as they are."""

    topic: Topic


Content = Plain | AboutRequests | AboutPairs | AboutPolicies | AboutFiles | AboutWork

TOPIC_OF: Mapping[type, Topic] = {
    AskedTogether: Topic.ASKED_TOGETHER,
    ApprovalCounted: Topic.APPROVAL_COUNTED,
    Reminder: Topic.REMINDER,
    Slow: Topic.SLOW,
    Overdue: Topic.OVERDUE,
    Undecidable: Topic.UNDECIDABLE,
    ApproverUnreached: Topic.UNREACHED,
    Unreached: Topic.UNREACHED,
    Answer: Topic.ANSWER,
    PairSuspended: Topic.IDENTITY_SUSPENDED,
    PairsSuspended: Topic.IDENTITY_SUSPENDED,
    SecondAccount: Topic.SECOND_ACCOUNT,
    SecondAccounts: Topic.SECOND_ACCOUNT,
    SecondAccountOfYours: Topic.SECOND_ACCOUNT,
    AccountElsewhere: Topic.SECOND_ACCOUNT,
    PairReleased: Topic.PAIR_RELEASED,
    PairsReleased: Topic.PAIR_RELEASED,
    PoliciesChanged: Topic.POLICIES_CHANGED,
    PoliciesWaiting: Topic.POLICIES_WAITING,
    PoliciesUnchanged: Topic.POLICIES_UNCHANGED,
    Exported: Topic.EXPORTED,
    ExportFailed: Topic.EXPORT_FAILED,
    ActivitySummary: Topic.ACTIVITY,
    ActivityFailed: Topic.ACTIVITY,
    LostAssignment: Topic.DRIFT,
    UnknownAssignmentsFound: Topic.DRIFT,
    OutOfReach: Topic.OUT_OF_REACH,
    OldPicture: Topic.OLD_PICTURE,
    AlarmRaised: Topic.ALARM,
    OtherAlarm: Topic.ALARM,
    AlarmCleared: Topic.ALARM,
    TrailBroken: Topic.TRAIL_BROKEN,
    TrailWhole: Topic.TRAIL_WHOLE,
    ChannelShared: Topic.CHANNEL_SHARED,
    ChannelsLost: Topic.CHANNEL_LOST,
}
"""The topic of each kind of content."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say, about a request as it is when it is said."""

    form: Form
    content: Content
    """The facts that the request will not have by then: who did it, and why."""
    to: Recipient
    request_id: RequestId | None = None
    after: timedelta = field(default=timedelta(), compare=False)
    """The time for which something else that it leads to comes first, unless it is hastened."""

    @property
    def topic(self) -> Topic:
        """The topic of the notice."""
        return self.content.topic if isinstance(self.content, Plain) else TOPIC_OF[type(self.content)]


_BY_READER = frozenset(
    {
        Topic.ANSWER,
        Topic.EXPORTED,
        Topic.EXPORT_FAILED,
        Topic.OVERDUE,
        Topic.LEFT_BEHIND,
        Topic.DRIFT,
        Topic.OUT_OF_REACH,
    }
)
"""Topics of answers and alarms: these never wait for other messages that the requester has caused."""


def flow_of(notice: Notice, requester: PrincipalId | None) -> str:
    """The queue that a message waits in: queues take turns, so that none delays another (rule 26).

    What is said about a request stands in its requester's line; answers, alarms and what is about no request in that of
    whoever reads them.
    """
    if requester is None or notice.topic in _BY_READER:
        return f"{notice.to.audience}/{notice.to.id}"
    return requester


def notices_to_admins(content: Content, request_id: RequestId | None = None) -> tuple[Notice, Notice]:
    """A message to each admin, and a line in the audit channel."""
    return (
        Notice(Form.DIRECT, content, ADMINS, request_id),
        Notice(Form.LINE, content, AUDIT_CHANNEL, request_id),
    )


def card_places(request: Request) -> tuple[Recipient, ...]:
    """The recipients of the card: the policies' channels, approvers, or both; none when nobody was asked, or is yet."""
    if request.unjudged or (request.quorum == 0 and not request.channels):
        return ()
    channels = tuple(Recipient.conversation(channel) for channel in request.channels)
    return (*channels, Recipient.approvers(request.id)) if request.tells_each or not channels else channels


def home_of(principal: PrincipalId, topic: Topic, request_id: RequestId) -> Notice:
    return Notice(Form.HOME, Plain(topic), Recipient.home(principal), request_id)


def homes_of_approvers(topic: Topic, request_id: RequestId) -> Notice:
    return Notice(Form.HOME, Plain(topic), Recipient(Audience.HOMES_OF_APPROVERS, str(request_id)), request_id)
