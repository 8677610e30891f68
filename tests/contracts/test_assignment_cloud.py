"""The behaviour that core may rely on when it changes account assignments."""

from datetime import timedelta

import pytest

from core.domain.assignment import OperationKind, OperationState
from core.domain.errors import AnswerLost, Upstream, UpstreamBusy, UpstreamRefused
from tests.contracts.benches import CloudBench

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE


async def done(cloud: CloudBench, kind: OperationKind, aws_id: str) -> tuple[OperationState, str]:
    await cloud.finish()
    status = await cloud.port.operation(kind, aws_id)
    return status.state, status.reason


async def assigned(cloud: CloudBench) -> bool:
    return await cloud.port.is_assigned(cloud.ada, cloud.target)


async def test_an_assignment_is_made_and_taken_away_and_neither_at_once(cloud: CloudBench) -> None:
    assert not await assigned(cloud)
    created = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    assert (await cloud.port.operation(CREATE, created)).state is OperationState.IN_PROGRESS
    assert not await assigned(cloud)
    assert await done(cloud, CREATE, created) == (OperationState.SUCCEEDED, "")
    assert await assigned(cloud)
    deleted = await cloud.port.begin(DELETE, cloud.ada, cloud.target)
    assert await assigned(cloud)
    assert await done(cloud, DELETE, deleted) == (OperationState.SUCCEEDED, "")
    assert not await cloud.port.is_assigned(cloud.ada, cloud.target, urgent=True)


async def test_nobody_and_nothing_else_is_assigned(cloud: CloudBench) -> None:
    await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    await cloud.finish()
    assert not await cloud.port.is_assigned(cloud.bob, cloud.target)
    assert not await cloud.port.is_assigned(cloud.ada, cloud.elsewhere)


async def test_everybody_who_holds_a_target_is_listed(cloud: CloudBench) -> None:
    assert await cloud.port.users_assigned(cloud.target) == frozenset()
    cloud.make(cloud.ada, cloud.target)
    cloud.make(cloud.bob, cloud.target)
    cloud.make(cloud.ada, cloud.elsewhere)
    assert await cloud.port.users_assigned(cloud.target) == {cloud.ada, cloud.bob}
    assert await cloud.port.users_assigned(cloud.elsewhere) == {cloud.ada}


async def test_what_others_made_is_listed_and_can_be_taken_away(cloud: CloudBench) -> None:
    cloud.make(cloud.ada, cloud.target)
    assert await assigned(cloud)
    assert await done(cloud, DELETE, await cloud.port.begin(DELETE, cloud.ada, cloud.target)) == (
        OperationState.SUCCEEDED,
        "",
    )
    assert not await assigned(cloud)


async def test_to_make_what_is_there_succeeds_and_to_delete_what_is_not_fails_and_says_so(cloud: CloudBench) -> None:
    gone = await cloud.port.begin(DELETE, cloud.ada, cloud.target)
    state, reason = await done(cloud, DELETE, gone)
    assert state is OperationState.FAILED
    assert "404" in reason
    cloud.make(cloud.ada, cloud.target)
    made = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    assert (await done(cloud, CREATE, made))[0] is OperationState.SUCCEEDED
    assert await assigned(cloud)


@pytest.mark.parametrize("kind", OperationKind)
async def test_a_second_change_while_one_is_under_way_is_busy_and_does_nothing(
    cloud: CloudBench, kind: OperationKind
) -> None:
    first = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    with pytest.raises(UpstreamBusy):
        await cloud.port.begin(kind, cloud.ada, cloud.target)
    assert (await done(cloud, CREATE, first))[0] is OperationState.SUCCEEDED
    assert await assigned(cloud)


@pytest.mark.parametrize("kind", OperationKind)
async def test_an_operation_says_when_it_was_taken(cloud: CloudBench, kind: OperationKind) -> None:
    begun_at = cloud.now()
    aws_id = await cloud.port.begin(kind, cloud.ada, cloud.target)
    under_way = await cloud.port.operation(kind, aws_id)
    await cloud.finish()
    ended = await cloud.port.operation(kind, aws_id)
    assert under_way.created_at is not None
    assert abs(under_way.created_at - begun_at) < timedelta(seconds=5)
    assert ended.created_at is not None
    assert abs(ended.created_at - under_way.created_at) < timedelta(seconds=2)


async def test_a_failed_operation_has_its_reason_and_left_nothing(cloud: CloudBench) -> None:
    cloud.fail_next("the role is at its limit")
    aws_id = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    assert await done(cloud, CREATE, aws_id) == (OperationState.FAILED, "the role is at its limit")
    assert not await assigned(cloud)


async def test_a_failed_operation_may_have_done_its_work_all_the_same(cloud: CloudBench) -> None:
    cloud.fail_next("a time-out at the end", does_the_work=True)
    aws_id = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    assert (await done(cloud, CREATE, aws_id))[0] is OperationState.FAILED
    assert await assigned(cloud)


@pytest.mark.parametrize("kind", OperationKind)
async def test_what_cannot_be_sent_in_time_is_not_sent(cloud: CloudBench, kind: OperationKind) -> None:
    """The process that asked has given it up by then, as one that was suspended finds."""
    since = cloud.now()
    with pytest.raises(UpstreamBusy, match="not sent in time"):
        await cloud.port.begin(kind, cloud.ada, cloud.target, within=timedelta(seconds=-1))
    await cloud.finish()
    assert await cloud.port.find_operation(kind, cloud.ada, cloud.target, since) is None
    assert await cloud.port.begin(kind, cloud.ada, cloud.target, within=timedelta(seconds=20))


@pytest.mark.parametrize("kind", OperationKind)
@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("throttled", UpstreamBusy),
        ("conflict", UpstreamBusy),
        ("denied", UpstreamRefused),
        ("lost before", AnswerLost),
    ],
)
async def test_what_did_not_happen_says_so_or_is_not_found(
    cloud: CloudBench, kind: OperationKind, how: str, error: type[Upstream]
) -> None:
    cloud.refuse_next(how)
    with pytest.raises(error):
        await cloud.port.begin(kind, cloud.ada, cloud.target)
    await cloud.finish()
    assert not await assigned(cloud)
    assert await cloud.port.find_operation(kind, cloud.ada, cloud.target, cloud.now()) is None


@pytest.mark.parametrize("when", ["under way", "done"])
@pytest.mark.parametrize("kind", OperationKind)
async def test_an_operation_whose_answer_was_lost_is_found(cloud: CloudBench, kind: OperationKind, when: str) -> None:
    begun_at = cloud.now()
    if kind is DELETE:
        cloud.make(cloud.ada, cloud.target)
    cloud.refuse_next("lost after")
    with pytest.raises(AnswerLost):
        await cloud.port.begin(kind, cloud.ada, cloud.target)
    if when == "done":
        await cloud.finish()
    found = await cloud.port.find_operation(kind, cloud.ada, cloud.target, begun_at)
    assert found
    assert (await done(cloud, kind, found))[0] is OperationState.SUCCEEDED
    assert await assigned(cloud) is (kind is CREATE)


async def test_only_the_operation_with_all_the_same_facts_is_found(cloud: CloudBench) -> None:
    begun_at = cloud.now()
    await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    find = cloud.port.find_operation
    assert await find(CREATE, cloud.ada, cloud.target, begun_at)
    assert await find(DELETE, cloud.ada, cloud.target, begun_at) is None
    assert await find(CREATE, cloud.bob, cloud.target, begun_at) is None
    assert await find(CREATE, cloud.ada, cloud.elsewhere, begun_at) is None
    assert await find(CREATE, cloud.ada, cloud.target, begun_at + timedelta(minutes=1)) is None


@pytest.mark.parametrize("kind", OperationKind)
async def test_an_operation_that_aws_does_not_know_is_refused(cloud: CloudBench, kind: OperationKind) -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await cloud.port.operation(kind, "00000000-0000-0000-0000-000000000000")
    assert caught.value.code == "ResourceNotFoundException"


async def test_a_creation_is_no_deletion(cloud: CloudBench) -> None:
    aws_id = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    with pytest.raises(UpstreamRefused):
        await cloud.port.operation(DELETE, aws_id)


async def test_lists_may_be_behind_what_has_succeeded(cloud: CloudBench) -> None:
    cloud.fall_behind(timedelta(minutes=4))
    created = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    assert (await done(cloud, CREATE, created))[0] is OperationState.SUCCEEDED
    assert not await assigned(cloud)
    assert await cloud.port.users_assigned(cloud.target) == frozenset()
    cloud.fall_behind(timedelta())
    assert await assigned(cloud)
    cloud.fall_behind(timedelta(minutes=4))
    cloud.make(cloud.bob, cloud.elsewhere)
    assert not await cloud.port.is_assigned(cloud.bob, cloud.elsewhere)


async def test_while_it_is_away_nothing_is_known(cloud: CloudBench) -> None:
    aws_id = await cloud.port.begin(CREATE, cloud.ada, cloud.target)
    cloud.go_down()
    with pytest.raises(UpstreamBusy):
        await assigned(cloud)
    with pytest.raises(UpstreamBusy):
        await cloud.port.operation(CREATE, aws_id)
    with pytest.raises(UpstreamBusy):
        await cloud.port.find_operation(CREATE, cloud.ada, cloud.target, cloud.now())
    with pytest.raises((UpstreamBusy, AnswerLost)):
        await cloud.port.begin(CREATE, cloud.bob, cloud.elsewhere)
