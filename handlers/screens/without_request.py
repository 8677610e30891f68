"""Messages about anything but a request, in one sentence or two."""

from datetime import datetime

from core.domain.notice_content import (
    AccountElsewhere,
    AlarmCleared,
    AlarmRaised,
    Answer,
    ChannelShared,
    ChannelsLost,
    Exported,
    ExportFailed,
    OldPicture,
    OtherAlarm,
    OutOfReach,
    PairReleased,
    PairsReleased,
    PairsSuspended,
    PairSuspended,
    PoliciesChanged,
    PoliciesUnchanged,
    PoliciesWaiting,
    SecondAccount,
    SecondAccountOfYours,
    SecondAccounts,
    TrailBroken,
    TrailWhole,
    UnknownAssignmentsFound,
    Unreached,
)
from core.domain.notices import Notice
from core.domain.settings import UnknownAssignments
from handlers.screens import (
    alarm,
    alarm_notice,
    delivery_notice,
    pairs,
    policy_notice,
)
from handlers.screens.spans import Text, Untrusted, text
from handlers.words import export_words, sentences
from handlers.words.counts import counted, noun


def headline(notice: Notice, now: datetime) -> Text:  # noqa: PLR0911 - one row a kind
    """The headline when there is no request to speak of."""
    match notice.content:
        case (
            PairSuspended()
            | PairsSuspended()
            | SecondAccount()
            | SecondAccounts()
            | SecondAccountOfYours()
            | AccountElsewhere()
            | PairReleased()
            | PairsReleased()
        ) as pair:
            return pairs.told(pair)
        case OutOfReach() | OldPicture() | TrailBroken() | TrailWhole() as wrong:
            return alarm_notice.headline(wrong, now)
        case AlarmRaised() | OtherAlarm() | AlarmCleared() as told:
            return alarm.told(told, now)
        case UnknownAssignmentsFound() as found:
            return _unknown_assignments(found)
        case PoliciesChanged() | PoliciesWaiting() | PoliciesUnchanged() as change:
            return policy_notice.told(change, now)
        case ChannelShared() | ChannelsLost() | Unreached() as undelivered:
            return delivery_notice.told(undelivered, notice.request_id)
        case Exported() | ExportFailed() as export:
            return text(Untrusted(export_words.export(export, notice.to.reader)))
        case Answer() as answer:
            return text(Untrusted(sentences.outcome(answer.outcome, None, now)))
        case _:
            return text(Untrusted(notice.topic.value.replace("_", " ").capitalize()), ": ", sentences.NO_SUCH_REQUEST)


def _unknown_assignments(content: UnknownAssignmentsFound) -> Text:
    found = counted(content.count, "assignment is", "assignments are")
    left = content.count - content.examples.count("; ") - 1
    rest = f"; and {left} more" if left > 0 else ""
    removed = content.setting is UnknownAssignments.REMOVE
    then = noun(content.count, *(_REMOVED if removed else _STAYS))
    examples = Untrusted(content.examples, 1000)
    return text(found, " in AWS that no request accounts for: ", examples, rest, ". ", then, ", as the settings say.")


_REMOVED = ("It is removed in half an hour", "They are removed in half an hour")
_STAYS = ("It stays", "They stay")
