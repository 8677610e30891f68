"""An export: everything that was found, once, to whom it belongs, whatever goes wrong on the way."""

import asyncio
import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from core.domain.approval import Verdict
from core.domain.commands import ExportKind, StartExport
from core.domain.errors import AnswerLost, UpstreamBusy, UpstreamRefused
from core.domain.machines import at_terminal
from core.domain.notice_content import Exported, ExportFailed, OtherFailure
from core.domain.organization import Target
from core.domain.outcome import Outcome, Result
from core.services.audit import request_rows
from core.services.audit.export_queue import GIVE_UP_AFTER, MOST_BROKEN_OFF
from core.services.runtime.lease_renewal import LEASE
from core.services.runtime.retries import KEPT
from tests.contents import content_of
from tests.services.company import MINUTE, POWER, SANDBOX, SECOND, Member
from tests.services.test_tokens import machine, made
from tests.services.world import World

REFUSED = UpstreamRefused("Slack refused: file_too_large", code="file_too_large")
BUSY = UpstreamBusy("Slack is busy")
OPERATOR = UpstreamBusy("Slack refuses the bot (missing_scope)", retry_after=5 * MINUTE)


async def ask(world: World, subject: str = "", who: str = "erin", kind: str = "requests") -> Outcome:
    command = StartExport(getattr(world, who).chat, world.key(), export=ExportKind(kind), subject=subject)
    return await world.done(command)


async def work(world: World) -> None:
    """Until nothing is left to do: the clock goes on to every next try."""
    for _ in range(8):
        await world.services.exports.work()
        await world.services.exports.done()
        world.clock.move(2 * MINUTE)
    await world.settle()


def rows(world: World) -> list[dict[str, str]]:
    """Of the one file that was shown."""
    ((_, file, _),) = world.files.shown
    return list(csv.DictReader(io.StringIO(world.files.uploaded[file].decode("utf-8-sig"))))


async def recorded(world: World) -> list[dict[str, Any]]:
    return [event for event in await world.events() if event["action"].startswith("export.")]


async def test_the_file_has_everything_that_was_found_and_not_the_page_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_rows, "PAGE", 4)
    numbers = await world.asked_often(13)
    await world.asked(world.dan)
    assert (await ask(world, "person:ada")).result is Result.EXPORTING
    await work(world)
    assert [row["request"] for row in rows(world)] == [f"R-{number}" for number in reversed(numbers)]
    ((user, _, notice),) = world.files.shown
    assert (user, content_of(notice, Exported).rows) == (world.erin.chat.user, 13)
    asked, sent = await recorded(world)
    assert (asked["action"], asked["actor"]["name"], asked["facts"]) == (
        "export.asked",
        "Erin Gray",
        {"kind": "requests", "subject": "person:ada"},
    )
    assert (sent["action"], sent["facts"]["rows"]) == ("export.sent", 13)
    assert len(sent["facts"]["sha256"]) == 64


async def test_a_row_tells_the_whole_story_and_no_cell_of_it_is_calculated(world: World) -> None:
    number = await world.asked(justification='=HYPERLINK("https://evil.test")', ticket="PAY-1")
    await world.decide(world.bob, number, comment="@go ahead")
    await world.settle()
    await ask(world)
    await work(world)
    (row,) = rows(world)
    assert row["justification"] == '\'=HYPERLINK("https://evil.test")'
    assert row["ticket"] == "PAY-1"
    assert row["decision_comment"] == "'@go ahead"
    assert row["approvals"].startswith("Bob Kahn approved 20")
    assert (row["status"], row["account"], row["minutes"]) == ("active", "Payments Prod", "60")
    assert row["active_from"].endswith("Z")


async def test_a_row_has_how_long_it_was_asked_for_and_how_long_it_was_approved_for(world: World) -> None:
    number = await world.asked(minutes=120)
    click = world.click(world.bob, await world.request(number), Verdict.APPROVE)
    await world.done(replace(click, allowed=45 * MINUTE))
    await ask(world)
    await work(world)
    (row,) = rows(world)
    assert (row["minutes_asked"], row["minutes"]) == ("120", "45")
    assert row["approvals"].startswith("Bob Kahn approved for 45 min 20")


async def test_a_row_says_what_it_was_asked_through(world: World) -> None:
    token = await made(world)
    at_a_terminal = Member(world.ada.principal, at_terminal(world.ada.id))
    for minutes, who in enumerate((world.ada, at_a_terminal, machine(world, token.token)), start=30):
        await world.asked(who, minutes=minutes)
    await ask(world)
    await work(world)
    assert [row["asked_through"] for row in rows(world)] == ["token nightly job", "terminal", "slack"]


async def test_an_approver_exports_what_they_see_page_by_page_as_it_is_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 22."""
    monkeypatch.setattr(request_rows, "PAGE", 2)
    numbers = await world.asked_often(3)
    await world.asked(target=Target(SANDBOX, POWER))
    await ask(world, who="bob")
    await work(world)
    assert [row["request"] for row in rows(world)] == [f"R-{number}" for number in reversed(numbers)]
    assert content_of(world.files.shown[0][2], Exported).lacks == ("of_others",)


async def test_a_file_says_that_somebody_who_has_left_is_not_found_by_address(world: World) -> None:
    await world.asked(world.ada)
    number = await world.asked(world.dan)
    del world.principals.users[world.ada.principal.id]
    await ask(world, "person:ada@example.com person:dan")
    await work(world)
    assert [row["request"] for row in rows(world)] == [f"R-{number}"]
    assert content_of(world.files.shown[0][2], Exported).lacks == ("of_addresses",)
    assert (await recorded(world))[-1]["facts"]["lacks"] == ["of_addresses"]


async def test_somebody_who_decides_about_nothing_may_export_nothing(world: World) -> None:
    assert (await ask(world, who="ada")).result is Result.DECLINED
    await work(world)
    assert world.files.shown == []
    assert (await world.actions())[-1] == "search.refused"


async def test_who_is_no_auditor_any_more_when_the_file_is_made_gets_none(world: World) -> None:
    await ask(world)
    world.principals.leave("Auditors", world.erin.id)
    await work(world)
    assert world.files.shown == []
    assert (await recorded(world))[-1]["action"] == "export.failed"


async def test_a_search_that_cannot_be_read_is_not_exported(world: World) -> None:
    assert (await ask(world, "stat:active")).result is Result.NOT_FOUND


async def test_a_busy_platform_is_tried_again_and_the_file_comes_once(world: World) -> None:
    await world.asked()
    world.files.upload_fails.extend([BUSY, BUSY])
    world.files.share_fails.append(BUSY)
    await ask(world)
    await work(world)
    assert len(world.files.shown) == 1


async def test_a_lost_answer_never_sends_a_second_file(world: World) -> None:
    world.files.share_fails.append(AnswerLost("the connection was dropped"))
    await ask(world)
    await work(world)
    assert len(world.files.shown) == 1
    assert len(world.files.uploaded) == 1
    assert world.messenger.topics(world.erin.chat.user) == ["exported"]
    assert (await recorded(world))[-1]["facts"]["confirmed"] is False


@pytest.mark.parametrize("error", [REFUSED, OPERATOR], ids=["refused", "an operator is needed"])
async def test_who_asked_is_told_at_once_what_will_not_come_and_why(world: World, error: Exception) -> None:
    world.files.upload_fails.append(error)
    await ask(world)
    await work(world)
    (told,) = [said.notice for said in world.messenger.said if said.to == world.erin.chat.user]
    assert content_of(told, ExportFailed).failure == OtherFailure(str(error))
    assert (await recorded(world))[-1]["action"] == "export.failed"


async def test_what_does_not_work_for_half_an_hour_is_given_up_and_said(world: World) -> None:
    world.files.upload_fails.extend([BUSY] * 100)
    await ask(world)
    await work(world)
    world.clock.move(GIVE_UP_AFTER)
    await work(world)
    assert world.messenger.topics(world.erin.chat.user) == ["export_failed"]
    assert world.files.shown == []


async def test_two_clicks_are_one_file_and_a_later_one_is_another(world_on_both: World) -> None:
    world = world_on_both
    outcomes = await asyncio.gather(*(ask(world, "person:ada") for _ in range(3)))
    assert {outcome.result for outcome in outcomes} == {Result.EXPORTING}
    await work(world)
    assert len(world.files.shown) == 1
    assert [event["action"] for event in await recorded(world)] == ["export.asked", "export.sent"]
    await ask(world, "person:ada")
    await ask(world, "person:ada", who="frank")
    await work(world)
    assert [user for user, _, _ in world.files.shown] == [
        member.chat.user for member in (world.erin, world.erin, world.frank)
    ]


async def test_what_never_comes_to_an_end_is_not_begun_for_ever(world: World) -> None:
    await ask(world)
    for _ in range(MOST_BROKEN_OFF):
        async with world.open_unit() as unit:
            assert await unit.exports.claim(world.clock.now(), LEASE) is not None
            await unit.commit()
        world.clock.move(LEASE)
    await work(world)
    assert world.files.shown == []
    assert world.messenger.topics(world.erin.chat.user) == ["export_failed"]


async def test_a_process_that_dies_on_the_way_leaves_it_to_the_next(world: World) -> None:
    await world.asked()
    await ask(world)
    async with world.open_unit() as unit:
        assert await unit.exports.claim(world.clock.now(), LEASE) is not None
        await unit.commit()
    assert await world.services.exports.work() == 0
    world.start()
    world.clock.move(LEASE + SECOND)
    await work(world)
    assert len(rows(world)) == 1


async def test_who_was_so_slow_that_another_took_over_sends_nothing(world_on_both: World) -> None:
    world = world_on_both
    await ask(world)
    slow = world.services.exports
    world.start()

    async def overtake() -> None:
        world.files.before_upload = None
        world.clock.move(LEASE + SECOND)
        assert await world.services.exports.work() == 1
        await world.services.exports.done()

    world.files.before_upload = overtake
    assert await slow.work() == 1
    await slow.done()
    assert len(world.files.uploaded) == 2
    assert len(world.files.shown) == 1
    assert [event["action"] for event in await recorded(world)] == ["export.asked", "export.sent"]


async def test_what_was_sent_long_ago_is_forgotten_and_what_waits_is_not(world: World) -> None:
    await ask(world)
    await work(world)
    await ask(world)
    assert await world.services.exports.forget() == 0
    world.clock.move(KEPT + 40 * MINUTE)
    assert await world.services.exports.forget() == 1
    assert await world.services.exports.forget() == 0
