"""AWS does late, or all the same, what it was asked for and gave no word of (rules 16 to 20)."""

from datetime import timedelta

import pytest

from core.domain.assignment import LISTS_LAG, MOST_FAILURES, OUTCOME_WITHIN, OperationKind
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.request import Status
from tests.fakes.cloud import ABSENT, NOT_FOUND, Failure, FakeOperation
from tests.services.company import HOUR, MINUTE, SECOND, TARGET
from tests.services.group_world import JOINING, with_groups
from tests.services.world import World

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
DENIED = UpstreamRefused("not authorized", code="AccessDeniedException")


async def hanging(world: World) -> FakeOperation:
    """The next change that AWS is asked for: it does it when it is told to, and nothing else waits for that."""
    world.cloud.held = True
    await world.services.reconciler.work()
    (operation,) = world.cloud.in_flight()
    world.cloud.held, operation.is_alone = False, True
    return operation


def finish(world: World, operation: FakeOperation, failure: Failure | None = None) -> None:
    operation.ends_at, operation.failure = world.clock.now(), failure
    world.cloud._pass_time()


def creations(world: World) -> int:
    return [kind for kind, _ in world.cloud.begun].count(CREATE)


@pytest.mark.parametrize("behind", [timedelta(), 70 * SECOND])
async def test_a_creation_that_fails_after_the_end_and_did_its_work_is_taken_back(
    world: World, behind: timedelta
) -> None:
    """Rules 17 and 20: AWS says FAILED, and nobody looks at that target any more."""
    request_id = await world.approved(minutes=15)
    await world.services.schedule.start()
    creation = await hanging(world)
    await world.pass_time(OUTCOME_WITHIN + 12 * MINUTE)
    assert await world.status(request_id) is Status.ENDED
    assert creations(world) == 2
    world.cloud.lists_behind = behind
    finish(world, creation, Failure("a time-out at the end", does_the_work=True))
    assert world.holds()
    await world.pass_time(2 * LISTS_LAG)
    assert not world.holds()


async def test_a_creation_that_fails_after_the_end_and_made_nothing_is_forgotten(world: World) -> None:
    await world.approved(minutes=15)
    await world.services.schedule.start()
    creation = await hanging(world)
    await world.pass_time(OUTCOME_WITHIN + 12 * MINUTE)
    finish(world, creation, Failure("the role is at its limit"))
    begun = len(world.cloud.begun)
    await world.pass_time(4 * LISTS_LAG)
    assert len(world.cloud.begun) == begun
    assert not (await world.assignment()).hanging
    assert not (await world.assignment()).ours


async def test_a_look_from_before_the_last_creation_does_not_prove_that_nothing_came_of_it(world: World) -> None:
    """Rule 20: two looks agree, but AWS was asked for it between the two, calls it FAILED, and has done it."""
    last = Failure("a time-out at the end", does_the_work=True)
    world.cloud.fail_with.extend([Failure("busy"), Failure("busy"), last])
    request_id = await world.approved()
    await world.begin()
    await world.services.schedule.start()
    while creations(world) < 2:
        await world.services.reconciler.work()
        world.clock.move(SECOND)
    assert (await world.assignment()).missing_since is None
    world.cloud.down = UpstreamBusy("AWS is away")
    world.clock.move(LISTS_LAG + MINUTE)
    await world.services.reconciler.work()
    world.cloud.down, world.cloud.lists_behind = None, 3 * SECOND
    await world.pass_time(HOUR)
    assert creations(world) == MOST_FAILURES
    assert await world.status(request_id) is Status.FAILED
    assert not world.holds()


async def test_a_window_is_counted_from_a_failed_creation_that_did_its_work(world: World) -> None:
    """Rule 16: AWS has had it since then, and whoever had it could use it."""
    world.cloud.fail_with.append(Failure("a time-out at the end", does_the_work=True))
    request_id = await world.approved(minutes=60)
    await world.services.schedule.start()
    await world.services.reconciler.work()
    began_at = world.clock.now()
    world.clock.move(10 * MINUTE)
    await world.settle()
    request = await world.request(request_id)
    assert (request.status, request.window_start_at, request.end_at) == (Status.ACTIVE, began_at, began_at + HOUR)


async def test_a_window_is_as_long_as_approved_after_a_failed_creation_of_access_that_was_there_before(
    world: World,
) -> None:
    await world.revoke(world.ada, await world.active(minutes=30))
    await world.settle()
    world.cloud.fail_with.append(Failure("Please try again in a few minutes"))
    request_id = await world.approved(minutes=60)
    await world.settle()
    request = await world.request(request_id)
    made = [each.begun_at for each in world.cloud.operations.values() if each.kind is CREATE][-1]
    assert (request.status, request.window_start_at, request.end_at) == (Status.ACTIVE, made, made + HOUR)


async def test_a_window_is_not_counted_from_a_creation_that_a_list_shows_not_to_have_come(world: World) -> None:
    request_id = await world.approved(minutes=60)
    await world.services.schedule.start()
    await hanging(world)
    began_at = world.clock.now()
    world.clock.move(20 * MINUTE)
    await world.settle()
    request = await world.request(request_id)
    assert request.status is Status.ACTIVE
    assert request.window_start_at is not None
    assert request.window_start_at - began_at >= 20 * MINUTE - LISTS_LAG


async def under_a_late_deletion(world: World) -> tuple[RequestId, FakeOperation]:
    """Access that was given while AWS was still at the deletion of the access before."""
    before = await world.active(minutes=30)
    await world.revoke(world.bob, before)
    deletion = await hanging(world)
    assert deletion.kind is DELETE
    later = await world.approved(minutes=240)
    await world.pass_time(OUTCOME_WITHIN + MINUTE)
    assert await world.status(later) is Status.ACTIVE
    return later, deletion


@pytest.mark.parametrize("failure", [None, Failure("a time-out at the end", does_the_work=True)])
async def test_what_a_late_deletion_of_ours_takes_from_another_request_is_made_again(
    world: World, failure: Failure | None
) -> None:
    """Rule 18: shared access goes when the last of its requests ends, whatever AWS calls what it did."""
    later, deletion = await under_a_late_deletion(world)
    end_at = (await world.request(later)).end_at
    finish(world, deletion, failure)
    assert not world.holds()
    await world.pass_time(HOUR)
    assert world.holds()
    assert (await world.request(later)).end_at == end_at
    actions = await world.actions()
    assert "assignment.restored" in actions
    assert "drift.found" not in actions
    await world.pass_time(4 * HOUR)
    assert await world.status(later) is Status.ENDED
    assert not world.holds()


@pytest.mark.parametrize("succeeds", [True, False])
async def test_a_late_deletion_that_took_nothing_away_changes_nothing(world: World, succeeds: bool) -> None:
    """It came before the grant, or has failed indeed."""
    later, deletion = await under_a_late_deletion(world)
    failed = Failure("the role is at its limit")
    finish(world, deletion, failed)
    deletion.failure = None if succeeds else failed
    begun = creations(world)
    await world.pass_time(HOUR)
    assert await world.status(later) is Status.ACTIVE
    assert world.holds()
    assert creations(world) == begun


async def test_access_that_ends_soon_after_a_late_deletion_waits_for_no_list(world: World) -> None:
    """Rule 17: that deletion was not for this end, and what is listed is not what it has taken away."""
    later, deletion = await under_a_late_deletion(world)
    finish(world, deletion, Failure("the role is at its limit"))
    while (await world.assignment()).hanging:
        await world.pass_time(5 * SECOND)
    await world.revoke(world.bob, later)
    await world.pass_time(30 * SECOND)
    assert not world.holds()
    assert await world.status(later) is Status.REVOKED


@pytest.mark.parametrize(("unclear", "lists_show"), [("lost", False), ("lost", True), ("failed", True)])
async def test_an_older_deletion_keeps_nothing_that_may_have_been_made_since(
    world: World, unclear: str, lists_show: bool
) -> None:
    """Rule 17: whoever has had it before loses it as soon as whoever has it for the first time."""
    before = await world.active()
    await world.pass_time(lists_show * 2 * MINUTE)
    await world.revoke(world.bob, before)
    await world.settle()
    later = await world.approved()
    world.cloud.listed_after, world.cloud.lists_behind = 4 * MINUTE, MINUTE
    if unclear == "lost":
        world.cloud.answers_lost.append(True)
    else:
        world.cloud.fail_with.append(Failure("a time-out at the end", does_the_work=True))
    await world.services.schedule.start()
    await world.services.reconciler.work()
    await world.revoke(world.bob, later)
    await world.pass_time(30 * SECOND)
    assert not world.holds()
    world.cloud.lists_behind = timedelta()
    await world.pass_time(HOUR)
    assert await world.status(later) is Status.REVOKED
    assert not world.holds()


async def test_what_may_be_had_no_more_is_not_made_again(world: World) -> None:
    """Rule 14: nothing is asked of AWS for a request that is allowed no more."""
    later, deletion = await under_a_late_deletion(world)
    world.principals.disable(world.ada.id)
    finish(world, deletion)
    await world.pass_time(HOUR)
    assert await world.status(later) is Status.ACTIVE
    assert not world.holds()
    assert (await world.actions()).count("drift.found") == 1


@pytest.mark.parametrize("answer", ["refused", "failed"])
async def test_what_aws_does_not_make_again_is_reported_as_lost_once(world: World, answer: str) -> None:
    _, deletion = await under_a_late_deletion(world)
    begun = creations(world)
    if answer == "refused":
        world.cloud.begin_fails.append(DENIED)
    else:
        world.cloud.fail_with.extend([Failure("the role is at its limit")] * 10)
    finish(world, deletion)
    await world.pass_time(2 * HOUR)
    assert (await world.actions()).count("drift.found") == 1
    assert creations(world) - begun == (0 if answer == "refused" else MOST_FAILURES)


async def test_active_is_not_said_on_the_word_about_what_a_failed_deletion_took_away(world: World) -> None:
    """Rule 20: AWS says FAILED to a deletion that it has done, soon after our creation, and somebody asks anew."""
    world.cloud.lists_behind = LISTS_LAG - SECOND
    first = await world.active()
    await world.revoke(world.ada, first)
    world.cloud.fail_with.append(Failure("a time-out at the end", does_the_work=True))
    await world.services.reconciler.work()
    later = await world.approved()
    await world.pass_time(2 * LISTS_LAG)
    assert await world.status(later) is Status.ACTIVE
    assert world.holds()


@pytest.mark.parametrize("target", [TARGET, JOINING])
async def test_a_deletion_that_finds_nothing_soon_after_the_creation_is_tried_again(
    world: World, target: Target
) -> None:
    """Rule 20: AWS may find as late as it lists what it has just said that it made."""
    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    request_id = await world.active(target=target)
    world.cloud.lists_behind = 3 * SECOND
    if target.group is None:
        world.cloud.fail_with.append(Failure(ABSENT))
    else:
        world.cloud.begin_fails.append(UpstreamRefused("GROUP_MEMBERSHIP not found", code=NOT_FOUND))
    await world.revoke(world.ada, request_id)
    await world.settle()
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds(target=target)


@pytest.mark.parametrize("target", [TARGET, JOINING])
async def test_what_somebody_has_taken_away_at_once_is_gone_when_lists_must_show_it(
    world: World, target: Target
) -> None:
    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    request_id = await world.active(target=target)
    world.cloud.remove(world.ada.id, target)
    await world.revoke(world.ada, request_id)
    await world.pass_time(LISTS_LAG + MINUTE)
    assert await world.status(request_id) is Status.REVOKED
    assert not (await world.assignment(target=target)).ours


async def test_a_deletion_that_finds_nothing_is_no_end_after_one_that_failed(world: World) -> None:
    """Rule 20: AWS's word on the creation counts no more, but it may have been made a moment ago all the same."""
    request_id = await world.active()
    world.cloud.lists_behind = 2 * MINUTE
    world.cloud.fail_with.extend([Failure("busy"), Failure(ABSENT)])
    await world.revoke(world.ada, request_id)
    await world.pass_time(2 * LISTS_LAG)
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds()


async def test_a_look_from_before_a_creation_that_was_done_late_proves_nothing(world: World) -> None:
    """Rule 20: AWS calls it FAILED and has done it, minutes after a look that found nothing, and takes no other one."""
    request_id = await world.approved()
    await world.services.schedule.start()
    creation = await hanging(world)
    world.cloud.begin_fails.extend([UpstreamBusy("ThrottlingException")] * 100)
    await world.pass_time(OUTCOME_WITHIN + LISTS_LAG + 2 * MINUTE)
    assert (await world.assignment()).missing_since is not None
    world.cloud.lists_behind = 2 * MINUTE
    finish(world, creation, Failure("a time-out at the end", does_the_work=True))
    await world.pass_time(MINUTE)
    world.cloud.begin_fails.clear()
    await world.revoke(world.ada, request_id)
    await world.pass_time(2 * LISTS_LAG)
    assert not world.holds()


async def had_before(world: World, target: Target = TARGET) -> None:
    """The same access was had, and taken away, an hour ago."""
    await world.active(target=target, minutes=15)
    await world.pass_time(HOUR)
    assert not world.holds(target=target)


async def test_what_a_failed_creation_did_is_taken_away_though_a_deletion_went_before_it(world: World) -> None:
    """Rule 20: what AWS said of that deletion says nothing about what came after it."""
    await had_before(world)
    world.cloud.lists_behind = 20 * SECOND
    request_id = await world.approved()
    await world.services.schedule.start()
    creation = await hanging(world)
    await world.revoke(world.ada, request_id)
    finish(world, creation, Failure("a time-out at the end", does_the_work=True))
    assert world.holds()
    await world.pass_time(2 * LISTS_LAG)
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds()


async def test_what_a_creation_did_that_failed_late_is_taken_away_though_a_deletion_went_before_it(
    world: World,
) -> None:
    await had_before(world)
    world.cloud.lists_behind = 4 * MINUTE
    request_id = await world.approved()
    await world.services.schedule.start()
    creation = await hanging(world)
    world.cloud.begin_fails.extend([UpstreamBusy("busy")] * 100)
    await world.pass_time(OUTCOME_WITHIN + MINUTE)
    finish(world, creation, Failure("a time-out at the end", does_the_work=True))
    await world.pass_time(3 * MINUTE)
    world.cloud.begin_fails.clear()
    await world.revoke(world.ada, request_id)
    await world.pass_time(2 * LISTS_LAG)
    assert await world.status(request_id) is Status.REVOKED
    assert not world.holds()


async def test_a_deleted_membership_that_is_listed_still_is_not_the_one_whose_answer_was_lost(world: World) -> None:
    """Rule 20: it has the name of the one that was deleted, and whoever asked again would have nothing."""
    world.principals.group("Operators")
    await world.set_policies(with_groups(world))
    first = await world.active(target=JOINING)
    await world.pass_time(MINUTE)
    world.cloud.lists_behind = 20 * SECOND
    await world.revoke(world.ada, first)
    await world.services.reconciler.work()
    assert not world.holds(target=JOINING)
    world.cloud.answers_lost.append(False)
    second = await world.approved(target=JOINING)
    await world.pass_time(MINUTE)
    assert await world.status(second) is Status.ACTIVE
    assert world.holds(target=JOINING)
