"""The kinds of events that messages are about, by which settings choose what is said by e-mail."""

from core.domain.notices import Topic
from core.domain.outgoing_events import EventKind

_OF_ACCESS = frozenset(
    {
        *(Topic.GRANTING, Topic.SLOW, Topic.ACTIVE, Topic.ENDING_SOON, Topic.BEING_ENDED, Topic.ENDED, Topic.REVOKED),
        *(Topic.FAILED, Topic.OVERDUE, Topic.LATE_END, Topic.LEFT_BEHIND, Topic.DRIFT, Topic.ACTIVITY),
    }
)
_OF_POLICIES = frozenset({Topic.POLICIES_CHANGED, Topic.POLICIES_WAITING, Topic.POLICIES_UNCHANGED})
_OF_PEOPLE = frozenset({Topic.IDENTITY_SUSPENDED, Topic.SECOND_ACCOUNT, Topic.PAIR_RELEASED})
_OF_ALARMS = frozenset(
    {
        *(Topic.ALARM, Topic.OUT_OF_REACH, Topic.OLD_PICTURE, Topic.TRAIL_BROKEN, Topic.TRAIL_WHOLE),
        *(Topic.CHANNEL_SHARED, Topic.CHANNEL_LOST),
    }
)


def kind_of_topic(topic: Topic) -> EventKind:
    """The kind of event that a message is about: settings choose by it what is said by e-mail."""
    for kind, topics in (
        (EventKind.ACCESS, _OF_ACCESS),
        (EventKind.POLICIES, _OF_POLICIES),
        (EventKind.PEOPLE, _OF_PEOPLE),
        (EventKind.ALARMS, _OF_ALARMS),
    ):
        if topic in topics:
            return kind
    return EventKind.REQUESTS
