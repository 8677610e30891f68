"""A pinned person whose address leads elsewhere or nowhere may take access away and nothing else (rule 1)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.domain.errors import Reason, Refused
from core.domain.ids import PrincipalId
from core.domain.outcome import Result
from core.domain.people import Persona, PinState
from core.domain.request import Actor, Status
from tests.services.company import APPROVE, HOUR, REJECT, Member
from tests.services.world import World

Trouble = Callable[[World, Member], None]


def leads_to_somebody_else(world: World, who: Member) -> None:
    world.chat.change(who.chat, email="grace@example.com")


def leads_to_nobody(world: World, who: Member) -> None:
    world.chat.change(who.chat, email=f"{who.chat.user.lower()}@new.example")


def leads_to_two(world: World, who: Member) -> None:
    world.principals.add("Twin One", email="twins@example.com")
    world.principals.add("Other Twin", email="twins@example.com")
    world.chat.change(who.chat, email="twins@example.com")


def leads_to_a_disabled_user(world: World, who: Member) -> None:
    world.principals.disable(world.grace.id)
    world.chat.change(who.chat, email="grace@example.com")


def is_not_confirmed(world: World, who: Member) -> None:
    world.chat.change(who.chat, email_confirmed=False)


def is_not_shown(world: World, who: Member) -> None:
    world.chat.change(who.chat, email="")


TROUBLES = [
    leads_to_somebody_else,
    leads_to_nobody,
    leads_to_two,
    leads_to_a_disabled_user,
    is_not_confirmed,
    is_not_shown,
]


async def pin(world: World, *people: Member) -> None:
    for who in people:
        await world.services.identity.identify(who.chat)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_requester_may_still_withdraw_and_end_and_asks_for_nothing(world: World, trouble: Trouble) -> None:
    live = await world.active()
    pending = await world.asked(start_at=world.clock.now() + 5 * HOUR)
    trouble(world, world.ada)
    assert (await world.submit(world.ada)).result is Result.DECLINED
    assert (await world.cancel(world.ada, pending)).result is Result.CANCELLED
    assert (await world.revoke(world.ada, live)).result is Result.REVOKED
    await world.settle()
    assert await world.status(live) is Status.REVOKED
    assert not world.holds()


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_an_approver_may_still_reject_and_end_and_approves_nothing(world: World, trouble: Trouble) -> None:
    live = await world.active()
    await pin(world, world.bob)
    pending = await world.asked(start_at=world.clock.now() + 5 * HOUR)
    trouble(world, world.bob)
    assert (await world.decide(world.bob, pending, APPROVE)).result is Result.DECLINED
    assert await world.status(pending) is Status.PENDING
    assert (await world.decide(world.bob, pending, REJECT, comment="no")).result is Result.REJECTED
    assert (await world.revoke(world.bob, live)).result is Result.REVOKED


async def test_an_admin_may_still_end_and_administers_nothing(world: World) -> None:
    live = await world.active()
    await pin(world, world.frank)
    leads_to_somebody_else(world, world.frank)
    assert (await world.revoke(world.frank, live)).result is Result.REVOKED
    with pytest.raises(Refused) as caught:
        await world.services.administration.warnings.report(world.frank.chat)
    assert caught.value.refusal.reason is Reason.IDENTITY_SUSPENDED


async def test_what_leads_to_ending_is_still_shown(world: World) -> None:
    live = await world.active()
    await pin(world, world.bob)
    for who in (world.ada, world.bob):
        leads_to_nobody(world, who)
    history = world.services.request_queries
    assert [request.id for request in (await history.own(world.ada.chat)).requests] == [live]
    assert (await history.show(world.bob.chat, live)).may_revoke
    standing = await history.standing(world.bob.chat)
    assert standing.person.barred_by is Reason.NO_PRINCIPAL
    assert standing.personas == {Persona.APPROVER}
    assert not (await world.services.pending_approvals.of_user(world.bob.chat)).awaiting


@pytest.mark.parametrize("facts", [{"is_guest": True}, {"is_stranger": True}, {"is_deactivated": True}])
async def test_an_outsider_ends_nothing_pinned_or_not(world: World, facts: dict[str, object]) -> None:
    live = await world.active()
    world.chat.change(world.ada.chat, **facts)
    assert (await world.revoke(world.ada, live)).result is Result.DECLINED


async def test_whoever_was_never_pinned_ends_nothing(world: World) -> None:
    live = await world.active()
    leads_to_nobody(world, world.carol)
    assert (await world.revoke(world.carol, live)).result is Result.DECLINED


async def test_a_pinned_user_who_is_disabled_ends_nothing(world: World) -> None:
    live = await world.active()
    world.principals.disable(world.ada.id)
    assert (await world.revoke(world.ada, live)).result is Result.DECLINED


async def test_a_pinned_user_whom_identity_center_forgot_still_ends_what_is_its_own(world: World) -> None:
    live = await world.active()
    anew = PrincipalId("user-ada-anew")
    world.principals.users[anew] = replace(world.principals.users.pop(world.ada.id), id=anew)
    assert (await world.revoke(world.ada, live)).result is Result.REVOKED


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("whose", ["bob", "frank"])
async def test_a_second_account_gains_nothing_by_losing_its_address(world: World, trouble: Trouble, whose: str) -> None:
    """It decided and administered nothing before, and ends what is its own as before."""
    live, first = await world.active(), getattr(world, whose)
    second = Member(first.principal, world.chat.add(first.principal, suffix="2"))
    await pin(world, first, second)
    pending = await world.asked(start_at=world.clock.now() + 5 * HOUR)
    trouble(world, second)
    for _ in range(2):
        assert (await world.decide(second, pending, REJECT, comment="no")).result is Result.DECLINED
        assert (await world.revoke(second, live)).result is Result.NOT_FOUND
        standing = await world.services.request_queries.standing(second.chat)
        assert standing.personas == frozenset()
    assert await world.status(pending) is Status.PENDING


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_second_account_without_an_address_still_ends_its_own_access(world: World, trouble: Trouble) -> None:
    live = await world.active()
    second = Member(world.ada.principal, world.chat.add(world.ada.principal, suffix="2"))
    await pin(world, second)
    trouble(world, second)
    assert (await world.revoke(second, live)).result is Result.REVOKED


async def test_a_second_account_that_was_suspended_acts_again_once_it_is_released(world: World) -> None:
    second = Member(world.bob.principal, world.chat.add(world.bob.principal, suffix="2"))
    await pin(world, world.bob, second)
    leads_to_somebody_else(world, second)
    with pytest.raises(Refused):
        await world.services.identity.identify(second.chat)
    await world.settle()
    assert "identity_suspended" in world.messenger.topics("UFRANK")
    released = await world.services.identity.release(second.chat, Actor("operator"))
    assert (released.principal_id, released.state) == (world.grace.id, PinState.ACTIVE)
