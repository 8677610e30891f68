"""Direct messages that may become old truths: one that says more takes their place, or they are drawn again."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from core.domain.ids import RequestId
from core.domain.notice_content import AskedTogether, PoliciesWaiting
from core.domain.notices import Audience, Form, Notice, Plain, Recipient, Topic
from core.domain.request import Request, Status

WAITING, ACCESS, TOGETHER_WITH = "waiting", "access", "together"
"""Subjects of direct messages about a request: that it waits for a decision, which is edited once; what it gives.
The last is about all that were asked for together, by the first of them."""


_TRUE_WHILE: Mapping[Topic, frozenset[Status]] = {
    Topic.SUBMITTED: frozenset({Status.PENDING}),
    Topic.REMINDER: frozenset({Status.PENDING}),
    Topic.UNDECIDABLE: frozenset({Status.PENDING}),
    Topic.APPROVED: frozenset({Status.SCHEDULED, Status.GRANTING}),
    Topic.SLOW: frozenset({Status.GRANTING}),
    Topic.ACTIVE: frozenset({Status.ACTIVE}),
    Topic.ENDING_SOON: frozenset({Status.ACTIVE}),
}
"""Direct messages about a request that ask for something, or say what is so for a time."""
_SAYS_MORE = (Topic.SUBMITTED, Topic.APPROVED, Topic.ACTIVE)
"""On the way to access, each says all that the one before it said."""
TOGETHER = timedelta(seconds=10)
"""The time within which the next of these messages replaces the last, instead of coming as a second one."""


def is_overtaken(topic: Topic, request: Request) -> bool:
    """True if a direct message of this topic about a request no longer says what is so."""
    if topic is Topic.SUBMITTED and request.quorum == 0:
        topic = Topic.APPROVED
    return topic in _TRUE_WHILE and request.status not in _TRUE_WHILE[topic]


def says_less(topic: Topic, than: Topic) -> bool:
    """True if a message of this topic to a requester is not needed beside one of the other."""
    return topic in _SAYS_MORE and than in _SAYS_MORE and _SAYS_MORE.index(topic) < _SAYS_MORE.index(than)


def subject_of(notice: Notice) -> str:
    """The subject of a direct message that is to be drawn again; empty for one that stays as it is."""
    if isinstance(notice.content, PoliciesWaiting):
        return f"{notice.topic}:{notice.content.proposal}"
    if isinstance(notice.content, AskedTogether):
        return f"{TOGETHER_WITH}:{notice.content.submission}"
    match notice.topic:
        case Topic.OVERDUE:
            return f"{notice.topic}:{notice.request_id}"
        case Topic.SUBMITTED | Topic.REMINDER | Topic.UNDECIDABLE:
            return f"{WAITING}:{notice.request_id}"
        case topic if topic in _TRUE_WHILE:
            return f"{ACCESS}:{notice.request_id}"
        case _:
            return ""


def subjects_before(notice: Notice) -> Sequence[str]:
    """The subjects of earlier messages that say less than this one."""
    is_more = notice.topic in _SAYS_MORE[1:]
    return (f"{WAITING}:{notice.request_id}", f"{ACCESS}:{notice.request_id}") if is_more else ()


def has_to_be_redrawn(said: Topic, request: Request, since: Topic) -> bool:
    """True if a message is to be edited because of what has happened to its request since.

    What says less than a message that comes of the same is left to that one, which may take its place.
    """
    return said not in _TRUE_WHILE or (is_overtaken(said, request) and not says_less(said, since))


_TOLD_IN: Mapping[Status, Topic] = {
    Status.SCHEDULED: Topic.APPROVED,
    Status.GRANTING: Topic.APPROVED,
    Status.ACTIVE: Topic.ACTIVE,
}
"""The last message on the way to access that a requester gets while the request is in this state."""


def was_overtaken(said: Topic, request: Request) -> bool:
    """True if a message has to be edited because its request moved on while it was being sent.

    What the next message to the requester replaces is left to that one: an edit could arrive after it, and undo it.
    """
    return is_overtaken(said, request) and has_to_be_redrawn(said, request, _TOLD_IN.get(request.status, said))


def redrawn(topic: Topic, number: int) -> Notice:
    """Draw all messages of this topic anew that are about one thing: a request, or a change of policies."""
    request_id = RequestId(number) if topic is Topic.OVERDUE else None
    return Notice(Form.EDIT, Plain(topic), Recipient(Audience.SENT, f"{topic}:{number}"), request_id)
