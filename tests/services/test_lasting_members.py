"""A group that is given power here while people are in it for a while gives it to those alone who belong to it."""

from dataclasses import replace

import pytest

from core.domain.assignment import LISTS_LAG
from core.domain.errors import Reason
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.outcome import Result
from core.domain.people import Persona
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.domain.request import Status
from core.services.policies.live_validation import able_admins
from tests.services.company import MINUTE, READ, SANDBOX, TARGET
from tests.services.group_world import JOINING, OPERATORS, with_groups
from tests.services.world import World

READING = Target(SANDBOX, READ)


def with_power(world: World) -> PolicyBook:
    """Operators decide, audit, administer, and may ask for a target of their own; no longer does anybody join them."""
    book = world.book(group_targets=True)
    theirs = EligibilityPolicy(
        "operators",
        groups=frozenset({OPERATORS}),
        accounts=frozenset({SANDBOX}),
        permission_sets=frozenset({READ}),
        approval_required=False,
    )
    deciding = book.approval[0].approver_groups | {OPERATORS}
    return replace(
        book,
        settings=replace(book.settings, admin_group=OPERATORS, auditor_group=OPERATORS),
        eligibility=(*book.eligibility, theirs),
        approval=(replace(book.approval[0], approver_groups=deciding),),
    )


async def joined(world: World) -> RequestId:
    """Ada is an operator for an hour, Grace is one; then operators come to have every power there is."""
    world.principals.group("Operators")
    world.principals.join("Operators", world.grace.id)
    await world.set_policies(with_groups(world))
    number = await world.active(target=JOINING, minutes=60)
    world.principals.join("Operators", world.ada.id)
    await world.set_policies(with_power(world))
    return number


async def test_whoever_is_let_in_for_a_while_decides_audits_administers_and_asks_for_nothing_by_it(
    world_on_both: World,
) -> None:
    world = world_on_both
    await joined(world)
    asked = await world.asked(world.dan, TARGET)
    assert (await world.services.request_queries.standing(world.ada.chat)).personas == {Persona.REQUESTER}
    assert (await world.decide(world.ada, asked)).refusals[0].reason is Reason.NOT_AN_APPROVER
    assert (await world.revoke(world.ada, asked)).result is Result.NOT_FOUND
    refused = await world.submit(world.ada, READING)
    assert [each.reason for each in refused.refusals] == [Reason.NOT_ELIGIBLE]
    await world.settle()
    assert world.messenger.cards_in(world.ada.chat.user) == [], "no card of Dan's request"
    assert await able_admins(world.services.homes._directory, OPERATORS) == {world.grace.id}
    assert (await world.decide(world.grace, asked)).result is Result.APPROVED, "who belongs to it is not held back"
    assert (await world.submit(world.grace, READING)).result is Result.SUBMITTED


async def test_it_counts_again_for_whoever_is_added_by_hand_once_the_access_is_over(world: World) -> None:
    number = await joined(world)
    await world.pass_time(61 * MINUTE)
    await world.settle()
    assert await world.status(number) is Status.ENDED
    lagging = (await world.services.request_queries.standing(world.ada.chat)).personas
    assert lagging == {Persona.REQUESTER}, "AWS's lists may still show what has been taken away"
    await world.pass_time(LISTS_LAG)
    held = (await world.services.request_queries.standing(world.ada.chat)).personas
    assert held == frozenset(Persona)


@pytest.mark.parametrize("lost", [True, False])
async def test_a_membership_whose_answer_was_lost_gives_no_power(world: World, lost: bool) -> None:
    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    number = await world.asked(target=JOINING)
    world.cloud.answers_lost.append(lost)
    await world.decide(world.bob, number)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    world.principals.join("Operators", world.ada.id)
    await world.set_policies(with_power(world))
    assert (await world.services.request_queries.standing(world.ada.chat)).personas == {Persona.REQUESTER}
