"""What is to be said to whom when something happens. Platform-neutral: the words are made where they are sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.domain.ids import ConversationId, PrincipalId, RequestId
from core.domain.people import ChatUser
from core.domain.request import Event, LeftBehind, Request, Status


class Form(StrEnum):
    """How something is said."""

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
    """What is said."""

    SUBMITTED = "submitted"
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
    """To admins: AWS and the book disagree (rule 19)."""
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
    """What was done with the access, once it is over (rule 24)."""
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
    def place(self) -> tuple[str, str, str]:
        """Of a message: platform, conversation, and its id there."""
        platform, conversation, message = self.id.split("/")
        return platform, conversation, message


ADMINS = Recipient(Audience.ADMINS)
AUDIT_CHANNEL = Recipient(Audience.AUDIT_CHANNEL)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say, about a request as it is when it is said."""

    form: Form
    topic: Topic
    to: Recipient
    request_id: RequestId | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the request itself will not tell by then: who did it, and why."""


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
"""What answers somebody, or is an alarm: it never waits for what the requester has caused besides."""


def flow_of(notice: Notice, requester: PrincipalId | None) -> str:
    """Whose messages this one waits in line with: between such lines turns are taken (rule 26).

    What is said about a request stands in its requester's line; answers, alarms and what is about no request in that of
    whoever reads them.
    """
    if requester is None or notice.topic in _BY_READER:
        return f"{notice.to.audience}/{notice.to.id}"
    return requester


_TOPICS: Mapping[Event, Topic] = {
    Event.SUBMIT: Topic.SUBMITTED,
    Event.SUBMIT_APPROVED: Topic.SUBMITTED,
    Event.APPROVE: Topic.APPROVED,
    Event.REJECT: Topic.REJECTED,
    Event.CANCEL: Topic.CANCELLED,
    Event.EXPIRE: Topic.EXPIRED,
    Event.DISALLOW: Topic.FAILED,
    Event.START: Topic.GRANTING,
    Event.GRANTED: Topic.ACTIVE,
    Event.GRANT_FAILED: Topic.FAILED,
    Event.END: Topic.BEING_ENDED,
    Event.GONE: Topic.ENDED,
    Event.GONE_EARLY: Topic.REVOKED,
}
_UNSAID_TO_REQUESTER = frozenset({Topic.GRANTING, Topic.BEING_ENDED, Topic.CANCELLED})
_UNSAID_IN_THREAD = frozenset({Topic.SUBMITTED, Topic.GRANTING})
_OVERTAKES_NOTHING = frozenset({Event.SUBMIT, Event.SUBMIT_APPROVED, Event.START})
_MAY_DECIDE = frozenset({Event.APPROVE, Event.REJECT, Event.CANCEL, Event.EXPIRE, Event.DISALLOW})
_WAITING, _ACCESS = "waiting", "access"
"""Subjects of direct messages about a request: that it waits for a decision, which is edited once; what it gives."""


_TRUE_WHILE: Mapping[Topic, frozenset[Status]] = {
    Topic.SUBMITTED: frozenset({Status.PENDING}),
    Topic.REMINDER: frozenset({Status.PENDING}),
    Topic.APPROVED: frozenset({Status.SCHEDULED, Status.GRANTING}),
    Topic.SLOW: frozenset({Status.GRANTING}),
    Topic.ACTIVE: frozenset({Status.ACTIVE}),
    Topic.ENDING_SOON: frozenset({Status.ACTIVE}),
}
"""Direct messages about a request that ask for something, or say what is so for a time."""
_SAYS_MORE = (Topic.SUBMITTED, Topic.APPROVED, Topic.ACTIVE)
"""On the way to access, each says all that the one before it said."""
TOGETHER = timedelta(seconds=10)
"""How long after a message the next of these takes its place, instead of coming as a second one."""


def is_overtaken(topic: Topic, request: Request) -> bool:
    """Whether a direct message of this topic about a request no longer says what is so."""
    if topic is Topic.SUBMITTED and request.quorum == 0:
        topic = Topic.APPROVED
    return topic in _TRUE_WHILE and request.status not in _TRUE_WHILE[topic]


def says_less(topic: Topic, than: Topic) -> bool:
    """Whether a message of this topic to a requester is not needed beside one of the other."""
    return topic in _SAYS_MORE and than in _SAYS_MORE and _SAYS_MORE.index(topic) < _SAYS_MORE.index(than)


def topic_of(event: Event, after: Request) -> Topic:
    """What a transition is about."""
    if event in {Event.REVOKE, Event.CANCEL} and after.status is Status.REVOKED:
        return Topic.REVOKED
    if event is Event.REVOKE:
        return Topic.BEING_ENDED
    return _TOPICS[event]


def notices_for(event: Event, after: Request, at: datetime) -> tuple[Notice, ...]:
    """Everything a transition is followed by: the card, its thread, the requester, the audit channel."""
    facts = {"at": at.isoformat(), "status": after.status.value}
    topic = topic_of(event, after)
    notices = [Notice(Form.CARD, topic, to, after.id) for to in card_places(after)]
    if topic not in _UNSAID_IN_THREAD:
        notices += [Notice(Form.THREAD, topic, to, after.id, facts) for to in card_places(after)]
    is_left = after.left_behind is not None and after.left_behind is not LeftBehind.FOREIGN
    if is_left and after.is_over:
        notices.append(Notice(Form.DIRECT, Topic.LEFT_BEHIND, ADMINS, after.id, facts))
    nobody_to_tell = after.left_behind is LeftBehind.PRINCIPAL_GONE
    if topic not in _UNSAID_TO_REQUESTER and not nobody_to_tell:
        notices.append(Notice(Form.DIRECT, topic, Recipient.principal(after.requester), after.id, facts))
    notices.append(Notice(Form.LINE, topic, AUDIT_CHANNEL, after.id, facts))
    edited = (Recipient(Audience.SENT, f"{subject}:{after.id}") for subject in _edited(event, after))
    notices += [Notice(Form.EDIT, topic, to, after.id) for to in edited]
    if after.alarmed_at is not None and after.is_over:
        notices.append(redrawn(Topic.OVERDUE, after.id))
        if not is_left:
            notices.append(Notice(Form.DIRECT, Topic.LATE_END, ADMINS, after.id))
    return tuple(notices)


def subject_of(notice: Notice) -> str:
    """What a direct message is about that is to be drawn anew; empty for one that stays as it is."""
    match notice.topic:
        case Topic.OVERDUE:
            return f"{notice.topic}:{notice.request_id}"
        case Topic.POLICIES_WAITING:
            return f"{notice.topic}:{notice.facts.get('proposal', '')}"
        case Topic.SUBMITTED | Topic.REMINDER:
            return f"{_WAITING}:{notice.request_id}"
        case topic if topic in _TRUE_WHILE:
            return f"{_ACCESS}:{notice.request_id}"
        case _:
            return ""


def _edited(event: Event, after: Request) -> Sequence[str]:
    """Which messages a transition makes old truths. Reminders are many, and edited once."""
    if event in _OVERTAKES_NOTHING:
        return ()
    return (_WAITING, _ACCESS) if event in _MAY_DECIDE or after.quorum == 0 else (_ACCESS,)


def subjects_before(notice: Notice) -> Sequence[str]:
    """What the messages are about that say less than this one."""
    is_more = notice.topic in _SAYS_MORE[1:]
    return (f"{_WAITING}:{notice.request_id}", f"{_ACCESS}:{notice.request_id}") if is_more else ()


def has_to_be_redrawn(said: Topic, request: Request, since: Topic) -> bool:
    """Whether a message is to be edited because of what has happened to its request since.

    What says less than a message that comes of the same is left to that one, which may take its place.
    """
    return said not in _TRUE_WHILE or (is_overtaken(said, request) and not says_less(said, since))


def redrawn(topic: Topic, number: int) -> Notice:
    """Draw all messages of this topic anew that are about one thing: a request, or a change of policies."""
    request_id = RequestId(number) if topic is Topic.OVERDUE else None
    return Notice(Form.EDIT, topic, Recipient(Audience.SENT, f"{topic}:{number}"), request_id)


def card_places(request: Request) -> tuple[Recipient, ...]:
    """Where the card stands: the policies' channels, or with each approver; nowhere when nobody was asked."""
    if request.quorum == 0 and not request.channels:
        return ()
    if request.channels:
        return tuple(Recipient.conversation(channel) for channel in request.channels)
    return (Recipient.approvers(request.id),)


MOST_REMINDED = 20
"""Approvers who get a direct message at one reminder; of more, the next reminder takes the next ones."""


def reminders_for(request: Request) -> tuple[Notice, ...]:
    """It still waits: a line under the card where it stands in channels, and a message to those who have to decide.

    The line pings nobody: a channel may hold hundreds.
    """
    facts = {"round": str(request.reminders)}
    lines = [
        Notice(Form.THREAD, Topic.REMINDER, Recipient.conversation(channel), request.id, facts)
        for channel in request.channels
    ]
    return (*lines, Notice(Form.DIRECT, Topic.REMINDER, Recipient.approvers(request.id), request.id, facts))


def whom_to_remind(approvers: Iterable[PrincipalId], decided: Iterable[PrincipalId], turn: int) -> list[PrincipalId]:
    """Those of the approvers who have not decided: all, or from turn to turn (counted from 1) the next of them."""
    left = sorted(set(approvers) - set(decided))
    if len(left) <= MOST_REMINDED:
        return left
    begin = (turn - 1) * MOST_REMINDED % len(left)
    return (left[begin:] + left[:begin])[:MOST_REMINDED]


def home_of(principal: PrincipalId, topic: Topic, request_id: RequestId) -> Notice:
    return Notice(Form.HOME, topic, Recipient.home(principal), request_id)


def homes_of_approvers(topic: Topic, request_id: RequestId) -> Notice:
    return Notice(Form.HOME, topic, Recipient(Audience.HOMES_OF_APPROVERS, str(request_id)), request_id)
