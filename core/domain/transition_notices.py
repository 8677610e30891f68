"""Messages that follow a transition of a request, and their recipients."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from core.domain.ids import PrincipalId
from core.domain.notice_content import AskedTogether, Reminder
from core.domain.notices import (
    ADMINS,
    AUDIT_CHANNEL,
    Audience,
    Form,
    Notice,
    Plain,
    Recipient,
    Topic,
    card_places,
)
from core.domain.old_messages import ACCESS, TOGETHER_WITH, WAITING, redrawn
from core.domain.request import Event, LeftBehind, Request, Status

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


CARD_COMES_WITHIN = timedelta(seconds=0.5)
"""The wait for the card to which a requester's first message leads."""


def leads_to_card(topic: Topic, request: Request) -> bool:
    """True of a requester's first message if a card is being posted in a channel."""
    return topic is Topic.SUBMITTED and request.status is Status.PENDING and bool(request.channels)


def topic_of(event: Event, after: Request) -> Topic:
    """The topic of a transition."""
    if event in {Event.REVOKE, Event.CANCEL} and after.status is Status.REVOKED:
        return Topic.REVOKED
    if event is Event.REVOKE:
        return Topic.BEING_ENDED
    return _TOPICS[event]


def notices_for(event: Event, after: Request) -> tuple[Notice, ...]:
    """Everything a transition is followed by: the card, its thread, the requester, the audit channel."""
    topic = topic_of(event, after)
    plain = Plain(topic)
    if after.unjudged:
        return _of_unjudged(plain, after)
    notices = [Notice(Form.CARD, plain, to, after.id) for to in card_places(after)]
    if topic not in _UNSAID_IN_THREAD:
        notices += [Notice(Form.THREAD, plain, to, after.id) for to in card_places(after)]
    is_left = after.left_behind is not None and after.left_behind is not LeftBehind.FOREIGN
    if is_left and after.is_over:
        notices.append(Notice(Form.DIRECT, Plain(Topic.LEFT_BEHIND), ADMINS, after.id))
    nobody_to_tell = after.left_behind is LeftBehind.PRINCIPAL_GONE
    if topic not in _UNSAID_TO_REQUESTER and not nobody_to_tell:
        to = Recipient.principal(after.requester)
        comes_after = CARD_COMES_WITHIN if leads_to_card(topic, after) else timedelta()
        notices.append(Notice(Form.DIRECT, plain, to, after.id, comes_after))
    notices.append(Notice(Form.LINE, plain, AUDIT_CHANNEL, after.id))
    edited = [Recipient(Audience.SENT, f"{subject}:{after.id}") for subject in _edited(event, after)]
    if edited and after.submission is not None:
        edited.append(Recipient(Audience.SENT, f"{TOGETHER_WITH}:{after.submission}"))
    notices += [Notice(Form.EDIT, plain, to, after.id) for to in edited]
    if after.alarmed_at is not None and after.is_over:
        notices.append(redrawn(Topic.OVERDUE, after.id))
        if not is_left:
            notices.append(Notice(Form.DIRECT, Plain(Topic.LATE_END), ADMINS, after.id))
    return tuple(notices)


def _of_unjudged(plain: Plain, after: Request) -> tuple[Notice, ...]:
    """Nothing while it waits to be judged. If it comes to nothing, its requester is told: nobody else knew of it."""
    if not after.is_over:
        return ()
    told = () if plain.topic in _UNSAID_TO_REQUESTER else (Recipient.principal(after.requester),)
    line = Notice(Form.LINE, plain, AUDIT_CHANNEL, after.id)
    return (*(Notice(Form.DIRECT, plain, to, after.id) for to in told), line)


def notices_for_together(made: Sequence[tuple[Event, Request]]) -> tuple[Notice, ...]:
    """The same for the requests of one form: a message to their requester names them all."""
    (_, first), *_ = made
    to = Recipient.principal(first.requester)
    said = [notice for event, request in made for notice in notices_for(event, request)]
    each = [notice for notice in said if notice.form is not Form.DIRECT or notice.to != to]
    return (*each, Notice(Form.DIRECT, AskedTogether(first.id), to, first.id))


def _edited(event: Event, after: Request) -> Sequence[str]:
    """The messages that a transition makes out of date. Reminders are many, and edited once."""
    if event in _OVERTAKES_NOTHING:
        return ()
    return (WAITING, ACCESS) if event in _MAY_DECIDE or after.quorum == 0 else (ACCESS,)


MOST_REMINDED = 20
"""Approvers who get a direct message at one reminder; of more, the next reminder takes the next ones."""


def reminders_for(request: Request, asked_with: Iterable[Request] = ()) -> tuple[Notice, ...]:
    """It still waits: a line under the card where it stands in channels, and a message to those who have to decide.

    The line pings nobody: a channel may hold hundreds. Of several that wait on one card the first reminds of all.
    """
    on_card = (one for one in asked_with if request.card is not None and one.card == request.card)
    others = tuple(one.id for one in on_card if one.status is Status.PENDING and one.id != request.id)
    if any(other < request.id for other in others):
        return ()
    reminder = Reminder(request.reminders, others)
    lines = [Notice(Form.THREAD, reminder, Recipient.conversation(channel), request.id) for channel in request.channels]
    return (*lines, Notice(Form.DIRECT, reminder, Recipient.approvers(request.id), request.id))


def whom_to_remind(approvers: Iterable[PrincipalId], decided: Iterable[PrincipalId], turn: int) -> list[PrincipalId]:
    """Those of the approvers who have not decided: all, or from turn to turn (counted from 1) the next of them."""
    left = sorted(set(approvers) - set(decided))
    if len(left) <= MOST_REMINDED:
        return left
    begin = (turn - 1) * MOST_REMINDED % len(left)
    return (left[begin:] + left[:begin])[:MOST_REMINDED]
