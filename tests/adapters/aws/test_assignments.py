import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
import structlog

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.session import AwsSession, Instance
from core.domain.assignment import OperationKind, OperationState
from core.domain.errors import AnswerLost, OtherInstance, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from infra.sandbox.aws import ROLE_QUOTA, LocalAws
from infra.sandbox.aws.assignments import Assignment, Kind, Operation, Status
from infra.sandbox.aws.changes import Change
from infra.sandbox.company import (
    DELEGATED_ADMIN_ACCOUNT,
    MANAGEMENT_ACCOUNT,
    PAYMENTS_PROD,
    PAYMENTS_STAGING,
    Company,
)
from infra.sandbox.ports import HeldPort
from tests.fakes.clock import FakeClock

CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
OpenSession = Callable[..., AwsSession]


@pytest.fixture
def ada(company: Company) -> PrincipalId:
    return PrincipalId(company.user("ada@example.com").id)


@pytest.fixture
def bob(company: Company) -> PrincipalId:
    return PrincipalId(company.user("bob@example.com").id)


@pytest.fixture
def target(company: Company) -> Target:
    return Target(AccountId(PAYMENTS_PROD), PermissionSetArn(company.permission_set("ReadOnlyAccess").arn))


def elsewhere(company: Company, name: str, account: str = PAYMENTS_PROD) -> Target:
    return Target(AccountId(account), PermissionSetArn(company.permission_set(name).arn))


async def ended(cloud: IdentityCenterAssignments, aws: LocalAws, kind: OperationKind, aws_id: str) -> tuple[str, str]:
    await aws.changes.until(lambda: not aws.operations_in_flight())
    status = await cloud.operation(kind, aws_id)
    return status.state.value, status.reason


async def test_access_is_made_and_taken_away(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    assert not await cloud.is_assigned(ada, target)
    aws_id = await cloud.begin(CREATE, ada, target)
    assert (await cloud.operation(CREATE, aws_id)).state is OperationState.IN_PROGRESS
    assert await ended(cloud, aws, CREATE, aws_id) == ("SUCCEEDED", "")
    assert await cloud.is_assigned(ada, target)

    aws_id = await cloud.begin(DELETE, ada, target)
    assert await ended(cloud, aws, DELETE, aws_id) == ("SUCCEEDED", "")
    assert not await cloud.is_assigned(ada, target, urgent=True)


@pytest.mark.parametrize("kind", OperationKind)
async def test_a_failed_operation_has_aws_s_own_reason(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target, kind: OperationKind
) -> None:
    aws.faults.add("failed", reason=ROLE_QUOTA)

    assert await ended(cloud, aws, kind, await cloud.begin(kind, ada, target)) == ("FAILED", ROLE_QUOTA)


async def test_an_operation_began_as_long_ago_as_aws_says_whatever_its_clock_shows(
    cloud: IdentityCenterAssignments, aws: LocalAws, clock: FakeClock, ada: PrincipalId, target: Target
) -> None:
    aws.hold()
    aws_id = await cloud.begin(CREATE, ada, target)
    aws.world.assignments.operations[aws_id].created_at -= 1200

    created_at = (await cloud.operation(CREATE, aws_id)).created_at

    assert created_at is not None
    assert abs(clock.now() - created_at - timedelta(minutes=20)) <= timedelta(seconds=2)


async def test_a_status_that_aws_adds_is_no_end_of_the_operation_and_is_told_once(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    aws.hold()
    aws_id = await cloud.begin(DELETE, ada, target)
    aws.world.assignments.operations[aws_id].status = cast("Status", "AWAITING_REVIEW")

    with structlog.testing.capture_logs() as logs:
        states = [(await cloud.operation(DELETE, aws_id)).state for _ in range(3)]

    assert states == [OperationState.IN_PROGRESS] * 3
    assert [entry["status"] for entry in logs] == ["AWAITING_REVIEW"]


async def test_an_assignment_on_a_later_page_is_found(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    aws.conduct.page_size = 1
    for name in ("bob", "carol", "dan", "ada"):
        aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", f"{name}@example.com")

    assert await cloud.is_assigned(ada, target)
    assert len(aws.calls("ListAccountAssignments")) == 4


async def test_an_assignment_to_a_group_is_not_the_member_s_own(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", group="Payments")

    assert not await cloud.is_assigned(ada, target)


async def test_an_assignment_of_another_target_does_not_count(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    aws.make_assignment(PAYMENTS_STAGING, "ReadOnlyAccess", "ada@example.com")
    aws.make_assignment(PAYMENTS_PROD, "PowerUserAccess", "ada@example.com")

    assert not await cloud.is_assigned(ada, target)


async def test_a_permission_set_that_was_deleted_is_assigned_to_nobody(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    del aws.world.permission_sets.by_arn[target.permission_set]

    assert not await cloud.is_assigned(ada, target)


@pytest.mark.parametrize("kind", OperationKind)
async def test_a_permission_set_of_another_instance_proves_nothing_and_is_asked_for_nowhere(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, kind: OperationKind
) -> None:
    arn = PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000000")
    target = Target(AccountId(PAYMENTS_PROD), arn)

    for ask in (
        lambda: cloud.is_assigned(ada, target),
        lambda: cloud.users_assigned(target),
        lambda: cloud.begin(kind, ada, target),
    ):
        with pytest.raises(OtherInstance, match="ssoins-0000000000000000"):
            await ask()
    assert {call.operation for call in aws.calls()} == {"ListInstances"}


async def test_not_found_without_that_reason_is_an_error_and_never_a_no(
    cloud: IdentityCenterAssignments, session: AwsSession, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    await session.instance()
    aws.world.permission_sets.instance_arn = "arn:aws:sso:::instance/ssoins-0000000000000000"

    with pytest.raises(UpstreamRefused, match="ResourceNotFoundException"):
        await cloud.is_assigned(ada, target)


@pytest.mark.parametrize("kind", OperationKind)
@pytest.mark.parametrize(
    ("fault", "expected", "words"),
    [
        ("throttled", UpstreamBusy, "ThrottlingException"),
        ("conflict", UpstreamBusy, "ConflictException"),
        ("server_error", AnswerLost, "InternalServerException"),
        ("unavailable", AnswerLost, "ServiceUnavailable"),
        ("refused", AnswerLost, "ConnectionClosedError"),
        ("answer_lost", AnswerLost, "ConnectionClosedError"),
        ("access_denied", UpstreamRefused, "AccessDeniedException"),
    ],
)
async def test_a_change_that_goes_wrong_says_whether_it_may_have_happened_and_is_tried_once(
    cloud: IdentityCenterAssignments,
    aws: LocalAws,
    ada: PrincipalId,
    target: Target,
    kind: OperationKind,
    fault: str,
    expected: type[Upstream],
    words: str,
) -> None:
    operation = f"{kind.value.capitalize()}AccountAssignment"
    aws.faults.add(fault, operation=operation)

    with pytest.raises(expected, match=f"^{operation}: .*{words}") as raised:
        await cloud.begin(kind, ada, target)
    assert type(raised.value) is expected
    assert len(aws.calls(operation)) == 1


async def test_a_change_without_an_answer_is_lost(
    open_session: OpenSession, aws: LocalAws, clock: FakeClock, ada: PrincipalId, target: Target
) -> None:
    session = open_session(read_timeout=0.1)
    await session.instance()
    aws.faults.add("timeout", operation="CreateAccountAssignment")

    with pytest.raises(AnswerLost, match="ReadTimeoutError"):
        await IdentityCenterAssignments(session, clock).begin(CREATE, ada, target)


async def test_a_change_that_finds_nobody_listening_was_never_sent(
    open_session: OpenSession,
    clock: FakeClock,
    ada: PrincipalId,
    target: Target,
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unused = HeldPort()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused.number}")
    session = open_session()
    session._instance = Instance(company.instance_arn, company.identity_store_id, AccountId(MANAGEMENT_ACCOUNT))

    with pytest.raises(UpstreamBusy, match="EndpointConnectionError"):
        await IdentityCenterAssignments(session, clock).begin(CREATE, ada, target)


async def test_a_throttled_key_is_busy_and_says_so(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    aws.faults.add("throttled", operation="CreateAccountAssignment", reason="KMS_ThrottlingException")

    with pytest.raises(UpstreamBusy, match="KMS_ThrottlingException"):
        await cloud.begin(CREATE, ada, target)


async def test_beyond_the_quota_of_outstanding_operations_a_slot_is_waited_for(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target
) -> None:
    aws.conduct.outstanding_quota = 0

    with pytest.raises(UpstreamBusy, match="ServiceQuotaExceededException") as busy:
        await cloud.begin(CREATE, ada, target)
    assert busy.value.retry_after == timedelta(seconds=10)


async def test_a_second_change_of_one_role_is_busy_until_the_first_has_settled(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, bob: PrincipalId, target: Target
) -> None:
    aws.hold()
    first = await cloud.begin(CREATE, ada, target)
    with pytest.raises(UpstreamBusy, match="ConflictException"):
        await cloud.begin(CREATE, bob, target)
    aws.release()

    assert (await cloud.operation(CREATE, first)).state is OperationState.SUCCEEDED
    assert await cloud.begin(CREATE, bob, target)


async def test_a_malformed_principal_is_refused_with_its_code(cloud: IdentityCenterAssignments, target: Target) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        await cloud.begin(CREATE, PrincipalId("nobody"), target)
    assert refused.value.code == "ValidationException"


async def test_a_target_that_does_not_exist_is_refused_with_its_code(
    cloud: IdentityCenterAssignments, company: Company, ada: PrincipalId
) -> None:
    arn = company.permission_set("ReadOnlyAccess").arn[:-16] + "0" * 16
    with pytest.raises(UpstreamRefused) as refused:
        await cloud.begin(CREATE, ada, Target(AccountId(PAYMENTS_PROD), PermissionSetArn(arn)))
    assert refused.value.code == "ResourceNotFoundException"


async def test_a_delegated_administrator_is_refused_the_management_account(
    cloud: IdentityCenterAssignments, aws: LocalAws, company: Company, ada: PrincipalId
) -> None:
    aws.conduct.caller_account_id = DELEGATED_ADMIN_ACCOUNT

    with pytest.raises(UpstreamRefused) as refused:
        await cloud.begin(CREATE, ada, elsewhere(company, "ReadOnlyAccess", MANAGEMENT_ACCOUNT))
    assert refused.value.code == "AccessDeniedException"


async def test_an_operation_that_aws_does_not_know_is_refused_as_not_found(cloud: IdentityCenterAssignments) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        await cloud.operation(CREATE, "00000000-0000-0000-0000-000000000000")
    assert refused.value.code == "ResourceNotFoundException"


@pytest.mark.parametrize("kind", OperationKind)
async def test_an_operation_whose_answer_was_lost_is_found_by_asking(
    cloud: IdentityCenterAssignments,
    aws: LocalAws,
    clock: FakeClock,
    ada: PrincipalId,
    target: Target,
    kind: OperationKind,
) -> None:
    if kind is DELETE:
        aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
    aws.faults.add("answer_lost", operation=f"{kind.value.capitalize()}AccountAssignment", times=1)
    with pytest.raises(AnswerLost):
        await cloud.begin(kind, ada, target)
    found = await cloud.find_operation(kind, ada, target, clock.now())

    assert found
    assert await ended(cloud, aws, kind, found) == ("SUCCEEDED", "")


async def test_an_operation_that_never_reached_aws_is_not_found(
    cloud: IdentityCenterAssignments, aws: LocalAws, clock: FakeClock, ada: PrincipalId, target: Target
) -> None:
    aws.faults.add("refused", operation="CreateAccountAssignment", times=1)
    with pytest.raises(AnswerLost):
        await cloud.begin(CREATE, ada, target)

    assert await cloud.find_operation(CREATE, ada, target, clock.now()) is None


async def test_only_the_operation_with_all_the_same_facts_is_found(
    cloud: IdentityCenterAssignments,
    clock: FakeClock,
    company: Company,
    ada: PrincipalId,
    bob: PrincipalId,
    target: Target,
) -> None:
    await cloud.begin(CREATE, ada, elsewhere(company, "PowerUserAccess"))
    await cloud.begin(CREATE, ada, elsewhere(company, "ReadOnlyAccess", PAYMENTS_STAGING))
    await cloud.begin(CREATE, bob, elsewhere(company, "SupportUser"))
    await cloud.begin(DELETE, ada, target)

    assert await cloud.find_operation(CREATE, ada, target, clock.now()) is None


async def test_of_several_operations_on_later_pages_the_newest_is_found(
    cloud: IdentityCenterAssignments,
    aws: LocalAws,
    clock: FakeClock,
    company: Company,
    ada: PrincipalId,
    target: Target,
) -> None:
    aws.conduct.provisioning_seconds = 0
    aws.world.assignments.operations |= earlier_operations(company, 250)
    ids = []
    for name in ("PowerUserAccess", "ReadOnlyAccess", "SupportUser", "ReadOnlyAccess", "DatabaseAdmin"):
        ids.append(await cloud.begin(CREATE, ada, elsewhere(company, name)))
        await aws.changes.until(lambda: not aws.operations_in_flight())

    assert await cloud.find_operation(CREATE, ada, target, clock.now()) == ids[3]
    assert len(aws.calls("ListAccountAssignmentCreationStatus")) == 3


def earlier_operations(company: Company, count: int) -> dict[str, Operation]:
    """Creations that ended long ago, oldest first."""
    row = Assignment(PAYMENTS_PROD, company.permission_set("SupportUser").arn, "USER", company.users[0].id)
    earliest = datetime.now(UTC).timestamp() - 100_000
    made = [Operation(Kind.CREATION, row, created_at=earliest + number) for number in range(count)]
    return {operation.request_id: operation for operation in made}


async def test_a_list_that_begins_with_the_newest_is_not_read_beyond_them(
    cloud: IdentityCenterAssignments,
    aws: LocalAws,
    clock: FakeClock,
    company: Company,
    ada: PrincipalId,
    target: Target,
) -> None:
    aws.conduct.operations_newest_first = True
    aws.world.assignments.operations |= earlier_operations(company, 950)
    aws_id = await cloud.begin(CREATE, ada, target)

    assert await cloud.find_operation(CREATE, ada, target, clock.now()) == aws_id
    assert len(aws.calls("ListAccountAssignmentCreationStatus")) == 1


async def test_what_the_others_are_for_is_asked_once_and_never_of_those_that_it_began_itself(
    cloud: IdentityCenterAssignments,
    session: AwsSession,
    aws: LocalAws,
    clock: FakeClock,
    company: Company,
    ada: PrincipalId,
    bob: PrincipalId,
    target: Target,
) -> None:
    another = IdentityCenterAssignments(session, clock)
    for name in ("PowerUserAccess", "SupportUser", "DatabaseAdmin"):
        await another.begin(CREATE, bob, elsewhere(company, name))

    for _ in range(3):
        assert await another.find_operation(CREATE, ada, target, clock.now()) is None
    assert not aws.calls("DescribeAccountAssignmentCreationStatus")
    for _ in range(3):
        assert await cloud.find_operation(CREATE, ada, target, clock.now()) is None
    assert len(aws.calls("DescribeAccountAssignmentCreationStatus")) == 3


async def test_what_was_begun_much_later_is_not_the_lost_one(
    cloud: IdentityCenterAssignments, aws: LocalAws, clock: FakeClock, ada: PrincipalId, target: Target
) -> None:
    await cloud.begin(CREATE, ada, target)

    assert await cloud.find_operation(CREATE, ada, target, clock.now() - timedelta(hours=1)) is None
    assert not aws.calls("DescribeAccountAssignmentCreationStatus")


@pytest.mark.parametrize("kind", OperationKind)
async def test_a_status_that_may_not_be_read_is_not_one_that_aws_has_forgotten(
    cloud: IdentityCenterAssignments, aws: LocalAws, ada: PrincipalId, target: Target, kind: OperationKind
) -> None:
    aws_id = await cloud.begin(kind, ada, target)
    for name in ("Creation", "Deletion"):
        aws.faults.add("access_denied", operation=f"DescribeAccountAssignment{name}Status")

    with pytest.raises(UpstreamRefused) as refused:
        await cloud.operation(kind, aws_id)
    assert refused.value.code == "AccessDeniedException"


async def test_an_operation_from_before_is_not_taken_for_the_lost_one(
    cloud: IdentityCenterAssignments, aws: LocalAws, clock: FakeClock, ada: PrincipalId, target: Target
) -> None:
    aws_id = await cloud.begin(CREATE, ada, target)
    aws.world.assignments.operations[aws_id].created_at -= 30

    assert await cloud.find_operation(CREATE, ada, target, clock.now()) is None
    assert await cloud.find_operation(CREATE, ada, target, clock.now() - timedelta(minutes=1)) == aws_id


async def test_an_operation_that_aws_forgot_meanwhile_is_passed_over(
    cloud: IdentityCenterAssignments, aws: LocalAws, clock: FakeClock, ada: PrincipalId, target: Target
) -> None:
    aws.conduct.provisioning_seconds = 0
    older, newer = await cloud.begin(CREATE, ada, target), ""
    await aws.changes.until(lambda: not aws.operations_in_flight())
    newer = await cloud.begin(CREATE, ada, target)
    await aws.changes.until(lambda: not aws.operations_in_flight())

    def forget(change: Change) -> None:
        if change.kind == "call.arrived" and aws.calls("DescribeAccountAssignmentCreationStatus"):
            aws.world.assignments.operations.pop(newer, None)

    aws.changes.subscribe(forget)

    assert await cloud.find_operation(CREATE, ada, target, clock.now()) == older


async def test_changes_at_once_are_all_made(
    cloud: IdentityCenterAssignments, aws: LocalAws, company: Company, ada: PrincipalId
) -> None:
    targets = [elsewhere(company, found.name) for found in company.permission_sets]
    ids = await asyncio.gather(*(cloud.begin(CREATE, ada, target) for target in targets))
    await aws.changes.until(lambda: not aws.operations_in_flight())

    assert len(set(ids)) == len(targets)
    assert len(aws.assignments()) == len(targets)


def test_the_fake_clock_is_far_from_the_machine_s(clock: FakeClock) -> None:
    """The tests of lost answers rest on this: the time of AWS and the product's own do not agree."""
    assert abs(datetime.now(UTC) - clock.now()) > timedelta(days=1)
