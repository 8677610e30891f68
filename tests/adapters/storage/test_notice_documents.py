"""Notices as they are stored: each is read as it was written, and so are those of the release before."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.storage.notice_documents import dump_content, load_content
from core.adapters.storage.readable import UNREADABLE
from core.domain.activity import ActivityTally, Attribution
from core.domain.alarm import (
    AccessPastEnd,
    ArchiveAhead,
    ArchiveBehind,
    DatabaseWentBack,
    LeasesHeld,
    MessagesWaiting,
    WaitingWork,
    WorkWaiting,
)
from core.domain.commands import ExportKind
from core.domain.errors import SourceTrouble
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
from core.domain.notices import TOPIC_OF, Content, Form, Plain, Topic
from core.domain.outcome import Outcome, Result
from core.domain.policy_diff import Change, Section
from core.domain.settings import UnknownAssignments
from core.domain.told_changes import ToldField, ToldPart
from tests.contents import contents, topic_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CANCELLED = (
    '{"result": "cancelled", "request_id": 1001, "refusals": [], "revision": 0, "incident": "", "called_off": [], '
    '"others": []}'
)
NOT_FOUND = (
    '{"result": "not_found", "request_id": null, "refusals": [], "revision": 0, "incident": "", "called_off": [], '
    '"others": []}'
)
PARTS = (
    '[{"section": "settings", "name": "", "change": "changed", "fields": [["max_duration", [], [], "9h", "12h"]], '
    '"more": 0}]'
)
CHANGED = {
    "by": "Frank Rosen",
    "author": "user-frank",
    "why": "because",
    "revision": "3",
    "changes": PARTS,
    "more": "0",
    "admin_groups": "admins others",
}
CHANGE = PolicyChange(
    "Frank Rosen",
    "because",
    3,
    (ToldPart(Section.SETTINGS, "", Change.CHANGED, (ToldField("max_duration", before="9h", after="12h"),)),),
    0,
    PrincipalId("user-frank"),
    (GroupId("admins"), GroupId("others")),
)
COUNTS = {"events": "2", "sessions": "1", "writes": "2", "errors": "0", "by_user_id": "1", "by_session_name": "1"}
TALLY = ActivityTally(2, 1, 2, 0, {Attribution.USER_ID: 1, Attribution.SESSION_NAME: 1})
STORED: list[tuple[str, dict[str, str], Content]] = [
    ("asked_together", {"submission": "1042"}, AskedTogether(RequestId(1042))),
    ("approval_counted", {"by": "Bob Kahn", "quorum": "2"}, ApprovalCounted("Bob Kahn", 2)),
    (
        "approval_counted",
        {"by": "Bob Kahn", "quorum": "2", "minutes": "30"},
        ApprovalCounted("Bob Kahn", 2, timedelta(minutes=30)),
    ),
    ("reminder", {"round": "1"}, Reminder(1)),
    ("reminder", {"round": "1", "others": "1043 1044"}, Reminder(1, (RequestId(1043), RequestId(1044)))),
    ("slow", {"because": "AWS is away", "until": "2026-03-02T12:00:00+00:00"}, Slow("AWS is away", NOON)),
    ("overdue", {"because": "", "asked": "yes"}, Overdue("", asked=True)),
    ("overdue", {"because": "no", "asked": ""}, Overdue("no", asked=False)),
    ("undecidable", {"able": "0", "needed": "1"}, Undecidable(0, 1)),
    ("unreached", {"to": "user-dan", "absent": "yes"}, ApproverUnreached("user-dan", absent=True)),
    ("unreached", {"to": "slack/T1/UBOB"}, ApproverUnreached("slack/T1/UBOB", absent=False)),
    ("unreached", {"who": "Bob Kahn", "nobody": "yes"}, Unreached("Bob Kahn", nobody=True)),
    ("unreached", {"who": "", "nobody": ""}, Unreached("", nobody=False)),
    (
        "answer",
        {"act": "2", "outcome": CANCELLED, "typed": "why"},
        Answer(2, Outcome(Result.CANCELLED, RequestId(1001)), "why"),
    ),
    ("identity_suspended", {"user": "UADA", "claimed": "Grace Hopper"}, PairSuspended("UADA", "Grace Hopper")),
    ("identity_suspended", {"count": "4", "users": "UBOB, UCAROL"}, PairsSuspended(4, "UBOB, UCAROL")),
    ("second_account", {"user": "UADA2", "claimed": "Ada Lovelace"}, SecondAccount("UADA2", "Ada Lovelace")),
    ("second_account", {"count": "2", "users": "UBOB, UCAROL"}, SecondAccounts(2, "UBOB, UCAROL")),
    ("second_account", {"user": "UADA2", "yours": "yes"}, SecondAccountOfYours("UADA2")),
    (
        "second_account",
        {"user": "object-1", "platform": "teams", "elsewhere": "yes"},
        AccountElsewhere("object-1", "teams"),
    ),
    (
        "pair_released",
        {"user": "UADA", "name": "Grace Hopper", "by": "operator"},
        PairReleased("UADA", "Grace Hopper", "operator", ""),
    ),
    (
        "pair_released",
        {"user": "UADA", "name": "Ada Lovelace", "by": "operator root", "why": "moved"},
        PairReleased("UADA", "Ada Lovelace", "operator root", "moved"),
    ),
    ("pair_released", {"count": "1", "by": "operator root", "why": ""}, PairsReleased(1, "operator root", "")),
    ("policies_changed", CHANGED, PoliciesChanged(CHANGE)),
    ("policies_changed", CHANGED | {"approved_by": "Erin Gray"}, PoliciesChanged(CHANGE, "Erin Gray")),
    (
        "policies_changed",
        CHANGED | {"author": "", "admin_groups": "", "changes": "[]"},
        PoliciesChanged(replace(CHANGE, not_told=None, admin_groups=(), parts=())),
    ),
    (
        "policies_waiting",
        CHANGED | {"proposal": "1", "because": "more_time settings", "until": "2026-03-02T12:00:00+00:00"},
        PoliciesWaiting(CHANGE, 1, ("more_time", "settings"), NOON),
    ),
    (
        "policies_unchanged",
        CHANGED | {"proposal": "1", "state": "rejected", "closed_by": "Erin Gray"},
        PoliciesUnchanged(CHANGE, 1, "rejected", "Erin Gray"),
    ),
    ("exported", {"kind": "requests", "subject": "", "unsure": "yes"}, Exported(ExportKind.REQUESTS, "", unsure=True)),
    (
        "exported",
        {"kind": "activity", "subject": "R-1001", "rows": "2", "lacks": "cut incomplete"},
        Exported(ExportKind.ACTIVITY, "R-1001", 2, ("cut", "incomplete")),
    ),
    (
        "export_failed",
        {"kind": "requests", "subject": "", "because": "Slack is busy"},
        ExportFailed(ExportKind.REQUESTS, "", OtherFailure("Slack is busy")),
    ),
    (
        "export_failed",
        {"kind": "activity", "subject": "R-1001", "outcome": NOT_FOUND},
        ExportFailed(ExportKind.ACTIVITY, "R-1001", RefusedFailure(())),
    ),
    (
        "export_failed",
        {"kind": "activity", "subject": "R-1001", "trouble": "no_permission", "what": "athena:Get", "said": "no"},
        ExportFailed(ExportKind.ACTIVITY, "R-1001", SourceFailure(SourceTrouble.NO_PERMISSION, "athena:Get", "no")),
    ),
    (
        "activity",
        COUNTS | {"cut": "", "source": "Fake logs"},
        ActivitySummary(TALLY, "Fake logs", cut=False, unread=0),
    ),
    (
        "activity",
        COUNTS | {"cut": "yes", "source": "Fake logs", "unread": "1"},
        ActivitySummary(TALLY, "Fake logs", cut=True, unread=1),
    ),
    (
        "activity",
        COUNTS | {"cut": "yes", "source": "Fake logs", "unsure": "yes"},
        ActivitySummary(TALLY, "Fake logs", cut=True, unread=0, unsure=True),
    ),
    (
        "activity",
        {"given_up": "yes", "trouble": "too_old", "what": "90 days", "said": ""},
        ActivityFailed(SourceFailure(SourceTrouble.TOO_OLD, "90 days", "")),
    ),
    ("drift", {"kind": "lost_assignment"}, LostAssignment()),
    (
        "drift",
        {"kind": "unknown_assignments", "count": "1", "examples": "Ada has ReadOnly", "setting": "report"},
        UnknownAssignmentsFound(1, "Ada has ReadOnly", UnknownAssignments.REPORT),
    ),
    (
        "out_of_reach",
        {"permission_set": "PowerUserAccess", "requests": "R-1001"},
        OutOfReach("PowerUserAccess", "R-1001"),
    ),
    ("old_picture", {"since": "2026-03-02T12:00:00+00:00"}, OldPicture(NOON)),
    (
        "alarm",
        {"alarm": "messages_waiting", "state": "raised", "what": "messages", "since": "2026-03-02T12:00:00+00:00"},
        AlarmRaised(MessagesWaiting(NOON)),
    ),
    (
        "alarm",
        {"alarm": "work_waiting", "state": "raised", "what": "acts", "since": "2026-03-02T12:00:00+00:00"},
        AlarmRaised(WorkWaiting(WaitingWork.COMMANDS, NOON)),
    ),
    (
        "alarm",
        {
            "alarm": "access_past_its_end",
            "state": "raised",
            "requests": "R-1001",
            "count": "1",
            "since": "2026-03-02T12:00:00+00:00",
        },
        AlarmRaised(AccessPastEnd("R-1001", 1, NOON)),
    ),
    (
        "alarm",
        {"alarm": "leases_past_their_limit", "state": "raised", "where": "drift_sweep (1)"},
        AlarmRaised(LeasesHeld("drift_sweep (1)")),
    ),
    (
        "alarm",
        {"alarm": "audit_archive_behind", "state": "raised", "behind": "7 h"},
        AlarmRaised(ArchiveBehind("7 h")),
    ),
    (
        "alarm",
        {"alarm": "audit_archive_ahead", "state": "raised", "seq": "10", "day": "2026-03-04", "key": "team/a.gz"},
        AlarmRaised(ArchiveAhead(10, "2026-03-04", "team/a.gz")),
    ),
    (
        "alarm",
        {"alarm": "database_went_back", "state": "raised", "what": "event 7 is gone"},
        AlarmRaised(DatabaseWentBack("event 7 is gone")),
    ),
    ("alarm", {"alarm": "of_tomorrow", "state": "raised", "news": "x"}, OtherAlarm("of_tomorrow", {"news": "x"})),
    (
        "alarm",
        {"alarm": "audit_archive_ahead", "state": "cleared", "minutes": "4260"},
        AlarmCleared("audit_archive_ahead", 4260),
    ),
    (
        "trail_broken",
        {"seq": "3", "what": "is not filed under the request that it is about"},
        TrailBroken(3, "is not filed under the request that it is about"),
    ),
    ("trail_whole", {"seq": "10"}, TrailWhole(10)),
    ("channel_shared", {"channel": "C-SHARED"}, ChannelShared(ConversationId("C-SHARED"))),
    ("channel_lost", {"team": "Payments"}, ChannelsLost("Payments")),
]
"""Rows of November 2026, and what they say."""
MAY_BE_LEFT_OUT = frozenset({"minutes", "absent", "why", "approved_by", "rows", "lacks", "unsure", "unread", "others"})


@given(st.text(), st.text(min_size=1))
def test_what_a_notice_says_is_read_as_it_was_written(text: str, short: str) -> None:
    for content in contents(text, short):
        assert load_content(Form.DIRECT, topic_of(content), json.loads(json.dumps(dump_content(content)))) == content


@pytest.mark.parametrize(("topic", "document", "content"), STORED)
def test_a_row_of_the_release_before_is_read_and_written_alike(
    topic: str, document: dict[str, str], content: Content
) -> None:
    assert load_content(Form.LINE, Topic(topic), document) == content
    assert dump_content(content) == document
    assert topic_of(content) == topic


@pytest.mark.parametrize("topic", Topic)
def test_what_only_shows_things_as_they_are_says_nothing_of_its_own(topic: Topic) -> None:
    for form in (Form.CARD, Form.EDIT, Form.HOME):
        assert load_content(form, topic, {}) == Plain(topic)
    assert dump_content(Plain(topic)) == {}


def test_the_time_and_status_that_older_rows_have_are_passed_over() -> None:
    older = {"at": "2026-03-02T12:00:00+00:00", "status": "active"}
    assert load_content(Form.DIRECT, Topic.ACTIVE, older) == Plain(Topic.ACTIVE)


@pytest.mark.parametrize(("topic", "document"), [(topic, document) for topic, document, _ in STORED])
def test_a_field_that_is_missing_or_of_another_type_is_never_guessed(topic: str, document: dict[str, str]) -> None:
    whole = load_content(Form.LINE, Topic(topic), document)
    for name in document:
        odd: dict[str, Any] = {**document, name: ["?"]}
        with pytest.raises(UNREADABLE):
            load_content(Form.LINE, Topic(topic), odd)
        if name in MAY_BE_LEFT_OUT | ({"news"} if isinstance(whole, OtherAlarm) else set()):
            continue
        without = {key: value for key, value in document.items() if key != name}
        try:
            found = load_content(Form.LINE, Topic(topic), without)
        except UNREADABLE:
            continue
        assert type(found) is not type(whole), f"{topic} without {name} is {found}"


def test_every_kind_has_its_sample_and_its_topic() -> None:
    kinds = {kind for kind in get_args(Content) if kind is not Plain}
    assert {type(content) for _, _, content in STORED} == kinds == set(TOPIC_OF)
    assert {type(content) for content in contents()} == kinds | {Plain}
