"""Memberships of groups on the local AWS, over HTTP: what core rests on when somebody joins a group for a time."""

from datetime import timedelta

import pytest

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.memberships import PREFIX, IdentityCenterAccess, IdentityCenterMemberships
from core.adapters.aws.session import AwsSession
from core.domain.assignment import OperationKind, OperationState
from core.domain.errors import AnswerLost, OtherInstance, UpstreamBusy, UpstreamRefused
from core.domain.ids import GroupId, PrincipalId
from core.domain.organization import Target, membership_of
from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.directory import GroupRecord, new_id
from tests.fakes.clock import FakeClock

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
NOT_FOUND = "ResourceNotFoundException"


@pytest.fixture
def ada(aws: LocalAws) -> PrincipalId:
    return PrincipalId(aws.user("ada@example.com").id)


@pytest.fixture
def group(aws: LocalAws) -> GroupRecord:
    return aws.world.directory.add_group(GroupRecord(new_id(), "Operators"))


@pytest.fixture
def joining(group: GroupRecord) -> Target:
    return membership_of(GroupId(group.id))


@pytest.fixture
def access(cloud: IdentityCenterAssignments, session: AwsSession) -> IdentityCenterAccess:
    return IdentityCenterAccess(cloud, IdentityCenterMemberships(session))


async def test_a_membership_is_made_and_deleted_at_once_and_is_known_by_its_name(
    access: IdentityCenterAccess, aws: LocalAws, ada: PrincipalId, group: GroupRecord, joining: Target
) -> None:
    assert not await access.is_assigned(ada, joining)
    made = await access.begin(CREATE, ada, joining)
    membership = aws.world.directory.membership(group.id, ada)
    assert membership is not None
    assert made == f"{PREFIX}{membership.id}"
    assert (await access.operation(CREATE, made)).state is OperationState.SUCCEEDED
    for ending in (False, True):
        assert await access.is_assigned(ada, joining, ending=ending, made=made)
        assert not await access.is_assigned(ada, joining, ending=ending, made=f"{PREFIX}{new_id()}")
    assert await access.users_assigned(joining) == {ada}
    assert await access.find_operation(CREATE, ada, joining, FakeClock().now()) == made
    assert await access.begin(DELETE, ada, joining, made=made) == made
    assert not await access.is_assigned(ada, joining, ending=True)
    assert await access.find_operation(CREATE, ada, joining, FakeClock().now()) is None


async def test_one_that_is_there_already_is_a_conflict_and_stays(
    access: IdentityCenterAccess, aws: LocalAws, ada: PrincipalId, group: GroupRecord, joining: Target
) -> None:
    there = aws.world.directory.add_member(group.id, ada)
    with pytest.raises(UpstreamBusy, match="UNIQUENESS_CONSTRAINT_VIOLATION"):
        await access.begin(CREATE, ada, joining)
    assert aws.world.directory.membership(group.id, ada) == there


async def test_what_somebody_made_in_place_of_ours_is_not_deleted(
    access: IdentityCenterAccess, aws: LocalAws, ada: PrincipalId, group: GroupRecord, joining: Target
) -> None:
    made = await access.begin(CREATE, ada, joining)
    aws.world.directory.remove_membership(made.removeprefix(PREFIX))
    theirs = aws.world.directory.add_member(group.id, ada)
    with pytest.raises(UpstreamRefused) as refused:
        await access.begin(DELETE, ada, joining, made=made)
    assert refused.value.code == NOT_FOUND
    assert aws.world.directory.membership(group.id, ada) == theirs


async def test_without_its_name_it_is_looked_for_and_what_is_not_listed_is_not_said_to_be_gone(
    access: IdentityCenterAccess, aws: LocalAws, ada: PrincipalId, group: GroupRecord, joining: Target
) -> None:
    with pytest.raises(UpstreamBusy, match="not yet"):
        await access.begin(DELETE, ada, joining)
    aws.world.directory.add_member(group.id, ada)
    await access.begin(DELETE, ada, joining)
    assert aws.world.directory.membership(group.id, ada) is None


async def test_lists_that_lag_hide_it_from_looks_and_not_from_its_deletion(
    access: IdentityCenterAccess, aws: LocalAws, ada: PrincipalId, group: GroupRecord, joining: Target
) -> None:
    aws.conduct.lists_behind_seconds = 300
    made = await access.begin(CREATE, ada, joining)
    assert not await access.is_assigned(ada, joining)
    assert not await access.is_assigned(ada, joining, ending=True)
    assert await access.users_assigned(joining) == frozenset()
    await access.begin(DELETE, ada, joining, made=made)
    assert aws.world.directory.membership(group.id, ada) is None


async def test_a_synchronized_group_is_known_and_its_members_are_not_changed(
    access: IdentityCenterAccess, session: AwsSession, aws: LocalAws, ada: PrincipalId, group: GroupRecord
) -> None:
    made = await access.begin(CREATE, ada, membership_of(GroupId(group.id)))
    directory = IdentityStoreDirectory(session, FakeClock())
    group.external_id = "object-of-operators"
    told = {each.name: each.is_synchronized for each in await directory.groups()}
    assert told["Operators"] is True
    assert set(told.values()) == {True, False}
    for kind, who in ((DELETE, ada), (CREATE, PrincipalId(aws.user("bob@example.com").id))):
        with pytest.raises(UpstreamRefused, match="external identity provider"):
            await access.begin(kind, who, membership_of(GroupId(group.id)), made=made)


@pytest.mark.parametrize("kind", OperationKind)
async def test_nobody_is_in_a_group_that_is_gone_and_nothing_more_is_done_about_it(
    access: IdentityCenterAccess,
    aws: LocalAws,
    ada: PrincipalId,
    group: GroupRecord,
    joining: Target,
    kind: OperationKind,
) -> None:
    made = await access.begin(CREATE, ada, joining)
    aws.world.directory.remove_group(group.id)
    assert not await access.is_assigned(ada, joining)
    assert await access.users_assigned(joining) == frozenset()
    with pytest.raises(UpstreamRefused) as refused:
        await access.begin(kind, ada, joining, made=made)
    assert refused.value.code == NOT_FOUND


async def test_what_cannot_be_sent_in_time_is_not_sent(
    access: IdentityCenterAccess, ada: PrincipalId, joining: Target
) -> None:
    with pytest.raises(UpstreamBusy, match="not sent in time"):
        await access.begin(CREATE, ada, joining, within=timedelta(seconds=-1))
    assert not await access.is_assigned(ada, joining)


async def test_an_answer_that_is_lost_is_told_as_lost(
    access: IdentityCenterAccess, aws: LocalAws, ada: PrincipalId, joining: Target
) -> None:
    aws.faults.add("answer_lost", operation="CreateGroupMembership", times=1)
    with pytest.raises(AnswerLost):
        await access.begin(CREATE, ada, joining)
    assert await access.is_assigned(ada, joining)


async def test_nothing_is_asked_of_another_instance_than_the_books(ada: PrincipalId, joining: Target) -> None:
    async def admit(_: str) -> None:
        raise OtherInstance("another")

    async with AwsSession(admit=admit) as session:
        memberships = IdentityCenterMemberships(session)
        for ask in (
            lambda: memberships.is_assigned(ada, joining),
            lambda: memberships.begin(DELETE, ada, joining, made=f"{PREFIX}{new_id()}"),
        ):
            with pytest.raises(OtherInstance):
                await ask()
