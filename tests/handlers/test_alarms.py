"""Alarms in words: what is wrong, what to do, and that it is well again, for chat, Home and operators."""

from datetime import timedelta

import pytest

from core.domain.alarm import (
    AccessPastEnd,
    Alarm,
    AlarmKind,
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
from core.domain.notice_content import AlarmCleared, AlarmRaised, OtherAlarm
from core.domain.notices import ADMINS, Content, Form, Notice
from core.domain.policy_warnings import PolicyWarning, WarningKind
from handlers.screens import notices, warnings
from handlers.screens.screen import note
from handlers.slack.drawing.render import render_message
from handlers.words import alarm_words
from tests.contents import wrongs
from tests.handlers.conftest import Open, Post
from tests.handlers.policies import admin
from tests.handlers.samples import HOSTILE, LINKS, LONG, NOW, foreign_markup

LATER = NOW + timedelta(minutes=12)
WRONG: dict[AlarmKind, Wrong] = {
    AlarmKind.PAST_END: AccessPastEnd("R-1042, R-1043", 5, NOW),
    AlarmKind.LEASES: LeasesHeld("outgoing (3)"),
    AlarmKind.MESSAGES: MessagesWaiting(NOW),
    AlarmKind.WORK: WorkWaiting(WaitingWork.COMMANDS, NOW),
    AlarmKind.ARCHIVE: ArchiveBehind("7 h"),
    AlarmKind.EVENTS: EventsWaiting("webhook, archive", NOW),
    AlarmKind.ARCHIVE_AHEAD: ArchiveAhead(70, "2026-03-01", "team/a.gz"),
    AlarmKind.WENT_BACK: DatabaseWentBack("event 7 of the audit trail is gone"),
}
SAID = {
    AlarmKind.PAST_END: "R-1042, R-1043 and 3 more, the first since 12:00",
    AlarmKind.LEASES: "outgoing (3)",
    AlarmKind.MESSAGES: "Messages have been waiting for more than 5 minutes, the oldest since 12:00",
    AlarmKind.WORK: "What people did in chat has been waiting for more than 5 minutes",
    AlarmKind.ARCHIVE: "The archive of the audit trail is 7 h behind",
    AlarmKind.EVENTS: "have not reached the webhook and the archive's bucket since",
    AlarmKind.ARCHIVE_AHEAD: "reaches event 70 (2026-03-01), which the database does not have",
    AlarmKind.WENT_BACK: "The database has lost recent data: event 7 of the audit trail is gone",
}


@pytest.mark.parametrize("kind", AlarmKind)
@pytest.mark.parametrize("form", [Form.DIRECT, Form.LINE])
async def test_each_says_what_is_wrong_and_that_it_is_well_again(kind: AlarmKind, form: Form, post: Post) -> None:
    raised = notices.build(Notice(form, AlarmRaised(WRONG[kind]), ADMINS), None, LINKS, NOW)
    assert SAID[kind] in await post(raised)
    cleared = await post(notices.build(Notice(form, AlarmCleared(kind.value, 12), ADMINS), None, LINKS, NOW))
    assert cleared.endswith("It took 12 min.")
    assert SAID[kind] not in cleared


@pytest.mark.parametrize("text", [HOSTILE, LONG, ""])
async def test_slack_accepts_them_whatever_their_facts_are(text: str, post: Post) -> None:
    said: list[Content] = [*map(AlarmRaised, wrongs(text)), OtherAlarm(text, {}), AlarmCleared(text, 3)]
    for content in said:
        message = notices.build(Notice(Form.LINE, content, ADMINS), None, LINKS, NOW)
        assert await post(message)
        assert foreign_markup(render_message(message)) == []


async def test_on_home_each_is_a_warning_for_as_long_as_it_stands(show: Open) -> None:
    found = [PolicyWarning(WarningKind.ALARM, alarm=Alarm(WRONG[kind], NOW)) for kind in AlarmKind]
    shown = await show(note("Home", warnings.build(admin(), found)))
    for kind in AlarmKind:
        assert SAID[kind].partition(", the ")[0] in shown


def test_operators_read_the_same_in_their_own_notation() -> None:
    said = alarm_words.raised(WRONG[AlarmKind.WORK], lambda at: f"{at:%H:%M UTC}")
    assert "the oldest since 12:00 UTC" in said
