"""The people who may search, and the pages of a search."""

from dataclasses import replace

import pytest

from core.domain.errors import Reason, Refused
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.request import LIVE, Status
from core.domain.search import Search
from core.services.queries.request_search import PAGE, SearchPage
from tests.services.company import POWER, PROD, SANDBOX, TARGET
from tests.services.world import World

USER_ID = "93a7c2f1-5b1e-4b6e-9a51-0c6f5e0d9b11"


async def page(world: World, typed: str = "", **where: object) -> SearchPage:
    searching = world.services.search
    reading = searching.read(typed)
    assert not reading.puzzles
    return await searching.page(world.erin.chat, reading.search, **where)  # type: ignore[arg-type]


@pytest.mark.parametrize(("who", "may"), [("erin", True), ("frank", True), ("ada", False)])
async def test_auditors_and_admins_search_everything_and_somebody_who_only_asks_nothing(
    world: World, who: str, may: bool
) -> None:
    number = await world.asked()
    searching, user = world.services.search, getattr(world, who).chat
    if may:
        assert [request.id for request in (await searching.page(user, Search())).requests] == [number]
        assert [request.id for request in await searching.live(user, 5)] == []
        assert await searching.names_for(user, Search(accounts=(PROD,))) == {PROD: "Payments Prod"}
        assert (await searching.people(user, "ada"))[0].name == "Ada Lovelace"
        return
    for look in (
        searching.page(user, Search()),
        searching.names_for(user, Search()),
        searching.people(user, ""),
        searching.accounts(user, ""),
        searching.permission_sets(user, ""),
    ):
        with pytest.raises(Refused) as refused:
            await look
        assert refused.value.refusal.reason is Reason.NOT_PERMITTED
    assert await searching.live(user, 5) == ()
    assert (await world.actions())[-1] == "search.refused"


async def test_who_may_search_is_known_for_a_minute_and_nobody_is_refused_before_asking_anew(world: World) -> None:
    world.principals.remember()
    world.principals.leave("Auditors", world.erin.id)
    world.principals.join("Auditors", world.grace.id)
    await page(world)
    await world.services.search.page(world.grace.chat, Search())
    world.principals.remember()
    with pytest.raises(Refused):
        await page(world)


async def test_while_aws_is_away_everything_is_found_that_needs_no_looking_up(world: World) -> None:
    number = await world.asked(world.ada, ticket="PAY-1")
    world.principals.unanswered = {"ada@example.com", USER_ID}
    for typed in ("ada", "person:lovelace", f"R-{number}", "status:pending", "from:today", "ticket:PAY-1"):
        assert [request.id for request in (await page(world, typed)).requests] == [number]
    assert (await page(world, f"person:{USER_ID}")).names == {}
    with pytest.raises(Refused) as refused:
        await page(world, "person:ada@example.com status:pending")
    assert refused.value.refusal.reason is Reason.ADDRESS_NOT_LOOKED_UP
    assert refused.value.refusal.detail == "ada@example.com"


async def test_pages_lead_on_and_back_and_say_where_they_end(world: World) -> None:
    await world.set_policies(world.book(max_open_requests=2 * PAGE + 1))
    numbers = (await world.asked_often(2 * PAGE + 1))[::-1]
    first = await page(world)
    second = await page(world, before=first.older)
    third = await page(world, before=second.older)
    assert [r.id for found in (first, second, third) for r in found.requests] == numbers
    assert (first.newer, third.older) == (None, None)
    back = await page(world, after=third.newer)
    assert back.requests == second.requests
    again = await page(world, after=back.newer)
    assert again.requests == first.requests
    assert again.newer is None


async def test_people_are_found_by_name_and_by_address(world: World) -> None:
    ada = replace(
        world.principals.users.pop(world.ada.id), id=PrincipalId(USER_ID)
    )  # as Identity Center numbers people
    world.principals.users[ada.id] = ada
    world.principals.join("Payments", ada.id)
    hers, dans = await world.asked(world.ada), await world.asked(world.dan)
    for typed, expected in (
        ("person:lovelace", [hers]),
        ("person:ada@example.com", [hers]),
        ("ADA@example.com", [hers]),
        ('"ada@example.com"', []),
        ("person:nobody@example.com", []),
        ("approver:carol@example.com", []),
        ("person:ada person:dan", [dans, hers]),
    ):
        assert [request.id for request in (await page(world, typed)).requests] == expected


async def test_an_address_that_nobody_has_any_more_is_told_of(world: World) -> None:
    number = await world.asked(world.ada)
    del world.principals.users[world.ada.principal.id]
    found = await page(world, "person:ada@example.com")
    assert (found.requests, found.unknown) == ((), ["ada@example.com"])
    by_name = await page(world, "person:ada approver:carol@example.com")
    assert by_name.unknown == []
    assert [request.id for request in (await page(world, "person:lovelace")).requests] == [number]


async def test_what_is_live_is_found_with_its_name(world: World) -> None:
    number = await world.active()
    found = await page(world, f"status:live account:{TARGET.account} approver:bob")
    assert [(request.id, request.status) for request in found.requests] == [(number, Status.ACTIVE)]
    assert found.names == {TARGET.account: "Payments Prod"}
    assert [request.id for request in await world.services.search.live(world.erin.chat, 5)] == [number]


async def test_an_approver_searches_what_they_decide_about_and_their_own(world: World) -> None:
    """Rule 22. Grace decides about nothing."""
    theirs, elsewhere = await world.asked(), await world.asked(target=Target(SANDBOX, POWER))
    searching, user = world.services.search, world.bob.chat
    found = await searching.page(user, Search())
    assert [request.id for request in found.requests] == [theirs]
    assert not found.is_of_all
    assert [request.id for request in (await page(world)).requests] == [elsewhere, theirs]
    assert (await searching.page(user, Search(numbers=(elsewhere,)))).requests == ()
    with pytest.raises(Refused):
        await searching.page(world.grace.chat, Search())


async def test_an_approver_is_told_no_name_of_what_they_could_not_find(world: World) -> None:
    """Rule 22: neither by the type-ahead of the form nor by what a search is called, nor whether an address exists."""
    searching, user = world.services.search, world.bob.chat
    everything = Search(accounts=(PROD, SANDBOX), people=(USER_ID, world.bob.id))
    assert await searching.names_for(user, everything) == {PROD: "Payments Prod", world.bob.id: "Bob Kahn"}
    assert SANDBOX not in [choice.account.id for choice in await searching.accounts(user, "")]
    assert await searching.people(user, "ada") == ()
    assert (await searching.page(user, Search(people=("nobody@example.com",)))).unknown == []


async def test_who_may_end_live_access_is_told_which(world: World) -> None:
    number, waiting = await world.active(), await world.asked(world.dan)
    for who, endable in ((world.bob, {number}), (world.frank, {number, waiting}), (world.erin, set())):
        found = await world.services.search.page(who.chat, Search(statuses=LIVE))
        assert found.endable == endable - {waiting}


async def test_what_an_approver_decided_is_found_while_they_may_still_decide_about_it(world: World) -> None:
    number = await world.asked()
    await world.decide(world.bob, number)
    await world.settle()
    decided = Search(approvers=(world.bob.id,))
    assert [request.id for request in (await world.services.search.page(world.bob.chat, decided)).requests] == [number]
    world.principals.leave("Payments Leads", world.bob.id)
    world.principals.remember()
    with pytest.raises(Refused):
        await world.services.search.page(world.bob.chat, decided)
