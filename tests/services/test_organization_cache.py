"""Nothing is granted by an old picture of the organization, and nothing fails by a reading that missed a part of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.organization import DECIDES_FOR, Organization, Target
from core.domain.outcome import Result
from core.domain.policy_warnings import WarningKind
from core.domain.request import Status
from core.services.context.organization_cache import LOOK_TWICE_AFTER
from tests.services.company import (
    AUDIT_CHANNEL,
    HOUR,
    MINUTE,
    PAYMENTS,
    POWER,
    PROD,
    READ,
    REJECT,
    ROOT,
    SECOND,
    TARGET,
)
from tests.services.world import World

REFUSED = UpstreamRefused("AccessDenied", code="AccessDeniedException")


def without_prod(known: Organization) -> Organization:
    """As read while the account is moved from a unit that is not read yet to one that is."""
    return replace(known, accounts={key: kept for key, kept in known.accounts.items() if key != PROD})


def without_the_unit(known: Organization) -> Organization:
    return replace(known, ous={key: kept for key, kept in known.ous.items() if key != PAYMENTS})


def without_the_permission_set(known: Organization) -> Organization:
    return replace(known, permission_sets={k: kept for k, kept in known.permission_sets.items() if k != POWER})


MISSES = [without_prod, without_the_unit, without_the_permission_set]
Miss = Callable[[Organization], Organization]


async def grow_old(world: World, by: timedelta = HOUR) -> None:
    world.reader.down = REFUSED
    world.clock.move(by)
    with suppress(UpstreamRefused):
        await world.services.organizations.refresh()


async def read(world: World, organization: Organization) -> None:
    world.reader.organization = organization
    await world.services.organizations.refresh(force=True)


async def test_an_old_picture_grants_nothing_and_everything_asked_for_is_kept(world: World) -> None:
    asked, scheduled = await world.asked(), await world.approved(start_at=world.clock.now() + 20 * MINUTE)
    await grow_old(world, 20 * MINUTE)
    assert await world.do(world.form(world.ada, Target(PROD, READ))) is None
    assert await world.do(world.click(world.carol, await world.request(asked))) is None
    await world.services.schedule.start()
    assert (await world.status(asked), await world.status(scheduled)) == (Status.PENDING, Status.SCHEDULED)
    assert len(await world.requests()) == 2
    world.reader.down = None
    world.clock.move(MINUTE)
    await world.settle()
    assert {await world.status(asked), await world.status(scheduled)} == {Status.ACTIVE}
    assert len(await world.requests()) == 3


async def test_what_was_moved_out_of_reach_is_not_granted_by_an_old_picture(world: World) -> None:
    now = world.reader.organization
    world.reader.organization = replace(now, accounts={**now.accounts, PROD: replace(now.accounts[PROD], ou=ROOT)})
    await grow_old(world, timedelta(days=7))
    assert await world.do(world.form(world.ada)) is None
    assert not await world.requests()
    world.reader.down = None
    world.clock.move(MINUTE)
    assert (await world.submit(world.ada)).result is Result.DECLINED


async def test_an_old_picture_still_lets_everything_be_taken_away(world: World) -> None:
    active, pending = await world.active(), await world.asked(world.dan)
    own = await world.asked(world.dan, Target(PROD, READ))
    await grow_old(world, 20 * MINUTE)
    assert (await world.decide(world.carol, pending, REJECT)).result is Result.REJECTED
    assert (await world.cancel(world.dan, own)).result is Result.CANCELLED
    assert (await world.revoke(world.bob, active)).result is Result.REVOKED
    await world.settle()
    assert not world.holds()


async def test_a_picture_decides_for_fifteen_minutes_and_names_aws_from_then_on(world: World) -> None:
    organizations = world.services.organizations
    await grow_old(world, DECIDES_FOR)
    assert PROD in (await organizations.to_decide_by()).accounts
    world.clock.move(SECOND)
    with pytest.raises(UpstreamBusy, match=r"AWS Organizations was last read 15 min ago.*is saved") as raised:
        await organizations.to_decide_by()
    assert raised.value.side is Side.AWS
    assert PROD in (await organizations.current()).accounts


async def test_a_decision_reads_the_organization_itself_when_nobody_else_has(world: World) -> None:
    world.clock.move(HOUR)
    assert (await world.submit(world.ada)).result is Result.SUBMITTED


async def test_the_admins_are_told_once_for_each_time_that_the_picture_grows_old(world: World) -> None:
    for _ in range(2):
        world.reader.down = REFUSED
        for _ in range(4):
            await grow_old(world, 10 * MINUTE)
        await world.settle()
        await world.services.administration.warnings.look()
        _, report = await world.services.administration.warnings.report(world.frank.chat)
        assert report is not None
        assert WarningKind.OLD_PICTURE in {warning.kind for warning in report.warnings}
        world.reader.down = None
        await world.services.organizations.refresh()
    assert world.messenger.topics("UFRANK").count("old_picture") == 2
    assert world.messenger.topics(AUDIT_CHANNEL).count("old_picture") == 2
    assert (await world.actions()).count("organization.too_old") == 2


@pytest.mark.parametrize("miss", MISSES)
async def test_what_one_reading_misses_fails_nothing_and_refuses_nobody(world: World, miss: Miss) -> None:
    whole = world.reader.organization
    pending, scheduled = await world.asked(), await world.approved(start_at=world.clock.now() + MINUTE)
    await read(world, miss(whole))
    assert (await world.decide(world.carol, pending)).result is Result.APPROVED
    await world.pass_time(2 * MINUTE)
    assert {await world.status(pending), await world.status(scheduled)} == {Status.ACTIVE}
    await read(world, whole)
    assert not (await world.services.organizations.current()).doubted


async def test_what_one_reading_misses_after_a_long_silence_decides_nothing(world: World) -> None:
    """An account that left while AWS Organizations was away is asked for before the second reading."""
    await grow_old(world, DECIDES_FOR + MINUTE)
    world.reader.down = None
    await read(world, without_prod(world.reader.organization))
    with pytest.raises(UpstreamBusy, match="was last read 16 min ago"):
        await world.services.organizations.to_decide_by()
    world.start()  # nor does it in a process that begins anew
    with pytest.raises(UpstreamBusy, match="was last read 16 min ago"):
        await world.services.organizations.to_decide_by()
    world.clock.move(LOOK_TWICE_AFTER)
    assert PROD not in (await world.services.organizations.to_decide_by()).accounts


@pytest.mark.parametrize("miss", [without_prod, without_the_permission_set])
async def test_what_two_readings_miss_is_gone(world: World, miss: Miss) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    await read(world, miss(world.reader.organization))
    world.start()  # the doubt outlives the process
    world.clock.move(LOOK_TWICE_AFTER)
    await world.services.organizations.refresh()
    await world.pass_time(HOUR)
    request = await world.request(request_id)
    assert request.status is Status.FAILED
    assert request.failure in {"unknown_account", "unknown_permission_set"}
    assert not world.holds(world.ada, TARGET)
