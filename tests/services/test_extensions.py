"""Access that somebody took away does not come back by itself, and who ends it learns what else there is (rule 18)."""

from dataclasses import replace

import pytest

from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.outcome import dump_outcome, load_outcome
from core.domain.request import Status, ending_soon_at, extension_start
from core.services.requests import schedule
from core.services.runtime import row_boundaries
from handlers.words import sentences
from tests.services.commits import seen_after_commits
from tests.services.company import HOUR, MINUTE, PAYMENTS_CHANNEL, POWER, READ, SANDBOX, STAGING, TARGET
from tests.services.world import World


async def extended(world: World, first: RequestId, *, minutes: int = 60) -> RequestId:
    """An extension of it that is approved."""
    request = await world.request(first)
    second = await world.asked(start_at=extension_start(request, world.clock.now()), minutes=minutes)
    await world.decide(world.bob, second)
    assert (await world.request(second)).extends == first
    return second


@pytest.mark.parametrize("who", ["bob", "frank"])
async def test_an_approver_or_admin_who_ends_access_calls_off_its_extension(world: World, who: str) -> None:
    first = await world.active()
    second = await extended(world, first)
    outcome = await world.revoke(getattr(world, who), first, "laptop stolen")
    assert (outcome.called_off, outcome.others) == ((second,), ())
    await world.settle()
    await world.pass_time(2 * HOUR)
    request = await world.request(second)
    assert (request.status, request.revoke_reason) == (Status.REVOKED, "laptop stolen")
    assert not world.holds()
    event = (await world.events(second))[-1]
    assert (event["action"], event["facts"]["called_off_with"]) == ("request.revoked", f"R-{first}")
    assert world.messenger.topics("UADA").count("revoked") == 2
    told = sentences.outcome(outcome, await world.request(first), world.clock.now())
    assert f"Called off with it: R-{second}" in told


async def test_a_process_that_dies_ends_both_or_neither_and_tells_of_both(world: World) -> None:
    first = await world.active()
    second = await extended(world, first)

    async def statuses() -> tuple[Status, ...]:
        return tuple([await world.status(each) for each in (first, second)])

    seen = seen_after_commits(world, statuses)
    assert (await world.revoke(world.bob, first)).called_off == (second,)
    assert set(seen) == {(Status.ACTIVE, Status.SCHEDULED), (Status.REVOKING, Status.REVOKED)}


async def test_an_extension_that_has_begun_already_goes_too(world: World) -> None:
    first = await world.active()
    second = await extended(world, first)
    await world.pass_time(57 * MINUTE)
    assert await world.status(second) is Status.ACTIVE
    await world.revoke(world.frank, first)
    await world.settle()
    assert [await world.status(each) for each in (first, second)] == [Status.REVOKED, Status.REVOKED]
    assert not world.holds()


async def extended_twice(world: World) -> tuple[RequestId, RequestId, RequestId]:
    """Access, its extension that has begun, and the approved extension of that."""
    first = await world.active()
    second = await extended(world, first)
    await world.pass_time(57 * MINUTE)
    third = await world.asked(start_at=extension_start(await world.request(second), world.clock.now()))
    await world.decide(world.bob, third)
    return first, second, third


async def test_an_extension_of_the_extension_goes_too(world: World) -> None:
    first, second, third = await extended_twice(world)
    assert (await world.request(third)).extends == second
    assert (await world.revoke(world.frank, first)).called_off == (second, third)
    await world.pass_time(3 * HOUR)
    assert not world.holds()


async def test_an_extension_of_an_extension_that_is_over_goes_too(world: World) -> None:
    """Its requester gave up the link between: an admin who ends the access ends what was to follow."""
    first, second, third = await extended_twice(world)
    await world.revoke(world.ada, second)
    assert (await world.revoke(world.frank, first)).called_off == (third,)
    await world.pass_time(3 * HOUR)
    assert not world.holds()


async def test_who_ends_own_access_keeps_the_extension_and_is_told_of_it(world: World) -> None:
    first = await world.active()
    second = await extended(world, first)
    outcome = await world.revoke(world.ada, first)
    assert (outcome.called_off, outcome.others) == ((), (second,))
    assert await world.status(second) is Status.SCHEDULED
    told = sentences.outcome(outcome, await world.request(first), world.clock.now())
    assert f"Not ended by this: R-{second}" in told


async def test_what_is_no_extension_stays_and_is_named_in_answer_and_card(world: World) -> None:
    first = await world.active()
    later = await world.approved(start_at=world.clock.now() + 3 * HOUR)
    pending = await world.asked(start_at=world.clock.now() + 6 * HOUR)
    await world.approved(world.dan, start_at=world.clock.now() + HOUR)
    await world.approved(target=Target(STAGING, READ), start_at=world.clock.now() + HOUR)
    outcome = await world.revoke(world.frank, first)
    assert (outcome.called_off, outcome.others) == ((), (later, pending))
    assert load_outcome(dump_outcome(outcome)) == outcome
    await world.settle()
    (card,) = [card for card in world.messenger.cards_in(PAYMENTS_CHANNEL) if card.request.id == first]
    assert [other.id for other in card.siblings] == [later, pending]
    assert await world.status(later) is Status.SCHEDULED


async def test_an_end_by_time_calls_nothing_off(world: World) -> None:
    first = await world.active()
    second = await extended(world, first)
    await world.pass_time(70 * MINUTE)
    assert [await world.status(each) for each in (first, second)] == [Status.ENDED, Status.ACTIVE]
    assert world.holds()


async def test_nobody_is_told_to_extend_what_has_been_extended(world: World) -> None:
    first = await world.active()
    await extended(world, first)
    await world.pass_time(52 * MINUTE)
    assert "ending_soon" not in world.messenger.topics("UADA")
    assert "request.ending_soon_told" not in await world.actions(first), "the trail says that nobody was told"
    await world.pass_time(2 * HOUR)
    assert world.messenger.topics("UADA").count("ending_soon") == 1, "the extension itself ends, and is announced"


@pytest.mark.parametrize("is_called_off", [True, False])
async def test_the_end_is_announced_when_the_extension_comes_to_nothing_after_all(
    world: World, is_called_off: bool
) -> None:
    first = await world.active()
    second = await extended(world, first)
    await world.pass_time(47 * MINUTE)
    assert "ending_soon" not in world.messenger.topics("UADA")
    if is_called_off:
        await world.revoke(world.ada, second)
    else:
        await world.set_policies(replace(world.book(), eligibility=()))
        await world.pass_time(9 * MINUTE)
    assert await world.status(second) is (Status.REVOKED if is_called_off else Status.FAILED)
    await world.pass_time(MINUTE)
    assert world.messenger.topics("UADA").count("ending_soon") == 1
    await world.pass_time(HOUR)
    assert world.messenger.topics("UADA").count("ending_soon") == 1
    assert (await world.actions(first)).count("request.ending_soon_told") == 1


async def test_what_has_been_extended_keeps_no_other_from_its_warning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_boundaries, "MOST_IN_A_ROUND", 2)
    monkeypatch.setattr(schedule, "BATCH", 1)
    targets = (TARGET, Target(STAGING, READ), Target(STAGING, POWER), Target(SANDBOX, POWER))
    active = [await world.active(world.ada, target) for target in targets]
    for one in active:
        request = await world.request(one)
        await world.approved(target=request.target, start_at=extension_start(request, world.clock.now()))
    last = await world.active(world.dan)
    warned_at = ending_soon_at(await world.request(last))
    assert warned_at is not None
    world.go_to(warned_at)
    for _ in range(len(active)):
        await world.services.schedule.warn()
    assert (await world.request(last)).ending_soon_told
    assert not world.services.schedule.stuck()


async def test_the_end_is_announced_while_an_extension_only_waits_or_was_rejected(world: World) -> None:
    first = await world.active()
    request = await world.request(first)
    await world.asked(start_at=extension_start(request, world.clock.now()))
    await world.pass_time(52 * MINUTE)
    assert world.messenger.topics("UADA").count("ending_soon") == 1


async def test_the_end_is_announced_when_other_access_does_not_last_longer(world: World) -> None:
    first = await world.active()
    later = (await world.request(first)).end_at
    assert later is not None
    second = await world.asked(start_at=later + HOUR)
    await world.decide(world.bob, second)
    await world.pass_time(52 * MINUTE)
    assert world.messenger.topics("UADA").count("ending_soon") == 1
