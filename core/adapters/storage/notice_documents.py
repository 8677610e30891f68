"""The content of notices as JSON in the outbox, and back: its keys and strings are those of every release so far.

What lacks a field or has something else in it raises ValueError, so that the row waits (``readable``): no field is
guessed.
"""

import json
from collections.abc import Callable, Mapping

from core.adapters.storage.file_notice_documents import (
    dump_about_files,
    load_activity,
    load_export_failed,
    load_exported,
)
from core.adapters.storage.policy_change_documents import (
    dump_about_policies,
    load_changed,
    load_unchanged,
    load_waiting,
)
from core.adapters.storage.stored_words import StoredWords, yes
from core.domain.alarm import AlarmKind, dump_wrong, load_wrong
from core.domain.durations import MINUTE
from core.domain.ids import ConversationId, RequestId
from core.domain.notice_content import (
    AboutPairs,
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
from core.domain.notices import Content, Form, Plain, Topic
from core.domain.outcome import dump_outcome, load_outcome
from core.domain.settings import UnknownAssignments

_SHOW_WHAT_IS_SO = frozenset({Form.CARD, Form.EDIT, Form.HOME})
"""Forms that may say nothing of their own, whatever their topic."""


def dump_content(content: Content) -> dict[str, str]:
    """Whatever the content holds besides its topic, which is a column."""
    match content:
        case Plain():
            return {}
        case PoliciesChanged() | PoliciesWaiting() | PoliciesUnchanged():
            return dump_about_policies(content)
        case Exported() | ExportFailed() | ActivitySummary() | ActivityFailed():
            return dump_about_files(content)
        case (
            PairSuspended()
            | PairsSuspended()
            | SecondAccount()
            | SecondAccounts()
            | SecondAccountOfYours()
            | AccountElsewhere()
            | PairReleased()
            | PairsReleased()
        ):
            return _dump_about_pairs(content)
        case (
            AskedTogether()
            | ApprovalCounted()
            | Reminder()
            | Slow()
            | Overdue()
            | Undecidable()
            | ApproverUnreached()
            | Unreached()
            | Answer()
        ):
            return _dump_about_requests(content)
        case _:
            return _dump_about_work(content)


def load_content(form: Form, topic: Topic, stored: Mapping[str, object]) -> Content:
    """From what ``dump_content`` made."""
    load = _LOADS.get(topic)
    if load is None or (not stored and form in _SHOW_WHAT_IS_SO):
        return Plain(topic)
    return load(StoredWords(stored))


def _dump_about_requests(content: AboutRequests) -> dict[str, str]:  # noqa: PLR0911 - one row a kind
    match content:
        case AskedTogether():
            return {"submission": str(content.submission)}
        case ApprovalCounted():
            shorter = {} if content.allowed is None else {"minutes": str(round(content.allowed / MINUTE))}
            return {"by": content.by, "quorum": str(content.quorum), **shorter}
        case Reminder():
            others = " ".join(map(str, content.others))
            return {"round": str(content.round), **({"others": others} if others else {})}
        case Slow():
            return {"because": content.because, "until": content.until.isoformat()}
        case Overdue():
            return {"because": content.because, "asked": yes(content.asked)}
        case Undecidable():
            return {"able": str(content.able), "needed": str(content.needed)}
        case ApproverUnreached():
            return {"to": content.to, **({"absent": "yes"} if content.absent else {})}
        case Unreached():
            return {"who": content.who, "nobody": yes(content.nobody)}
        case Answer():
            outcome = json.dumps(dump_outcome(content.outcome))
            return {"act": str(content.command), "outcome": outcome, "typed": content.typed}


def _dump_about_pairs(content: AboutPairs) -> dict[str, str]:
    match content:
        case PairSuspended() | SecondAccount():
            return {"user": content.user, "claimed": content.claimed, **_platform(content.platform)}
        case PairsSuspended() | SecondAccounts():
            return {"count": str(content.count), "users": content.users}
        case SecondAccountOfYours():
            return {"user": content.user, "yours": "yes", **_platform(content.platform)}
        case AccountElsewhere():
            return {"user": content.user, "platform": content.platform, "elsewhere": "yes"}
        case PairReleased():
            why = {"why": content.why} if content.why else {}
            return {"user": content.user, "name": content.name, "by": content.by, **why, **_platform(content.platform)}
        case PairsReleased():
            return {"count": str(content.count), "by": content.by, "why": content.why}


def _platform(name: str) -> dict[str, str]:
    return {"platform": name} if name else {}


def _dump_about_work(content: AboutWork) -> dict[str, str]:  # noqa: C901, PLR0911 - one row a kind
    match content:
        case LostAssignment():
            return {"kind": "lost_assignment"}
        case UnknownAssignmentsFound():
            found = {"count": str(content.count), "examples": content.examples}
            return {"kind": "unknown_assignments", **found, "setting": content.setting.value}
        case OutOfReach():
            return {"permission_set": content.permission_set, "requests": content.requests}
        case OldPicture():
            return {"since": content.since.isoformat()}
        case AlarmRaised():
            return {"alarm": content.wrong.kind.value, "state": "raised", **dump_wrong(content.wrong)}
        case OtherAlarm():
            return {"alarm": content.alarm, "state": "raised", **content.facts}
        case AlarmCleared():
            return {"alarm": content.alarm, "state": "cleared", "minutes": str(content.minutes)}
        case TrailBroken():
            return {"seq": str(content.seq), "what": content.what}
        case TrailWhole():
            return {"seq": str(content.seq)}
        case ChannelShared():
            return {"channel": content.channel}
        case ChannelsLost():
            return {"team": content.team}


def _load_counted(words: StoredWords) -> ApprovalCounted:
    allowed = MINUTE * words.number("minutes") if "minutes" in words else None
    return ApprovalCounted(words.text("by"), words.number("quorum"), allowed)


def _load_reminder(words: StoredWords) -> Reminder:
    others = tuple(RequestId(int(each)) for each in words.text("others", "").split())
    return Reminder(words.number("round"), others)


def _load_unreached(words: StoredWords) -> ApproverUnreached | Unreached:
    if "to" in words:
        return ApproverUnreached(words.text("to"), words.flag("absent", ""))
    return Unreached(words.text("who"), words.flag("nobody"))


def _load_answer(words: StoredWords) -> Answer:
    outcome = load_outcome(json.loads(words.text("outcome")))
    return Answer(words.number("act"), outcome, words.text("typed"))


def _load_suspended(words: StoredWords) -> PairSuspended | PairsSuspended:
    if "count" in words:
        return PairsSuspended(words.number("count"), words.text("users"))
    return PairSuspended(words.text("user"), words.text("claimed"), words.text("platform", ""))


def _load_second(words: StoredWords) -> SecondAccount | SecondAccounts | SecondAccountOfYours | AccountElsewhere:
    if "count" in words:
        return SecondAccounts(words.number("count"), words.text("users"))
    if words.flag("yours", ""):
        return SecondAccountOfYours(words.text("user"), words.text("platform", ""))
    if words.flag("elsewhere", ""):
        return AccountElsewhere(words.text("user"), words.text("platform"))
    return SecondAccount(words.text("user"), words.text("claimed"), words.text("platform", ""))


def _load_released(words: StoredWords) -> PairReleased | PairsReleased:
    if "count" in words:
        return PairsReleased(words.number("count"), words.text("by"), words.text("why"))
    why, platform = words.text("why", ""), words.text("platform", "")
    return PairReleased(words.text("user"), words.text("name"), words.text("by"), why, platform)


def _load_drift(words: StoredWords) -> LostAssignment | UnknownAssignmentsFound:
    if words.text("kind") == "lost_assignment":
        return LostAssignment()
    setting = UnknownAssignments(words.text("setting"))
    return UnknownAssignmentsFound(words.number("count"), words.text("examples"), setting)


def _load_alarm(words: StoredWords) -> AlarmRaised | OtherAlarm | AlarmCleared:
    if words.text("state") == "cleared":
        return AlarmCleared(words.text("alarm"), words.number("minutes"))
    kind, facts = words.text("alarm"), words.all_but("alarm", "state")
    if kind in frozenset(AlarmKind):
        return AlarmRaised(load_wrong(AlarmKind(kind), facts))
    return OtherAlarm(kind, facts)


_LOADS: Mapping[Topic, Callable[[StoredWords], Content]] = {
    Topic.ASKED_TOGETHER: lambda words: AskedTogether(RequestId(words.number("submission"))),
    Topic.APPROVAL_COUNTED: _load_counted,
    Topic.REMINDER: _load_reminder,
    Topic.SLOW: lambda words: Slow(words.text("because"), words.moment("until")),
    Topic.OVERDUE: lambda words: Overdue(words.text("because"), words.flag("asked")),
    Topic.UNDECIDABLE: lambda words: Undecidable(words.number("able"), words.number("needed")),
    Topic.UNREACHED: _load_unreached,
    Topic.ANSWER: _load_answer,
    Topic.IDENTITY_SUSPENDED: _load_suspended,
    Topic.SECOND_ACCOUNT: _load_second,
    Topic.PAIR_RELEASED: _load_released,
    Topic.POLICIES_CHANGED: load_changed,
    Topic.POLICIES_WAITING: load_waiting,
    Topic.POLICIES_UNCHANGED: load_unchanged,
    Topic.EXPORTED: load_exported,
    Topic.EXPORT_FAILED: load_export_failed,
    Topic.ACTIVITY: load_activity,
    Topic.DRIFT: _load_drift,
    Topic.OUT_OF_REACH: lambda words: OutOfReach(words.text("permission_set"), words.text("requests")),
    Topic.OLD_PICTURE: lambda words: OldPicture(words.moment("since")),
    Topic.ALARM: _load_alarm,
    Topic.TRAIL_BROKEN: lambda words: TrailBroken(words.number("seq"), words.text("what")),
    Topic.TRAIL_WHOLE: lambda words: TrailWhole(words.number("seq")),
    Topic.CHANNEL_LOST: lambda words: ChannelsLost(words.text("team")),
    Topic.CHANNEL_SHARED: lambda words: ChannelShared(ConversationId(words.text("channel"))),
}
"""The reader of each topic that has content of its own."""
