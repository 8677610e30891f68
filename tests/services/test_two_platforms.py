"""One person on two platforms is one person; each message goes to the platform where it is read."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from core.adapters.storage.engine import Database
from core.domain.errors import Reason, Side, UpstreamBusy
from core.domain.notice_content import AccountElsewhere
from core.domain.outcome import Result
from core.domain.people import PinState
from core.domain.platforms import SLACK, TEAMS
from core.domain.request import Status
from core.ports import Conversation
from tests.services.company import AUDIT_CHANNEL, HOUR, MINUTE, PAYMENTS_CHANNEL, Member
from tests.services.quick import QuickSqlite
from tests.services.two_platforms import TEAMS_CHANNEL, TwoPlatforms, both


@pytest.fixture
async def world(quick_sqlite: QuickSqlite) -> AsyncIterator[TwoPlatforms]:
    async with both(quick_sqlite.fresh()) as world:
        yield world


@pytest.fixture
async def world_on_both(database: Database) -> AsyncIterator[TwoPlatforms]:
    async with both(database) as world:
        yield world


async def look(world: TwoPlatforms, *people: Member) -> None:
    for who in people:
        await world.services.identity.identify(who.chat)
    await world.settle()


# --- who is who ------------------------------------------------------------------------------------------


async def test_what_was_asked_on_one_platform_is_not_approved_by_the_same_person_on_the_other(
    world: TwoPlatforms,
) -> None:
    for asks, decides in ((world.dan, world.on_teams(world.dan)), (world.on_teams(world.dan), world.dan)):
        request_id = await world.asked(asks)
        outcome = await world.decide(decides, request_id)
        assert [refusal.reason for refusal in outcome.refusals] == [Reason.OWN_REQUEST]
        assert await world.status(request_id) is Status.PENDING
        await world.cancel(decides, request_id)


async def test_the_vote_of_one_person_counts_once_over_both(world: TwoPlatforms) -> None:
    await world.set_policies(world.book_with_approval(approvals_required=2))
    request_id = await world.asked()
    assert (await world.decide(world.bob, request_id)).result is Result.COUNTED
    again = await world.decide(world.on_teams(world.bob), request_id)
    assert [refusal.reason for refusal in again.refusals] == [Reason.ALREADY_VOTED]
    assert len(await world.votes(request_id)) == 1
    assert (await world.decide(world.on_teams(world.carol), request_id)).result is Result.APPROVED


async def test_of_twenty_approvers_on_both_platforms_at_once_one_wins(world_on_both: TwoPlatforms) -> None:
    world = world_on_both
    people = [world.hire(f"Lead{n} of Many", "Payments Leads") for n in range(20)]
    people = [who if n % 2 else world.on_teams(who) for n, who in enumerate(people)]
    request = await world.request(await world.asked())
    clicks = [world.click(who, request) for who in people]
    results = Counter(outcome.result for outcome in await asyncio.gather(*map(world.done, clicks)))
    assert results == {Result.APPROVED: 1, Result.TOO_LATE: 19}
    assert len(await world.votes(request.id)) == 1


async def test_what_was_asked_on_one_platform_is_ended_and_listed_on_the_other(world: TwoPlatforms) -> None:
    request_id = await world.active()
    there = world.on_teams(world.ada)
    page = await world.services.request_queries.own(there.chat)
    assert [request.id for request in page.requests] == [request_id]
    assert (await world.revoke(there, request_id)).result is Result.REVOKED
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED


async def test_an_account_on_each_platform_is_no_second_account(world: TwoPlatforms) -> None:
    await look(world, world.bob, world.on_teams(world.bob))
    request_id = await world.asked()
    assert (await world.decide(world.on_teams(world.bob), request_id)).result is Result.APPROVED
    assert "identity.second_account" not in await world.actions()


async def test_the_first_act_on_another_platform_is_told_where_somebody_was_before_and_no_later_one(
    world: TwoPlatforms,
) -> None:
    await look(world, world.bob, world.on_teams(world.bob), world.bob, world.on_teams(world.bob))
    (said,) = [said for said in world.messenger.said if said.to == "UBOB"]
    assert said.notice.content == AccountElsewhere("UBOB", TEAMS)
    assert world.teams_messenger.said == []


async def test_a_second_account_on_either_platform_is_held_whatever_there_is_on_the_other(
    world: TwoPlatforms,
) -> None:
    await look(world, world.bob, world.on_teams(world.bob))
    for chat in (world.chat, world.teams_chat):
        second = Member(world.bob.principal, chat.add(world.bob.principal, suffix="2"))
        await look(world, second)
        async with world.open_unit() as unit:
            pin = await unit.pins.get(second.chat)
        assert pin is not None
        assert pin.state is PinState.SECOND


# --- where somebody is -----------------------------------------------------------------------------------


async def test_what_is_said_about_a_request_goes_where_it_was_asked_from(world: TwoPlatforms) -> None:
    await look(world, world.ada, world.on_teams(world.ada))
    on_teams = await world.asked(world.on_teams(world.ada))
    await look(world, world.ada)
    await world.decide(world.bob, on_teams)
    await world.settle()
    assert set(world.messenger.topics("UADA")) == {"second_account"}  # that she is on Teams, too
    assert world.teams_messenger.topics("UADA")[-1] == "active"


async def test_anything_else_goes_where_a_person_acted_last(world: TwoPlatforms) -> None:
    for last in (world.on_teams(world.bob), world.bob, world.on_teams(world.bob)):
        world.clock.move(MINUTE)
        await look(world, last)
        assert await world.services.identity.chat_user_of(world.bob.id) == last.chat


async def test_where_somebody_is_gets_written_down_once_an_hour(world: TwoPlatforms) -> None:
    await look(world, world.bob)
    written = [await used_at(world, world.bob)]
    for _ in range(4):
        world.clock.move(HOUR / 2)
        await look(world, world.bob)
        written.append(await used_at(world, world.bob))
    first, hour = written[0], HOUR
    assert written == [first, first, first + hour, first + hour, first + 2 * hour]


async def used_at(world: TwoPlatforms, who: Member) -> datetime:
    async with world.open_unit() as unit:
        pin = await unit.pins.get(who.chat)
    assert pin is not None
    assert pin.used_at is not None
    return pin.used_at


async def test_who_was_never_seen_is_found_by_address_on_whichever_platform_has_them(world: TwoPlatforms) -> None:
    world.chat.profiles.pop(world.bob.chat)
    assert await world.services.identity.chat_user_of(world.bob.id) == world.on_teams(world.bob).chat
    world.chat.down = UpstreamBusy("Slack is not answering.", side=Side.SLACK)
    assert await world.services.identity.chat_user_of(world.bob.id) == world.on_teams(world.bob).chat
    world.teams_chat.profiles.clear()
    with pytest.raises(UpstreamBusy):  # perhaps Slack would know
        await world.services.identity.chat_user_of(world.bob.id)


# --- cards and links -------------------------------------------------------------------------------------


async def cards_in_both(world: TwoPlatforms) -> None:
    for chat, channel in ((world.chat, PAYMENTS_CHANNEL), (world.teams_chat, TEAMS_CHANNEL)):
        chat.conversations[channel] = Conversation(channel, "payments")
    await world.set_policies(world.book_with_approval(channels=(PAYMENTS_CHANNEL, TEAMS_CHANNEL)))


async def test_the_card_stands_in_the_channels_of_both_and_names_the_account_of_each(world: TwoPlatforms) -> None:
    await cards_in_both(world)
    await look(world, world.on_teams(world.ada))
    request_id = await world.asked(world.ada)
    await world.settle()
    (in_slack,) = world.messenger.cards.values()
    (in_teams,) = world.teams_messenger.cards.values()
    assert in_slack.requester_users == (world.ada.chat,)
    assert in_teams.requester_users == (world.on_teams(world.ada).chat,)
    await world.decide(world.on_teams(world.bob), request_id)
    await world.settle()
    cards = (*world.messenger.cards.values(), *world.teams_messenger.cards.values())
    assert [card.request.status for card in cards] == [Status.ACTIVE, Status.ACTIVE]


async def test_a_link_leads_to_a_card_that_the_reader_can_open(world: TwoPlatforms) -> None:
    await cards_in_both(world)
    for who, messenger in ((world.ada, world.messenger), (world.on_teams(world.ada), world.teams_messenger)):
        request_id = await world.asked(who)
        await world.settle()
        assert {link.platform for link in messenger.links if link is not None} == {who.chat.platform}
        view = await world.services.request_queries.show(who.chat, request_id)
        assert view.place is not None
        assert view.place.platform == who.chat.platform
        await world.cancel(who, request_id)
        await world.settle()


# --- outages ---------------------------------------------------------------------------------------------


async def test_one_platform_that_is_away_for_more_than_a_day_holds_up_nothing_of_the_other_and_loses_nothing(
    world: TwoPlatforms,
) -> None:
    await look(world, world.on_teams(world.ada), world.bob)
    request_id = await world.asked(world.on_teams(world.ada))
    away = UpstreamBusy("Teams is not answering.", side=Side.TEAMS)
    world.teams_messenger.fails_for = {"UADA": away}
    world.teams_chat.down = away
    await world.decide(world.bob, request_id)
    for _ in range(26):
        await world.pass_time(HOUR)
    assert "approved" in world.messenger.topics(AUDIT_CHANNEL)
    world.teams_messenger.fails_for, world.teams_chat.down = {}, None
    await world.pass_time(HOUR)
    assert "ended" in world.teams_messenger.topics("UADA")


async def test_a_card_for_a_platform_that_was_taken_away_goes_to_each_approver(world: TwoPlatforms) -> None:
    await world.set_policies(world.book_with_approval(channels=(TEAMS_CHANNEL,)))
    await world.submit(world.ada)
    world.serve(SLACK)
    await world.pass_time(HOUR / 4)
    assert {at.conversation for at in world.messenger.cards} == {"UBOB", "UCAROL", "UDAN"}


async def test_what_is_for_a_platform_that_is_not_configured_waits_until_it_is(world: TwoPlatforms) -> None:
    await look(world, world.on_teams(world.ada))
    request_id = await world.asked(world.on_teams(world.ada))
    world.serve(SLACK)
    world.chat.profiles.pop(world.ada.chat)
    await world.decide(world.bob, request_id)
    await world.pass_time(HOUR / 4)
    assert await world.status(request_id) is Status.ACTIVE
    assert "approved" in world.messenger.topics(AUDIT_CHANNEL)
    world.serve(SLACK, TEAMS)
    await world.pass_time(HOUR / 4)
    assert "active" in world.teams_messenger.topics("UADA")
