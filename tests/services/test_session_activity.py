"""Session activity: who may see it, what of it is asked again, and the summary that is told once (rules 22 and 24)."""

import asyncio
import csv
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from core.domain.activity import WIDEST, ActivityEvent, ActivityTally, Attribution, Limit
from core.domain.commands import ExportKind, StartExport
from core.domain.errors import NotFound, Reason, Refused, SourceRefused, SourceTrouble, UpstreamBusy
from core.domain.ids import RequestId
from core.domain.notice_content import (
    ActivityFailed,
    ActivitySummary,
    Exported,
    ExportFailed,
    RefusedFailure,
    SourceFailure,
)
from core.domain.notices import Form, Notice, Topic
from core.domain.organization import Target
from core.domain.outcome import Result
from core.domain.period import Period
from core.domain.request import Request
from core.services.audit.activity_summaries import GIVE_UP_AFTER
from core.services.audit.report_figures import ReportFigures
from core.services.audit.session_activity import query_of
from core.services.runtime.lease_renewal import LEASE
from tests.contents import content_of
from tests.services.company import HOUR, MINUTE, PAYMENTS_CHANNEL, POWER, SANDBOX, Member
from tests.services.world import World

LOGS = timedelta(minutes=15)
ROLE = "AWSReservedSSO_{}_0123456789abcdef"


@pytest.fixture
def logged(world: World) -> World:
    """A world with a source of session activity."""
    world.logs_come_within = LOGS
    world.start()
    return world


def did(request: Request, number: int, user: str, *, user_id: str = "", minutes: int = 5) -> ActivityEvent:
    account, role = request.target.account, ROLE.format(request.permission_set_name)
    assert request.window_start_at is not None
    return ActivityEvent(
        id=f"event-{number}",
        at=(request.window_start_at + MINUTE * minutes).replace(microsecond=0),
        source="s3.amazonaws.com",
        name="PutObject",
        region="eu-west-1",
        session_arn=f"arn:aws:sts::{account}:assumed-role/{role}/{user}",
        issuer_arn=f"arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/{role}",
        recipient=account,
        user_id=user_id,
    )


async def used(world: World) -> Request:
    """Ada held it for an hour, did two things with it, and it is over."""
    request_id = await world.active(world.ada)
    request = await world.request(request_id)
    ada = world.ada.principal
    world.logs.events = [
        did(request, 1, ada.user_name, user_id=ada.id),
        did(request, 2, ada.user_name),
        did(request, 3, f"{ada.user_name}x"),
        did(request, 4, ada.user_name, user_id="somebody-else"),
        did(request, 5, ada.user_name, user_id=ada.id, minutes=-1),
    ]
    await world.pass_time(HOUR)
    await world.settle()
    return await world.request(request_id)


def summaries(world: World) -> Sequence[Notice]:
    return [said.notice for said in world.messenger.said if said.notice.topic.value == "activity"]


async def over(world: World) -> Request:
    """It is over, and everything that was done has arrived."""
    request = await used(world)
    world.clock.move(request.session_duration + LOGS)
    return request


async def work(world: World) -> None:
    await world.services.activity.summaries.work()
    await world.settle()


# --- reading -----------------------------------------------------------------------------------------


async def test_it_is_seen_by_whom_the_request_is_seen_by(logged: World) -> None:
    request = await used(logged)
    reading = logged.services.activity.reading
    for who in (logged.ada, logged.bob, logged.erin, logged.frank):
        report = await reading.read(await reading.find(who.chat, request.id))
        assert [event.id for event in report.events] == ["event-1", "event-2"]
        assert [event.attribution for event in report.events] == list(Attribution)
    with pytest.raises(NotFound) as foreign:
        await reading.find(logged.grace.chat, request.id)
    with pytest.raises(NotFound) as unknown:
        await reading.find(logged.grace.chat, RequestId(4711))
    assert str(foreign.value) == str(unknown.value)


async def test_what_never_was_active_has_none(logged: World) -> None:
    request_id = await logged.asked()
    with pytest.raises(Refused) as refused:
        await logged.services.activity.reading.find(logged.ada.chat, request_id)
    assert refused.value.refusal.reason is Reason.NEVER_ACTIVE


async def test_without_a_source_it_is_said_and_nothing_is_planned(world: World) -> None:
    request = await used(world)
    with pytest.raises(SourceRefused) as refused:
        await world.services.activity.reading.read(
            await world.services.activity.reading.find(world.ada.chat, request.id)
        )
    assert refused.value.trouble is SourceTrouble.NOT_CONFIGURED
    async with world.open_unit() as unit:
        assert await unit.summaries.counts() == (0, 0)


async def test_pages_of_one_look_ask_the_source_once(logged: World) -> None:
    request = await used(logged)
    reports = await asyncio.gather(*(logged.services.activity.reading.read(request) for _ in range(3)))
    assert len(logged.logs.asked) == 1
    assert len({id(report) for report in reports}) == 1
    assert logged.services.activity.reading.is_kept(request)
    logged.clock.move(timedelta(minutes=1))
    assert not logged.services.activity.reading.is_kept(request)
    await logged.services.activity.reading.read(request)
    assert len(logged.logs.asked) == 2


async def test_what_failed_is_asked_again(logged: World) -> None:
    request = await used(logged)
    logged.logs.fails.append(UpstreamBusy("away"))
    with pytest.raises(UpstreamBusy):
        await logged.services.activity.reading.read(request)
    assert len((await logged.services.activity.reading.read(request)).events) == 2


async def test_a_user_who_is_gone_is_told_by_the_user_id_alone_and_it_is_said(logged: World) -> None:
    request = await used(logged)
    del logged.principals.users[logged.ada.id]
    report = await logged.services.activity.reading.read(request)
    assert [event.id for event in report.events] == ["event-1"]
    assert Limit.NO_USER_NAME in report.limits


async def test_a_user_who_was_renamed_is_found_by_both_names_and_it_is_said(logged: World) -> None:
    """Rule 24: sessions keep the name that the user had when they began."""
    request = await used(logged)
    renamed = replace(logged.ada.principal, user_name="ada.lovelace@example.com")
    logged.principals.users[logged.ada.id] = renamed
    logged.logs.events.append(did(request, 6, renamed.user_name, minutes=7))
    report = await logged.services.activity.reading.read(request)
    assert [event.id for event in report.events] == ["event-1", "event-2", "event-6"]
    assert report.limits == {Limit.RENAMED}
    assert [query.user_name for query in logged.logs.asked] == [renamed.user_name, logged.ada.principal.user_name]


async def test_records_that_could_not_be_read_are_said_and_hide_no_others(logged: World) -> None:
    request = await used(logged)
    logged.logs.unread = 2
    report = await logged.services.activity.reading.read(request)
    assert report.limits == {Limit.UNREADABLE}
    assert (report.unread, len(report.events)) == (2, 2)
    logged.clock.move(GIVE_UP_AFTER)
    await work(logged)
    assert [content_of(notice, ActivitySummary).unread for notice in summaries(logged)] == [2]


async def test_while_it_goes_on_the_answer_is_not_complete(logged: World) -> None:
    request = await logged.request(await logged.active(logged.ada))
    assert (await logged.services.activity.reading.read(request)).complete_at is None
    await logged.pass_time(HOUR)
    await logged.settle()
    ended = await logged.request(request.id)
    assert not (await logged.services.activity.reading.read(ended)).is_complete


async def test_a_window_that_is_too_wide_is_read_by_the_day(logged: World) -> None:
    request = await used(logged)
    assert request.window_start_at is not None
    now = request.window_start_at + WIDEST * 2
    long = replace(request, closed_at=now)
    with pytest.raises(SourceRefused) as refused:
        query_of(long, "ada", now)
    assert refused.value.trouble is SourceTrouble.TOO_WIDE
    day = request.window_start_at.date() + timedelta(days=2)
    query = query_of(long, "ada", now, day)
    assert (query.start_at.date(), query.length) == (day, timedelta(days=1))
    with pytest.raises(Refused) as outside:
        query_of(long, "ada", now, date(2020, 1, 1))
    assert outside.value.refusal.reason is Reason.DAY_OUTSIDE_WINDOW


@pytest.mark.parametrize(
    ("limits", "use"),
    [
        (
            {Limit.CUT_BEFORE, Limit.MANAGEMENT_EVENTS_ONLY},
            (0, 0),
        ),  # too slow or too much of others': the rest is unread
        ({Limit.CUT}, (0, 0)),
        ({Limit.MANAGEMENT_EVENTS_ONLY, Limit.NAMED_REGIONS_ONLY, Limit.SESSION_NAME_ONLY}, (1, 1)),
        ({Limit.LARGE_EVENTS_MISSING}, (1, 1)),  # CloudWatch has no answer without
    ],
)
async def test_access_counts_as_never_used_where_its_activity_was_read_to_its_end(
    logged: World, limits: set[Limit], use: tuple[int, int]
) -> None:
    request = await over(logged)
    logged.logs.events, logged.logs.limits = [], frozenset(limits)
    await work(logged)
    assert [content_of(notice, ActivitySummary).unsure for notice in summaries(logged)] == [use == (0, 0)]
    period = Period.of_days(request.created_at.date(), logged.clock.now().date())
    figures = await ReportFigures(logged.open_unit, logged.clock).figures(period)
    assert (figures.known_use, figures.unused) == use


# --- the summary -------------------------------------------------------------------------------------


async def test_the_summary_comes_when_sessions_are_over_and_logs_are_there(logged: World) -> None:
    request = await used(logged)
    logged.clock.move(request.session_duration + LOGS - MINUTE)
    await work(logged)
    assert summaries(logged) == []
    logged.clock.move(MINUTE)
    await work(logged)
    (told,) = summaries(logged)
    assert (told.form, told.to.id) == (Form.THREAD, PAYMENTS_CHANNEL)
    by = {Attribution.USER_ID: 1, Attribution.SESSION_NAME: 1}
    assert told.content == ActivitySummary(ActivityTally(2, 1, 2, 0, by), "Fake logs", cut=False, unread=0)


async def test_it_is_told_once_by_however_many(logged: World) -> None:
    await over(logged)
    await asyncio.gather(*(logged.services.activity.summaries.work() for _ in range(4)))
    logged.start()
    await work(logged)
    logged.clock.move(LEASE * 2)
    await work(logged)
    assert len(summaries(logged)) == 1


async def test_a_process_that_dies_while_reading_leaves_it_to_the_next(logged: World) -> None:
    await over(logged)
    logged.logs.held = asyncio.Event()
    task = asyncio.ensure_future(logged.services.activity.summaries.work())
    await asyncio.wait({task}, timeout=0.2)
    assert logged.logs.asked
    task.cancel()
    logged.logs.held = None
    logged.start()
    await work(logged)
    assert summaries(logged) == []
    logged.clock.move(LEASE)
    await work(logged)
    assert len(summaries(logged)) == 1


async def test_a_source_that_fails_is_asked_less_and_less_and_given_up_after_a_day(logged: World) -> None:
    await over(logged)
    logged.logs.down = SourceRefused(SourceTrouble.UNKNOWN_TABLE, "trail.events")
    begun, tries = logged.clock.now(), []
    for _ in range(60):
        before = len(logged.logs.asked)
        await logged.services.activity.summaries.work()
        tries += [logged.clock.now()] if len(logged.logs.asked) > before else []
        logged.clock.move(timedelta(minutes=30))
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == sorted(waits)
    assert 8 < len(tries) < 25
    assert tries[-1] - begun > GIVE_UP_AFTER - timedelta(hours=2)
    assert tries[-1] - begun < GIVE_UP_AFTER + timedelta(hours=3)
    async with logged.open_unit() as unit:
        assert await unit.summaries.counts() == (0, 1)
    await logged.settle()
    (told,) = summaries(logged)
    assert told.content == ActivityFailed(SourceFailure(SourceTrouble.UNKNOWN_TABLE, "trail.events", ""))


async def test_a_source_that_comes_back_tells_late(logged: World) -> None:
    await over(logged)
    logged.logs.fails.append(UpstreamBusy("away", retry_after=HOUR))
    await work(logged)
    logged.clock.move(timedelta(minutes=59))
    await work(logged)
    assert summaries(logged) == []
    logged.clock.move(MINUTE)
    await work(logged)
    assert len(summaries(logged)) == 1


async def test_after_an_outage_of_days_the_first_failure_is_not_the_last_try(logged: World) -> None:
    await over(logged)
    logged.clock.move(GIVE_UP_AFTER * 3)
    logged.logs.fails.append(UpstreamBusy("away"))
    await work(logged)
    logged.clock.move(HOUR)
    await work(logged)
    assert [content_of(notice, ActivitySummary).tally.events for notice in summaries(logged)] == [2]


async def test_what_no_later_try_changes_is_given_up_at_once(logged: World) -> None:
    await over(logged)
    logged.logs.down = SourceRefused(SourceTrouble.TOO_OLD, "90 days")
    await work(logged)
    async with logged.open_unit() as unit:
        assert await unit.summaries.counts() == (0, 1)


async def test_where_nobody_was_asked_there_is_no_thread_and_no_summary(logged: World) -> None:
    request_id = await logged.active(logged.ada, Target(SANDBOX, POWER))
    await logged.pass_time(HOUR)
    await logged.settle()
    assert (await logged.request(request_id)).is_over
    async with logged.open_unit() as unit:
        assert await unit.summaries.counts() == (0, 0)


async def test_a_summary_comes_under_the_cards_that_approvers_have_as_messages(logged: World) -> None:
    await logged.set_policies(logged.book_with_approval(channels=()))
    number = await logged.asked()
    await logged.settle()
    await logged.decide(logged.bob, number)
    await logged.settle()
    await logged.pass_time(HOUR)
    await logged.settle()
    logged.clock.move((await logged.request(number)).session_duration + LOGS)
    await work(logged)
    told = {said.to for said in logged.messenger.said if said.notice.topic is Topic.ACTIVITY}
    assert told == {f"thread:{who.chat.user}" for who in (logged.bob, logged.carol, logged.dan)}


# --- the file ----------------------------------------------------------------------------------------


async def ask_for_file(world: World, who: Member, subject: str) -> Result:
    command = StartExport(who.chat, world.key(), export=ExportKind.ACTIVITY, subject=subject)
    return (await world.done(command)).result


async def make_files(world: World) -> None:
    await world.services.exports.work()
    await world.services.exports.done()
    await world.settle()


def failed(world: World, who: Member) -> ExportFailed:
    """The message to somebody about a file that does not come."""
    said = [said.notice.content for said in world.messenger.said if said.to == who.chat.user]
    (told,) = [content for content in said if isinstance(content, ExportFailed)]
    return told


async def test_the_file_has_every_event_and_is_on_record(logged: World) -> None:
    request = await used(logged)
    ada = logged.ada.principal
    logged.logs.events[1] = replace(did(request, 2, ada.user_name), name="=HYPERLINK(1)", error_code="+1")
    logged.logs.limits = frozenset({Limit.CUT})
    assert await ask_for_file(logged, logged.bob, f"R-{request.id}") is Result.EXPORTING
    logged.start()  # a restart in between loses nothing
    await make_files(logged)
    ((to, known, notice),) = logged.files.shown
    exported = content_of(notice, Exported)
    assert (to, exported.subject, exported.rows) == (logged.bob.chat.user, f"R-{request.id}", 2)
    rows = list(csv.DictReader(logged.files.uploaded[known].decode("utf-8-sig").splitlines()))
    assert [row["event_id"] for row in rows] == ["event-1", "event-2"]
    assert [row["attributed_by"] for row in rows] == ["user_id", "session_name"]
    assert (rows[1]["event"], rows[1]["error_code"], rows[1]["kind"]) == ("'=HYPERLINK(1)", "'+1", "write")
    asked, sent = [event for event in await logged.events(request.id) if event["action"].startswith("export.")]
    assert (asked["action"], sent["action"]) == ("export.asked", "export.sent")
    assert sent["facts"]["rows"] == 2
    assert (exported.lacks, sent["facts"]["lacks"]) == (("cut", "incomplete"), ["cut", "incomplete"])
    assert {event["actor"]["principal_id"] for event in (asked, sent)} == {logged.bob.id}


async def test_a_file_that_is_shown_by_a_later_try_is_said_to_lack_the_same(logged: World) -> None:
    request = await used(logged)
    logged.logs.limits = frozenset({Limit.CUT})
    await ask_for_file(logged, logged.bob, f"R-{request.id}")
    logged.files.share_fails.append(UpstreamBusy("Slack is busy"))
    await make_files(logged)
    logged.start()  # another process shows what this one has uploaded
    logged.clock.move(timedelta(minutes=2))
    await make_files(logged)
    ((_, known, notice),) = logged.files.shown
    exported = content_of(notice, Exported)
    assert (exported.rows, exported.lacks) == (2, ("cut", "incomplete"))
    sent = [event for event in await logged.events(request.id) if event["action"] == "export.sent"][-1]
    assert (sent["facts"]["rows"], sent["facts"]["lacks"]) == (2, ["cut", "incomplete"])
    assert sent["facts"]["sha256"] == hashlib.sha256(logged.files.uploaded[known]).hexdigest()


async def test_of_one_day_it_is_the_day_alone(logged: World) -> None:
    request = await used(logged)
    day = request.window_start_at.date() if request.window_start_at else date.min
    await ask_for_file(logged, logged.bob, f"R-{request.id} {day}")
    await make_files(logged)
    assert content_of(logged.files.shown[0][2], Exported).rows == 2
    assert logged.logs.asked[-1].end_at.date() <= day + timedelta(days=1)


async def test_who_lost_the_right_a_moment_ago_gets_no_file(logged: World) -> None:
    request = await used(logged)
    await logged.services.activity.reading.find(logged.erin.chat, request.id)
    assert await ask_for_file(logged, logged.erin, f"R-{request.id}") is Result.EXPORTING
    logged.principals.remember()
    logged.principals.leave("Auditors", logged.erin.id)
    await make_files(logged)
    assert (logged.files.uploaded, logged.logs.asked) == ({}, [])
    assert failed(logged, logged.erin).failure == RefusedFailure(())
    assert (await logged.events(request.id))[-1]["action"] == "export.failed"


async def test_who_may_not_see_it_gets_no_file(logged: World) -> None:
    request = await used(logged)
    for subject in (f"R-{request.id}", "R-4711", "status:live", ""):
        assert await ask_for_file(logged, logged.grace, subject) is Result.NOT_FOUND
    await make_files(logged)
    assert logged.files.uploaded == {}


async def test_a_source_that_does_not_tell_is_told_of_with_what_is_wrong(logged: World) -> None:
    request = await used(logged)
    logged.logs.down = SourceRefused(SourceTrouble.NO_PERMISSION, "athena:GetQueryResults", said="no")
    await ask_for_file(logged, logged.ada, f"R-{request.id}")
    await make_files(logged)
    failure = SourceFailure(SourceTrouble.NO_PERMISSION, "athena:GetQueryResults", "no")
    assert failed(logged, logged.ada).failure == failure


async def test_how_much_was_done_is_kept_for_figures_and_not_guessed(logged: World) -> None:
    async def events() -> list[int | None]:
        async with logged.database.look() as unit:
            past = await unit.past.page(Period.before(logged.clock.now() + MINUTE, 30), 10)
        return [each.events for each in past]

    await over(logged)
    assert await events() == [None]
    await work(logged)
    assert await events() == [2]
    for unread in (0, 1):
        await over(logged)
        logged.logs.events, logged.logs.unread = [], unread
        await work(logged)
    assert await events() == [2, 0, None]
