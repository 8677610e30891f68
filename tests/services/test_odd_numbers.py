"""Dates and numbers beyond all bounds, from forms, commands and forged buttons: refused in words, never a fault."""

from datetime import date, timedelta

import pytest

from core.adapters.storage.command_documents import dump_command, load_command
from core.domain.approval import Verdict
from core.domain.commands import Command
from core.domain.errors import NotFound, Reason, Refused
from core.domain.ids import RequestId
from core.domain.outcome import Result
from core.services.audit.session_activity import query_of
from tests.services.company import HOUR, MINUTE
from tests.services.world import World

HUGE = [2**31, 2**40, 2**63, 10**30, -1, -(2**63), 253_402_300_800]


def stored(command: Command, **fields: object) -> Command:
    """The command as it is read from a row with other fields."""
    return load_command(command.kind, command.actor, command.key, {**dump_command(command), **fields})


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("field", ["start_at", "minutes"])
async def test_a_form_with_any_number_is_answered_by_the_rules(world: World, field: str, number: int) -> None:
    form = world.form(world.ada, key=f"odd {number}")
    outcome = await world.done(stored(form, **{field: number}))
    assert outcome.result in {Result.DECLINED, Result.SUBMITTED}
    assert outcome.incident == ""


@pytest.mark.parametrize("number", HUGE)
async def test_an_approval_for_any_number_of_minutes_is_answered_by_the_rules(world: World, number: int) -> None:
    request = await world.request(await world.asked())
    click = world.click(world.bob, request, Verdict.APPROVE)
    outcome = await world.done(stored(click, minutes=number))
    assert outcome.incident == ""
    assert (await world.request(request.id)).duration <= HOUR


@pytest.mark.parametrize("day", [date.min, date.max, date(9999, 12, 30), date(2026, 3, 1), date(2026, 3, 5)])
async def test_activity_of_a_day_outside_the_window_is_refused_in_words(world: World, day: date) -> None:
    request = await world.request(await world.active())
    with pytest.raises(Refused) as refused:
        query_of(request, "ada", world.clock.now(), day)
    assert [each.reason for each in refused.value.refusals] == [Reason.DAY_OUTSIDE_WINDOW]
    assert query_of(request, "ada", world.clock.now() + MINUTE, world.clock.now().date()).length > timedelta()


async def test_who_walks_along_the_numbers_shows_in_the_trail_once_a_minute(world: World) -> None:
    """Unknown and foreign ones alike, by whichever command (rules 22 and 26)."""
    request_id = await world.active(world.ada)
    history, activity = world.services.request_queries, world.services.activity.reading
    for number in (request_id, RequestId(4711), RequestId(4712)):
        with pytest.raises(NotFound):
            await history.show(world.grace.chat, number)
        with pytest.raises(NotFound):
            await activity.find(world.grace.chat, number)
        assert (await world.revoke(world.grace, number)).result is Result.NOT_FOUND
    noted = [event for event in await world.events() if event["action"] == "request.not_shown"]
    assert len(noted) == 1
    assert noted[0]["request_id"] is None
    assert noted[0]["facts"]["asked_for"] == f"R-{request_id}"
    assert noted[0]["actor"]["principal_id"] == world.grace.id
    world.clock.move(2 * MINUTE)
    await world.services.commands.forget()
    counted = [event for event in await world.events() if event["action"] == "request.not_shown"]
    assert counted[-1]["facts"]["repeated"] == 8
