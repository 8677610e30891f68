"""Session activity as people read it: by session, writes apart from reads, ten lines a page, at its worst too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from core.domain.activity import ActivityEvent, ActivityQuery, ActivityTally, Attribution, Limit
from core.domain.errors import SourceRefused, SourceTrouble
from core.domain.notice_content import ActivityFailed, ActivitySummary, SourceFailure
from core.domain.notices import Form
from core.domain.request import Status
from core.services.audit.session_activity import ActivityReport
from handlers.screens import activity, details, notices
from handlers.screens.activity import PAGE, ActivityPage
from handlers.screens.details import Powers
from handlers.screens.ids import ActionId
from handlers.slack.drawing.render import render_message, render_view
from handlers.words import sentences
from tests.handlers.conftest import Open, Post
from tests.handlers.samples import HOSTILE, LINKS, LONG, NOW, STATES, card, foreign_markup, nasty, notice

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ENDED = STATES[Status.ENDED]
READ_AT = NOW + HOUR * 6
EVENT = ActivityEvent(
    id="e",
    at=NOW,
    source="ecs.amazonaws.com",
    name="UpdateService",
    region="eu-west-1",
    session_arn="",
    issuer_arn="",
    source_ip="203.0.113.24",
    session_created_at=NOW,
    resources=("payments-api",),
    attribution=Attribution.USER_ID,
)


def did(number: int, **facts: object) -> ActivityEvent:
    return replace(EVENT, id=f"e-{number}", at=NOW + MINUTE * number, **facts)  # type: ignore[arg-type]


def report(events: Sequence[ActivityEvent] = (), **facts: object) -> ActivityReport:
    assert ENDED.closed_at is not None
    made = ActivityReport(
        request=ENDED,
        source="Athena",
        query=ActivityQuery(
            ENDED.requester, "ada@example.com", ENDED.target.account, "PowerUserAccess", NOW, NOW + HOUR * 3
        ),
        events=events,
        limits=frozenset(),
        read_at=READ_AT,
        complete_at=NOW + HOUR * 4,
    )
    return replace(made, **facts)  # type: ignore[arg-type]


WORK = (
    did(1, read_only=True, name="DescribeServices"),
    did(2),
    did(3, read_only=True, name="DescribeServices"),
    did(4, name="CreateRole", source="iam.amazonaws.com", error_code="AccessDenied", error_message="not you"),
    did(5, session_created_at=NOW + HOUR, attribution=Attribution.SESSION_NAME, source_ip="198.51.100.7"),
)


async def test_it_is_grouped_by_session_with_writes_before_reads(show: Open) -> None:
    shown = await show(activity.build(report(WORK), 0))
    lines = [line for line in shown.splitlines() if line.startswith(("Session ", "Writes", "Reads", "•"))]
    assert lines == [
        "Session 1 · began today at 12:00 · from 203.0.113.24",
        "Writes",
        "• 12:02 · ecs UpdateService · eu-west-1 · payments-api",
        "• 12:04 · iam CreateRole · eu-west-1 · payments-api · ⛔ AccessDenied: not you",
        "Reads",
        "• 12:01 · ecs DescribeServices · eu-west-1 · payments-api · ×2, last 12:03",
        "Session 2 · began today at 13:00 · from 198.51.100.7",
        "Writes",
        "• 12:05 · ecs UpdateService · eu-west-1 · payments-api · by session name",
    ]
    assert "5 events in 2 sessions, 3 writes, 1 error" in shown
    assert "4 by the Identity Center user id in the event, 1 by role and session name" in shown
    assert "Ada Lovelace · PowerUserAccess in Payments Prod" in shown
    assert "Read from Athena" in shown


async def test_the_same_stands_in_a_private_answer(post: Post) -> None:
    shown = await post(activity.build_message(report(WORK), 0))
    assert "• 12:02 · ecs UpdateService" in shown


@pytest.mark.parametrize(("count", "pages"), [(PAGE, 1), (PAGE + 1, 2), (PAGE * 3, 3)])
async def test_beyond_ten_lines_there_are_pages_that_repeat_their_headings(show: Open, count: int, pages: int) -> None:
    events = [did(number, name=f"Put{number}") for number in range(count)]
    seen = []
    for page in range(pages):
        shown = await show(activity.build(report(events), page))
        assert shown.count("• ") == min(PAGE, count - page * PAGE)
        assert "Session 1" in shown
        assert "Writes" in shown
        assert ("[ Previous ]" in shown, "[ Next ]" in shown) == (page > 0, page < pages - 1)
        seen += [line.split()[4] for line in shown.splitlines() if line.startswith("•")]
    assert seen == [f"Put{number}" for number in range(count)]


async def test_a_page_beyond_the_last_is_the_last(show: Open) -> None:
    assert "Page 2 of 2" in await show(activity.build(report([did(n, name=f"P{n}") for n in range(11)]), 99))


async def test_nothing_is_told_apart_from_nothing_yet(show: Open) -> None:
    assert "These logs show nothing done in AWS with this access" in await show(activity.build(report(), 0))
    for growing in (report(complete_at=None), report(complete_at=READ_AT + MINUTE)):
        shown = await show(activity.build(growing, 0))
        assert "Nothing yet." in shown
        assert "events may follow" in shown


@pytest.mark.parametrize("limit", Limit)
async def test_what_an_answer_leaves_out_is_said(limit: Limit, show: Open) -> None:
    said = await show(activity.build(report(WORK, limits=frozenset({limit})), 0))
    assert said != await show(activity.build(report(WORK), 0))


async def test_one_day_of_it_says_which(show: Open) -> None:
    assert "Only 2026-03-02 (UTC)." in await show(activity.build(report(WORK, day=date(2026, 3, 2)), 0))


def worst(text: str) -> ActivityReport:
    """Everything at its longest, every line in a session of its own, every limit met."""
    events = [
        did(
            number,
            source=text,
            name=text,
            region=text,
            resources=(text,) * 3,
            error_code=text,
            error_message=text,
            source_ip=text,
            session_created_at=NOW + HOUR * number,
            read_only=bool(number % 2),
            attribution=Attribution.SESSION_NAME,
        )
        for number in range(40)
        for _ in range(2)
    ]
    limits = frozenset(Limit)
    return report(events, request=nasty(ENDED, text), source=text, limits=limits, complete_at=READ_AT + HOUR)


@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["hostile", "long"])
async def test_slack_takes_it_at_its_worst_and_reads_no_markup_in_it(text: str, show: Open, post: Post) -> None:
    for page in range(4):
        view, message = activity.build(worst(text), page), activity.build_message(worst(text), page)
        assert await show(view)
        assert await post(message)
        assert foreign_markup(render_view(view)) == foreign_markup(render_message(message)) == []


async def test_the_summary_counts_and_opens(post: Post) -> None:
    by = {Attribution.USER_ID: 9, Attribution.SESSION_NAME: 3}
    told = ActivitySummary(ActivityTally(12, 2, 3, 1, by), "Athena", cut=False, unread=0)
    message = notices.build(notice(told, Form.THREAD), ENDED, LINKS, NOW)
    shown = await post(message)
    assert (
        "Session activity of R-1042: 12 events in 2 sessions, 3 writes, 1 error. Attributed 9 by the Identity Center "
        "user id in the event, 3 by role and session name, from Athena." in shown
    )
    assert ActionId.ACTIVITY in str(render_message(message))


async def test_records_that_could_not_be_read_are_counted(post: Post, show: Open) -> None:
    limited = report(WORK, limits=frozenset({Limit.UNREADABLE}), unread=2)
    sentence = "2 records of the logs could not be read, and are missing here."
    assert sentence in await show(activity.build(limited, 0))
    for events in (0, 12):
        count = ActivityTally(events, by={Attribution.USER_ID: events})
        told = notice(ActivitySummary(count, "Athena", cut=False, unread=2), Form.THREAD)
        assert sentence in await post(notices.build(told, ENDED, LINKS, NOW))


async def test_a_summary_of_nothing_says_so(post: Post) -> None:
    told = ActivitySummary(ActivityTally(), "Athena", cut=False, unread=0)
    message = notices.build(notice(told, Form.THREAD), ENDED, LINKS, NOW)
    assert "none. Athena has no event of this access." in await post(message)


async def test_a_summary_of_nothing_where_some_may_be_missing_does_not_say_that_there_is_none(post: Post) -> None:
    told = ActivitySummary(ActivityTally(), "Athena", cut=True, unread=0, unsure=True)
    said = await post(notices.build(notice(told, Form.THREAD), ENDED, LINKS, NOW))
    assert "none was found in Athena, and events may be missing: the button shows why." in said
    assert "has no event of this access" not in said


async def test_a_summary_that_was_given_up_says_why(post: Post) -> None:
    failed = ActivityFailed(SourceFailure(SourceTrouble.UNKNOWN_TABLE, "trail.events", ""))
    said = await post(notices.build(notice(failed, Form.THREAD), ENDED, LINKS, NOW))
    assert "Session activity of R-1042 could not be read. Athena has no table trail.events. Ask the admins" in said


@pytest.mark.parametrize("status", Status)
async def test_details_offer_it_once_access_was_given(status: Status, show: Open) -> None:
    shown = await show(details.build(card(STATES[status]), [], LINKS, Powers()))
    assert ("[ Session activity ]" in shown) == (STATES[status].window_start_at is not None)


@pytest.mark.parametrize("trouble", SourceTrouble)
async def test_every_trouble_says_which_and_what_to_do(trouble: SourceTrouble, show: Open) -> None:
    error = SourceRefused(trouble, "athena:StartQueryExecution", said=HOSTILE)
    sentence = sentences.error(error)
    assert "{" not in sentence
    assert any(words in sentence for words in ("Ask the admins", "Try again", "Name ", "Look in", "not searched"))
    view = activity.trouble(ENDED.id, sentence)
    assert await show(view)
    assert foreign_markup(render_view(view)) == []


@pytest.mark.parametrize("place", [ActivityPage(ENDED.id), ActivityPage(ENDED.id, 7, date(2026, 3, 2))])
def test_a_place_survives_its_button(place: ActivityPage) -> None:
    assert ActivityPage.load(place.dump()) == place


@pytest.mark.parametrize("value", ["", "{}", "[]", "null", '{"r": "x", "p": 1, "d": ""}', '{"r": 1, "p": 1, "d": "?"}'])
def test_what_no_button_of_ours_carries_is_no_place(value: str) -> None:
    assert ActivityPage.load(value) is None
