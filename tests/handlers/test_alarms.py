"""Alarms in words: what is wrong, what to do, and that it is well again, for chat, Home and operators."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.alarm import Alarm, AlarmKind, notices_of_cleared, notices_of_raised
from core.domain.notice_content import AlarmRaised
from core.domain.notices import ADMINS, Form, Notice
from core.domain.policy_warnings import PolicyWarning, WarningKind
from handlers.screens import notices, warnings
from handlers.screens.screen import note
from handlers.slack.drawing.render import render_message
from handlers.words import alarm_words
from tests.handlers.conftest import Open, Post
from tests.handlers.policies import admin
from tests.handlers.samples import HOSTILE, LINKS, LONG, NOW, foreign_markup

LATER = NOW + timedelta(minutes=12)
FACTS: dict[AlarmKind, dict[str, str]] = {
    AlarmKind.PAST_END: {"requests": "R-1042, R-1043", "count": "5", "since": NOW.isoformat()},
    AlarmKind.LEASES: {"where": "outgoing (3)"},
    AlarmKind.MESSAGES: {"what": "messages", "since": NOW.isoformat()},
    AlarmKind.WORK: {"what": "acts", "since": NOW.isoformat()},
    AlarmKind.ARCHIVE: {"behind": "7 h"},
    AlarmKind.ARCHIVE_AHEAD: {"seq": "70", "day": "2026-03-01"},
    AlarmKind.WENT_BACK: {"what": "event 7 of the audit trail is gone"},
}
SAID = {
    AlarmKind.PAST_END: "R-1042, R-1043 and 3 more, the first since 12:00",
    AlarmKind.LEASES: "outgoing (3)",
    AlarmKind.MESSAGES: "Messages have been waiting for more than 5 minutes, the oldest since 12:00",
    AlarmKind.WORK: "What people did in Slack has been waiting for more than 5 minutes",
    AlarmKind.ARCHIVE: "The archive of the audit trail is 7 h behind",
    AlarmKind.ARCHIVE_AHEAD: "goes on to event 70 (2026-03-01), which the database does not have",
    AlarmKind.WENT_BACK: "The database has forgotten what it knew: event 7 of the audit trail is gone",
}


@pytest.mark.parametrize("kind", AlarmKind)
@pytest.mark.parametrize("form", [Form.DIRECT, Form.LINE])
async def test_each_says_what_is_wrong_and_that_it_is_well_again(kind: AlarmKind, form: Form, post: Post) -> None:
    raised, cleared = notices_of_raised(Alarm(kind, NOW, FACTS[kind])), notices_of_cleared(Alarm(kind, NOW), LATER)
    for notice in raised:
        assert SAID[kind] in await post(notices.build(replace(notice, form=form), None, LINKS, NOW))
    cleared_words = await post(notices.build(replace(cleared[0], form=form), None, LINKS, NOW))
    assert cleared_words.endswith("It took 12 min.")
    assert SAID[kind] not in cleared_words


@pytest.mark.parametrize("text", [HOSTILE, LONG, ""])
@pytest.mark.parametrize("kind", [*AlarmKind, "of_tomorrow", HOSTILE])
async def test_slack_accepts_them_whatever_their_facts_are(kind: str, text: str, post: Post) -> None:
    facts = dict.fromkeys(("requests", "count", "since", "where", "what", "behind"), text)
    notice = Notice(Form.LINE, AlarmRaised(kind, facts), ADMINS)
    message = notices.build(notice, None, LINKS, NOW)
    assert await post(message)
    assert foreign_markup(render_message(message)) == []


async def test_on_home_each_is_a_warning_for_as_long_as_it_stands(show: Open) -> None:
    found = [PolicyWarning(WarningKind.ALARM, alarm=Alarm(kind, NOW, FACTS[kind])) for kind in AlarmKind]
    shown = await show(note("Home", warnings.build(admin(), found)))
    for kind in (AlarmKind.LEASES, AlarmKind.WORK, AlarmKind.ARCHIVE):
        assert SAID[kind] in shown


def test_operators_read_the_same_in_their_own_notation() -> None:
    said = alarm_words.raised(AlarmKind.WORK, FACTS[AlarmKind.WORK], lambda at: f"{at:%H:%M UTC}")
    assert "the oldest since 12:00 UTC" in said
