"""The figures of a company's life: what was asked, decided and given, and who has access now."""

import csv
import io
from datetime import timedelta

import pytest

from core.domain.commands import ExportKind, StartExport
from core.domain.errors import Reason, Refused, Side, UpstreamRefused
from core.domain.figures import ALWAYS, Figures, PastDecision
from core.domain.notice_content import Exported, ExportFailed
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.domain.period import Period
from core.domain.request import Status
from core.services.audit import report_figures, report_rows
from core.services.audit.report_figures import ReportFigures
from handlers.words import export_words, report_words
from tests.contents import content_of
from tests.services.company import HOUR, MINUTE, POWER, SANDBOX, SECOND
from tests.services.world import World

FREE = Target(SANDBOX, POWER)


async def figures(world: World, days: int = 30) -> Figures:
    now = world.clock.now() + SECOND
    return await ReportFigures(world.database.look, world.clock).figures(Period.before(now, days))


async def test_a_month_of_the_company_is_told(world_on_both: World) -> None:
    world = world_on_both
    first = await world.asked()
    world.clock.move(10 * MINUTE)
    await world.decide(world.bob, first)
    free = await world.asked(world.dan, FREE)
    await world.settle()
    world.clock.move(20 * MINUTE)
    await world.revoke(world.frank, first)
    await world.settle()
    told = await figures(world)
    assert told.decisions == {PastDecision.APPROVED: 1, PastDecision.AUTOMATIC: 1}
    assert told.automatic_share == pytest.approx(0.5)
    assert told.median_to_approve is not None
    assert 10 * MINUTE <= told.median_to_approve < 11 * MINUTE
    assert (told.approvals, told.within_seconds, told.granted, told.ended_early) == (1, 0, 2, 1)
    assert 35 * MINUTE < told.given_back <= 40 * MINUTE
    assert [(share.name, share.asked) for share in told.people] == [("Ada Lovelace", 1), ("Dan Bricklin", 1)]
    assert [(access.request_id, access.status) for access in told.held] == [(free, Status.ACTIVE)]
    assert [access.request_id for access in told.longest] == [first, free]
    text = "\n".join(report_words.lines(told, 5))
    assert "Requests: 2 (1 approved, 1 no approval needed)" in text
    assert "Dan Bricklin: PowerUserAccess in Sandbox, active until" in text


async def test_what_was_asked_for_before_is_not_in_it_and_what_is_held_is(world: World) -> None:
    await world.active(minutes=240)
    world.clock.move(HOUR)
    now = world.clock.now()
    told = await ReportFigures(world.database.look, world.clock).figures(Period(now - MINUTE, now))
    assert (told.asked, len(told.held)) == (0, 1)


async def test_pages_make_no_difference_and_progress_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.asked_often(7)
    whole = await figures(world)
    monkeypatch.setattr(report_figures, "PAGE", 3)
    seen: list[tuple[int, int]] = []
    period = Period.before(world.clock.now() + SECOND, 30)
    paged = await ReportFigures(world.database.look, world.clock).figures(period, lambda *at: seen.append(at))
    assert paged.decisions == whole.decisions == {PastDecision.WAITING: 7}
    assert seen == [(3, 7), (6, 7), (7, 7)]


async def test_who_always_approves_whom_is_named(world: World) -> None:
    for number in await world.asked_often(ALWAYS):
        await world.decide(world.bob, number)
    told = await figures(world)
    assert report_words.pairs(told) == [f"Bob Kahn approved all {ALWAYS} requests of Ada Lovelace"]
    assert told.within_seconds == ALWAYS


async def test_the_table_tells_all_that_the_figures_tell(world: World) -> None:
    await world.active()
    told = await figures(world)
    rows = list(report_rows.rows(told))
    assert {len(row) for row in rows} == {len(report_rows.COLUMNS)}
    value = {row[:4]: row[4] for row in rows}
    assert len(value) == len(rows)
    assert value["requests", "", "", ""] == 1
    assert value["requests", "", "", "approved"] == 1
    assert value["by_account", "Payments Prod", "111111111111", "granted"] == 1
    (held,) = [row for row in rows if row[0] == "held_now"]
    assert held[1] == "Ada Lovelace · PowerUserAccess in Payments Prod"
    assert sum(int(str(row[4])) for row in rows if row[0] == "requests_by_day") == 1


async def test_an_empty_period_is_told_too(world: World) -> None:
    told = await figures(world)
    text = "\n".join(report_words.lines(told, 5))
    assert "Requests: 0\n" in text
    assert "Median time to approve: nothing was approved by a person" in text
    assert len(list(report_rows.rows(told))) > 20
    assert told.given_back == timedelta()


@pytest.mark.parametrize(("who", "may"), [("erin", True), ("frank", True), ("ada", False), ("bob", False)])
async def test_auditors_and_admins_read_reports_and_nobody_else(world: World, who: str, may: bool) -> None:
    reports, user = world.services.reports, getattr(world, who).chat
    await world.active()
    if may:
        assert (await reports.shown(user, reports.read(""))).asked == 1
        return
    with pytest.raises(Refused) as refused:
        await reports.shown(user, reports.read(""))
    assert refused.value.refusal.reason is Reason.NOT_PERMITTED
    assert (await world.actions())[-1] == "report.refused"


async def sent(world: World, kind: str, who: str = "erin", subject: str = "2020-01-01 2099-12-31") -> Outcome:
    command = StartExport(getattr(world, who).chat, world.key(), export=ExportKind(kind), subject=subject)
    outcome = await world.done(command)
    await world.services.exports.work()
    await world.services.exports.done()
    await world.settle()
    return outcome


async def test_charts_come_to_whoever_asked_with_words_for_who_cannot_see_them(world: World) -> None:
    await world.active()
    assert (await sent(world, "charts")).result is Result.EXPORTING
    ((user, file, notice),) = world.files.shown
    assert user == world.erin.chat.user
    assert file.endswith("team-report-2020-01-01-to-2099-12-31.png")
    assert "Requests: 1" in world.files.alts[file]
    assert b"Requests by account: Payments Prod 1" in world.files.uploaded[file]
    said = export_words.export(content_of(notice, Exported), None)
    assert said.startswith("Access report, 2020-01-01 to 2099-12-31: charts of 1 request, as of when")
    assert (await world.actions())[-2:] == ["export.asked", "export.sent"]


async def test_the_table_comes_in_the_same_way(world: World) -> None:
    await world.asked()
    await sent(world, "report")
    ((_, file, notice),) = world.files.shown
    rows = list(csv.DictReader(io.StringIO(world.files.uploaded[file].decode("utf-8-sig"))))
    assert {"by_person", "by_account", "requests"} <= {row["figure"] for row in rows}
    assert f"{len(rows)} figures as CSV" in export_words.export(content_of(notice, Exported), None)


@pytest.mark.parametrize("kind", ["charts", "report"])
async def test_nobody_else_gets_a_file_and_of_no_period_there_is_none(world: World, kind: str) -> None:
    assert (await sent(world, kind, who="ada")).result is Result.DECLINED
    assert (await sent(world, kind, subject="some day")).result is Result.NOT_FOUND
    assert world.files.shown == []


async def test_where_nothing_can_draw_it_is_said_what_to_install(world: World) -> None:
    world.painter.fails = UpstreamRefused("Charts need `pip`", code="no_charts", side=Side.BOT)
    await sent(world, "charts")
    (told,) = [said.notice for said in world.messenger.said if said.to == world.erin.chat.user]
    words = export_words.export(content_of(told, ExportFailed), None)
    assert words.startswith("The report of 2020-01-01 to 2099-12-31 could not be exported, and nothing was sent.")
    assert "Charts need `pip`" in words
