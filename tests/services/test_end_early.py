"""Withdrawing and ending early: who may, and what is told when it is too late."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from core.domain.commands import CancelRequest, RevokeAccess
from core.domain.errors import Reason
from core.domain.outcome import Result
from core.domain.policy import PolicyBook
from core.domain.request import Status
from core.domain.settings import Requirement
from tests.services.company import HOUR, MINUTE
from tests.services.world import Ending, World


async def test_the_requester_withdraws_before_the_decision(world: World) -> None:
    request_id = await world.asked()
    assert (await world.cancel(world.ada, request_id)).result is Result.CANCELLED
    request = await world.request(request_id)
    assert (request.status, request.revoked_by, request.closed_at) == (Status.CANCELLED, "", world.clock.now())


async def test_the_requester_withdraws_what_has_not_begun(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + HOUR)
    assert (await world.cancel(world.ada, request_id)).result is Result.CANCELLED
    assert await world.status(request_id) is Status.REVOKED
    await world.pass_time(2 * HOUR)
    assert not world.cloud.begun


async def test_withdrawing_is_the_requesters_alone(world: World) -> None:
    request_id = await world.asked()
    for who in (world.bob, world.frank, world.erin):
        outcome = await world.cancel(who, request_id)
        assert [r.reason for r in outcome.refusals] == [Reason.NOT_YOURS_TO_CANCEL]
    assert await world.status(request_id) is Status.PENDING
    assert (await world.actions(request_id)).count("ending.refused") == 3


@pytest.mark.parametrize("who", ["ada", "bob", "frank"])
async def test_requester_approver_and_admin_end_access_early(world: World, who: str) -> None:
    request_id = await world.active()
    world.clock.move(MINUTE)
    assert (await world.revoke(getattr(world, who), request_id, "incident over")).result is Result.REVOKED
    request = await world.request(request_id)
    assert (request.status, request.revoke_reason, request.revoking_at) == (
        Status.REVOKING,
        "incident over",
        world.clock.now(),
    )
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds()
    assert world.messenger.topics("UADA")[-1] == "revoked"


async def test_an_auditor_sees_and_does_not_end(world: World) -> None:
    request_id = await world.active()
    outcome = await world.revoke(world.erin, request_id)
    assert [r.reason for r in outcome.refusals] == [Reason.NOT_YOURS_TO_REVOKE]
    assert await world.status(request_id) is Status.ACTIVE
    event = (await world.events(request_id))[-1]
    assert (event["action"], event["actor"]["principal_id"]) == ("ending.refused", world.erin.id)


@pytest.mark.parametrize("kind", [CancelRequest, RevokeAccess])
async def test_what_is_not_for_somebody_to_see_is_not_there(world: World, kind: type[Ending]) -> None:
    request_id = await world.active()
    foreign = await world.done(world.ending(kind, world.grace, request_id))
    unknown = await world.done(world.ending(kind, world.grace, 4711))
    assert foreign == unknown
    assert foreign.result is Result.NOT_FOUND


async def test_what_is_over_or_has_begun_is_too_late_to_withdraw(world: World) -> None:
    live = await world.active()
    assert (await world.cancel(world.ada, live)).result is Result.TOO_LATE
    await world.revoke(world.ada, live)
    assert (await world.revoke(world.ada, live)).result is Result.TOO_LATE
    await world.settle()
    assert (await world.revoke(world.ada, live)).result is Result.TOO_LATE
    pending = await world.asked()
    assert (await world.revoke(world.ada, pending)).result is Result.TOO_LATE
    assert await world.status(pending) is Status.PENDING


async def test_no_policy_stands_between_a_person_and_the_end_of_access(world: World) -> None:
    request_id = await world.active()
    await world.set_policies(PolicyBook())
    assert (await world.revoke(world.ada, request_id)).result is Result.REVOKED
    await world.settle()
    assert not world.holds()


async def test_of_many_who_end_it_at_once_one_does(world_on_both: World) -> None:
    world = world_on_both
    request_id = await world.active()
    people = (world.ada, world.bob, world.carol, world.dan, world.frank) * 2
    outcomes = await asyncio.gather(*(world.revoke(who, request_id) for who in people))
    assert Counter(o.result for o in outcomes) == {Result.REVOKED: 1, Result.TOO_LATE: 9}
    assert (await world.actions(request_id)).count("request.revoked") == 1
    await world.settle()
    assert not world.holds()


async def test_an_approval_and_a_withdrawal_at_once_do_not_both_happen(world_on_both: World) -> None:
    world = world_on_both
    request = await world.request(await world.asked())
    cancelling = world.ending(CancelRequest, world.ada, request.id)
    approving = world.click(world.bob, request)
    cancelled, approved = await asyncio.gather(world.done(cancelling), world.done(approving))
    actions = await world.actions(request.id)
    assert cancelled.result is Result.CANCELLED  # also after the approval: it has not begun
    if approved.result is Result.APPROVED:
        assert actions == ["request.submitted", "request.approved", "request.cancelled"]
    else:
        assert actions == ["request.submitted", "request.cancelled"]


async def test_what_is_being_granted_is_ended_early_and_never_active(world: World) -> None:
    request_id = await world.approved()
    await world.services.schedule.start()
    await world.services.reconciler.work()
    assert await world.status(request_id) is Status.GRANTING
    await world.revoke(world.bob, request_id)
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds()
    assert "request.granted" not in await world.actions(request_id)
    assert "active" not in world.messenger.topics("UADA")


async def test_who_lost_every_group_still_ends_the_own_access(world: World) -> None:
    request_id = await world.active()
    world.principals.leave("Payments", world.ada.id)
    world.clock.move(timedelta(minutes=2))
    assert (await world.revoke(world.ada, request_id)).result is Result.REVOKED


@pytest.mark.parametrize("who", ["ada", "bob", "frank"])
@pytest.mark.parametrize("blank", ["", "  ", "\u200b"])
async def test_a_reason_that_is_required_is_asked_of_everybody_who_ends_access_early(
    world: World, who: str, blank: str
) -> None:
    request_id = await world.active()
    await world.set_policies(world.book(revoke_reason=Requirement.REQUIRED))
    outcome = await world.revoke(getattr(world, who), request_id, blank)
    assert [r.reason for r in outcome.refusals] == [Reason.REVOKE_REASON_MISSING]
    assert await world.status(request_id) is Status.ACTIVE
    refused = (await world.events(request_id))[-1]
    assert (refused["action"], refused["facts"]["reason"]) == ("ending.refused", "revoke_reason_missing")
    assert (await world.revoke(getattr(world, who), request_id, "incident over")).result is Result.REVOKED
    ended = (await world.events(request_id))[-1]
    assert (ended["action"], ended["facts"]["reason"]) == ("request.revoked", "incident over")


@pytest.mark.parametrize("asked", [Requirement.OFF, Requirement.OPTIONAL])
async def test_a_reason_that_is_not_required_may_be_left_out(world: World, asked: Requirement) -> None:
    await world.set_policies(world.book(revoke_reason=asked))
    request_id = await world.active()
    assert (await world.revoke(world.bob, request_id)).result is Result.REVOKED


async def test_nobody_says_why_access_ends_at_its_time_or_a_request_is_withdrawn(world: World) -> None:
    await world.set_policies(world.book(revoke_reason=Requirement.REQUIRED))
    waiting = await world.asked()
    assert (await world.cancel(world.ada, waiting)).result is Result.CANCELLED
    request_id = await world.active(minutes=60)
    await world.pass_time(HOUR + MINUTE)
    await world.settle()
    assert await world.status(request_id) is Status.ENDED
