"""Open requests follow the organization in what they say of it: names, and how long sessions live on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.activity import summary_due_at
from core.domain.errors import Field
from core.domain.ids import AccountId, GroupId
from core.domain.organization import PermissionSet
from core.domain.request import Status
from core.services.policies.names import CurrentNames
from tests.services.company import HOUR, MINUTE, POWER, PROD, SANDBOX, STAGING, TARGET
from tests.services.world import World


async def rename(world: World, **names: str) -> None:
    """Accounts by ``p`` and their number, as AWS calls them from now on."""
    organization = world.reader.organization
    accounts = dict(organization.accounts)
    for account, name in names.items():
        accounts[AccountId(account[1:])] = replace(accounts[AccountId(account[1:])], name=name)
    world.reader.organization = replace(organization, accounts=accounts)
    await world.services.organizations.refresh(force=True)


async def lengthen(world: World, length: timedelta) -> None:
    organization = world.reader.organization
    sets = {**organization.permission_sets, POWER: PermissionSet(POWER, "PowerUserAccess", "", length)}
    world.reader.organization = replace(organization, permission_sets=sets)
    await world.services.organizations.refresh(force=True)


async def test_two_accounts_of_one_name_are_told_apart_wherever_the_request_is_told_of(world: World) -> None:
    await rename(world, **{f"p{PROD}": "Development", f"p{STAGING}": "development"})
    request_id = await world.active()
    assert (await world.request(request_id)).account_name == f"Development ({PROD})"
    assert (await world.request(request_id)).account_was == ""
    facts = (await world.events(request_id))[0]["facts"]
    assert facts["account_name"] == f"Development ({PROD})"


async def test_an_account_that_gets_the_name_of_another_is_told_apart_from_then_on(world: World) -> None:
    request_id = await world.asked()
    await rename(world, **{f"p{SANDBOX}": "Payments Prod"})
    assert (await world.request(request_id)).account_name == f"Payments Prod ({PROD})"
    await rename(world, **{f"p{SANDBOX}": "Sandbox"})
    assert (await world.request(request_id)).account_name == "Payments Prod"


async def test_whoever_decides_reads_the_name_of_now_and_the_one_before(world_on_both: World) -> None:
    world = world_on_both
    request_id, other = await world.asked(), await world.asked(minutes=30)
    await world.settle()
    drawn = [card.request.account_name for card in world.messenger.cards.values()]
    assert drawn == ["Payments Prod"] * 2
    await rename(world, **{f"p{PROD}": "Payments Prod (legacy)"})
    await rename(world, **{f"p{PROD}": "Do not touch"})
    await world.settle()
    for each in (request_id, other):
        request = await world.request(each)
        assert (request.account_name, request.account_was) == ("Do not touch", "Payments Prod")
    drawn = [card.request.account_name for card in world.messenger.cards.values()]
    assert drawn == ["Do not touch"] * 2, "the card that they look at is drawn anew"
    await world.decide(world.bob, request_id)
    assert await world.status(request_id) is Status.SCHEDULED


async def test_what_is_over_keeps_the_names_that_it_had(world: World) -> None:
    request_id = await world.asked()
    await world.cancel(world.ada, request_id)
    await rename(world, **{f"p{PROD}": "Do not touch"})
    assert (await world.request(request_id)).account_name == "Payments Prod"


@pytest.mark.parametrize("when", ["pending", "active", "just ended"])
async def test_the_longest_session_duration_that_was_known_is_told_and_waited_for(world: World, when: str) -> None:
    """Rules 21 and 24."""
    request_id = await (world.asked() if when == "pending" else world.active())
    if when == "just ended":
        await world.pass_time(HOUR)
        await world.settle()
        world.clock.move(MINUTE)
    await lengthen(world, 12 * HOUR)
    assert (await world.request(request_id)).session_duration == 12 * HOUR
    await lengthen(world, HOUR)
    request = await world.request(request_id)
    assert request.session_duration == 12 * HOUR
    if request.closed_at is not None:
        assert summary_due_at(request, MINUTE) == request.closed_at + 12 * HOUR + MINUTE


async def test_what_ended_long_before_is_left_as_it_was(world: World) -> None:
    request_id = await world.active()
    await world.pass_time(HOUR)
    await world.settle()
    world.clock.move(HOUR)
    await lengthen(world, 12 * HOUR)
    assert (await world.request(request_id)).session_duration == 4 * HOUR


async def test_a_change_that_was_read_before_the_organization_changed_is_refused(world: World) -> None:
    """Else it would write the old name back."""
    before = await world.request(await world.asked(target=TARGET))
    await rename(world, **{f"p{PROD}": "Do not touch"})
    assert (await world.request(before.id)).version == before.version + 1


async def test_groups_and_accounts_of_one_name_are_told_apart_in_policies_and_pickers(world: World) -> None:
    await rename(world, **{f"p{PROD}": "Development", f"p{STAGING}": "Development"})
    organization = await world.services.organizations.current()
    groups = {GroupId("g-1"): "Leads", GroupId("g-2"): "leads", GroupId("g-3"): "Others"}
    names, book = CurrentNames(organization, groups), world.book()
    assert [names.of(Field.GROUPS, group, book).text for group in groups] == ["Leads (g-1)", "leads (g-2)", "Others"]
    assert names.of(Field.ACCOUNTS, PROD, book).text == f"Development ({PROD})"
    assert names.of(Field.ACCOUNTS, SANDBOX, book).text == "Sandbox"
