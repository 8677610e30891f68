"""Sets of the management account: a delegated administrator can neither grant nor take them away (rule 9)."""

import asyncio
from dataclasses import replace

from core.domain.errors import Reason, UpstreamRefused
from core.domain.ids import PermissionSetArn
from core.domain.outcome import Result
from core.domain.policy_warnings import WarningKind
from core.domain.request import Status
from core.services.context.organization_cache import OrganizationCache
from tests.services.company import AUDIT_CHANNEL, MINUTE, POWER, READ, TARGET
from tests.services.world import World

OUT_OF_REACH = Reason.PERMISSION_SET_OUT_OF_REACH


async def provision(world: World, *sets: PermissionSetArn) -> None:
    """In the management account; the next reading of the organization shows it."""
    world.reader.organization = replace(world.reader.organization, out_of_reach=frozenset(sets))
    await world.services.organizations.refresh(force=True)


async def test_such_a_set_is_not_offered_and_not_accepted(world: World) -> None:
    await provision(world, POWER)
    assert {found.arn for found in await world.services.form_options.permission_sets(world.ada.chat, "")} == {READ}
    outcome = await world.submit(world.ada)
    assert outcome.result is Result.DECLINED
    assert OUT_OF_REACH in {refusal.reason for refusal in outcome.refusals}


async def test_one_that_gets_there_before_the_click_is_not_approved(world: World) -> None:
    request_id = await world.asked()
    await provision(world, POWER)
    await world.decide(world.bob, request_id)
    assert await world.status(request_id) is not Status.SCHEDULED
    await world.settle()
    assert not world.cloud.begun


async def test_one_that_gets_there_before_the_start_is_not_granted(world: World) -> None:
    request_id = await world.approved(start_at=world.clock.now() + 30 * MINUTE)
    await provision(world, POWER)
    await world.pass_time(40 * MINUTE)
    assert await world.status(request_id) is Status.FAILED
    assert (await world.request(request_id)).failure == OUT_OF_REACH
    assert not world.cloud.begun


async def test_live_access_by_it_alarms_the_admins_once_and_names_the_requests(world: World) -> None:
    first = await world.active()
    await provision(world, READ)
    await provision(world, READ, POWER)
    await provision(world, READ, POWER)
    await world.settle()

    assert world.messenger.topics("UFRANK").count("out_of_reach") == 1
    assert world.messenger.topics(AUDIT_CHANNEL).count("out_of_reach") == 1
    events = [event for event in await world.events() if event["action"] == "organization.out_of_reach"]
    assert [event["facts"]["requests"] for event in events] == [f"R-{first}"]
    assert await world.status(first) is Status.ACTIVE


async def test_of_two_replicas_that_read_it_at_once_one_alarms_the_admins(world_on_both: World) -> None:
    world = world_on_both
    await world.active()
    ours = world.services.organizations
    other = OrganizationCache(world.open_unit, world.reader, world.clock)
    await other.reload()
    world.reader.organization = replace(world.reader.organization, out_of_reach=frozenset({POWER}))
    await asyncio.gather(ours.refresh(force=True), other.refresh(force=True))
    await world.settle()
    assert world.messenger.topics("UFRANK").count("out_of_reach") == 1
    assert (await world.actions()).count("organization.out_of_reach") == 1


async def test_admins_are_warned_of_policies_and_of_live_access(world: World) -> None:
    request_id = await world.active()
    await provision(world, POWER)
    await world.services.administration.warnings.look()
    _, report = await world.services.administration.warnings.report(world.frank.chat)
    assert report is not None
    found = [warning for warning in report.warnings if warning.kind is WarningKind.OUT_OF_REACH]
    assert [warning.request.id for warning in found if warning.request] == [request_id]
    assert {warning.policy for warning in found if not warning.request} == {"payments-engineers", "sandbox"}


async def test_access_that_aws_does_not_let_go_is_tried_again_until_it_does(world: World) -> None:
    request_id = await world.active()
    await provision(world, POWER)
    world.cloud.begin_fails.extend([UpstreamRefused("denied", code="AccessDeniedException")] * 4)
    await world.revoke(world.ada, request_id)
    await world.pass_time(30 * MINUTE)
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds(world.ada, TARGET)
