"""Notices: a sample of every kind, with texts of one's choice, and a way to read the one that was sent."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from core.domain.activity import ActivityTally, Attribution
from core.domain.alarm import (
    AccessPastEnd,
    ArchiveAhead,
    ArchiveBehind,
    DatabaseWentBack,
    EventsWaiting,
    LeasesHeld,
    MessagesWaiting,
    WaitingWork,
    WorkWaiting,
    Wrong,
)
from core.domain.commands import ExportKind
from core.domain.errors import Field, Reason, Refusal, SourceTrouble
from core.domain.ids import ConversationId, GroupId, PrincipalId, RequestId
from core.domain.notice_content import (
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
    OtherFailure,
    OutOfReach,
    Overdue,
    PairReleased,
    PairsReleased,
    PairsSuspended,
    PairSuspended,
    PoliciesChanged,
    PoliciesUnchanged,
    PoliciesWaiting,
    PolicyChange,
    RefusedFailure,
    Reminder,
    SecondAccount,
    SecondAccountOfYours,
    SecondAccounts,
    Slow,
    SourceFailure,
    TrailBroken,
    TrailWhole,
    Undecidable,
    UnknownAssignmentsFound,
    Unreached,
)
from core.domain.notices import ADMINS, Content, Form, Notice, Plain, Topic
from core.domain.outcome import Outcome, Result
from core.domain.policy_diff import Change, Section
from core.domain.settings import UnknownAssignments
from core.domain.told_changes import ToldField, ToldPart

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
C = TypeVar("C", bound=Content)


def content_of(notice: Notice, kind: type[C]) -> C:
    assert isinstance(notice.content, kind), notice
    return notice.content


def alarms_told(notices: Iterable[Notice]) -> list[tuple[str, str]]:
    """The alarms that were sent, and for each whether it was raised or cleared."""
    told = (notice.content for notice in notices)
    alarms = (content for content in told if isinstance(content, AlarmRaised | AlarmCleared))
    return [
        (alarm.wrong.kind.value, "raised") if isinstance(alarm, AlarmRaised) else (alarm.alarm, "cleared")
        for alarm in alarms
    ]


def wrongs(text: str = "words") -> list[Wrong]:
    """Whatever alarms are raised about."""
    return [
        AccessPastEnd(text, 5, NOON),
        LeasesHeld(text),
        MessagesWaiting(NOON),
        WorkWaiting(WaitingWork.COMMANDS, NOON),
        WorkWaiting(WaitingWork.ASSIGNMENTS, NOON),
        ArchiveBehind("7 h"),
        EventsWaiting("webhook, archive", NOON),
        ArchiveAhead(70, "2026-03-01", text),
        DatabaseWentBack(text),
    ]


def contents(text: str = "words", short: str = "Bob Kahn") -> list[Content]:
    """One of each kind at least; ``text`` where somebody has typed it, ``short`` where there are names."""
    return [
        *_about_requests(text, short),
        *_about_pairs(text, short),
        *_about_policies(text, short),
        *_about_files(text, short),
        *_about_work(text, short),
        Plain(Topic.SUBMITTED),
    ]


def _limit(short: str) -> Refusal:
    return Refusal(Reason.DURATION_TOO_LONG, Field.DURATION, (short,), timedelta(hours=4))


def _about_requests(text: str, short: str) -> list[Content]:
    return [
        AskedTogether(RequestId(1042)),
        ApprovalCounted(short, 2),
        ApprovalCounted(short, 2, timedelta(minutes=30)),
        Reminder(3),
        Slow(text, NOON),
        Overdue(text, asked=False),
        Overdue("", asked=True),
        Undecidable(0, 2),
        ApproverUnreached("user-bob", absent=True),
        ApproverUnreached("slack/T1/UBOB", absent=False),
        Unreached(short, nobody=False),
        Unreached("", nobody=True),
        Answer(7, Outcome(Result.DECLINED, None, (_limit(short),)), text),
    ]


def _about_pairs(text: str, short: str) -> list[Content]:
    return [
        PairSuspended(short, short),
        PairSuspended(short, short, "teams"),
        PairsSuspended(4, "UBOB, UCAROL"),
        SecondAccount(short, short),
        SecondAccounts(4, "UBOB, UCAROL"),
        SecondAccountOfYours(short),
        SecondAccountOfYours(short, "teams"),
        AccountElsewhere(short, "teams"),
        PairReleased(short, short, short, text),
        PairReleased(short, short, short, ""),
        PairReleased(short, short, short, text, "teams"),
        PairsReleased(2, short, text),
    ]


def _about_policies(text: str, short: str) -> list[Content]:
    field = ToldField("max_duration", before="9h", after="12h")
    several = ToldField("users", (short, "2 more"), (short,))
    parts = (ToldPart(Section.SETTINGS, "", Change.CHANGED, (field, several), 1),)
    change = PolicyChange(short, text, 8, parts, 2, PrincipalId("user-frank"), (GroupId("admins"), GroupId("others")))
    return [
        PoliciesChanged(change),
        PoliciesChanged(change, short),
        PoliciesWaiting(change, 7, ("more_time", "settings"), NOON),
        PoliciesUnchanged(change, 7, "rejected", short),
        PoliciesUnchanged(change, 7, "expired", ""),
    ]


def _about_files(text: str, short: str) -> list[Content]:
    by = {Attribution.USER_ID: 9, Attribution.SESSION_NAME: 3}
    return [
        Exported(ExportKind.REQUESTS, text),
        Exported(ExportKind.ACTIVITY, "R-1042", 15, ("cut", "incomplete")),
        Exported(ExportKind.REPORT, "2026-11-01 2026-11-30", unsure=True),
        ExportFailed(ExportKind.CHARTS, text, OtherFailure(text)),
        ExportFailed(ExportKind.ACTIVITY, "R-1042", RefusedFailure(())),
        ActivitySummary(ActivityTally(12, 2, 3, 1, by), short, cut=True, unread=2),
        ActivityFailed(SourceFailure(SourceTrouble.TOO_SLOW, text, text)),
        ActivityFailed(RefusedFailure((_limit(short),))),
    ]


def _about_work(text: str, short: str) -> list[Content]:
    return [
        LostAssignment(),
        UnknownAssignmentsFound(7, text, UnknownAssignments.REPORT),
        OutOfReach(short, "R-1001, R-1002"),
        OldPicture(NOON),
        *map(AlarmRaised, wrongs(text)),
        OtherAlarm("of_tomorrow", {"news": text}),
        AlarmCleared("messages_waiting", 12),
        TrailBroken(-1, text),
        TrailWhole(10),
        ChannelShared(ConversationId("C0PAYMENTS")),
        ChannelsLost(short),
    ]


def by_topic(text: str = "words", short: str = "Bob Kahn") -> Mapping[Topic, Content]:
    """The content of a message of each topic; the first of its kinds."""
    found: dict[Topic, Content] = {topic: Plain(topic) for topic in Topic}
    for content in reversed(contents(text, short)):
        found[topic_of(content)] = content
    return found


def topic_of(content: Content) -> Topic:
    return Notice(Form.DIRECT, content, ADMINS).topic
