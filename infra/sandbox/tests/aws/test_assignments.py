"""Making and deleting account assignments."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from infra.sandbox.aws import ROLE_QUOTA, LocalAws
from infra.sandbox.company import MANAGEMENT_ACCOUNT, PAYMENTS_PROD, PAYMENTS_STAGING, Company

Call = Callable[..., Awaitable[dict[str, Any]]]
Assignment = Callable[..., dict[str, str]]
Settled = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]

ADA_READS = (PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")


async def test_a_creation_is_in_progress_before_the_assignment_is_listed(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled
) -> None:
    aws.hold()
    answer = await call("sso-admin", "create_account_assignment", **assignment())
    status = answer["AccountAssignmentCreationStatus"]
    assert status["Status"] == "IN_PROGRESS"
    assert status["TargetId"] == PAYMENTS_PROD
    assert "FailureReason" not in status
    assert aws.assignments() == set()
    aws.release()
    assert (await settled(answer))["Status"] == "SUCCEEDED"
    assert aws.assignments() == {ADA_READS}


async def test_a_creation_takes_the_provisioning_time(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled, clock: Callable[[], float]
) -> None:
    aws.conduct.provisioning_seconds = 0.25
    began = clock()
    await settled(await call("sso-admin", "create_account_assignment", **assignment()))
    assert 0.25 <= clock() - began < 2


async def test_an_assignment_made_twice_succeeds_twice_and_is_one_row(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled
) -> None:
    first = await settled(await call("sso-admin", "create_account_assignment", **assignment()))
    second = await settled(await call("sso-admin", "create_account_assignment", **assignment()))
    assert first["Status"] == second["Status"] == "SUCCEEDED"
    assert first["RequestId"] != second["RequestId"]
    wanted = assignment()
    listed = await call(
        "sso-admin",
        "list_account_assignments",
        InstanceArn=wanted["InstanceArn"],
        AccountId=PAYMENTS_PROD,
        PermissionSetArn=wanted["PermissionSetArn"],
    )
    assert len(listed["AccountAssignments"]) == 1
    assert aws.assignments() == {ADA_READS}


async def test_a_deletion_is_in_progress_before_the_assignment_is_gone(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled
) -> None:
    aws.make_assignment(*ADA_READS)
    aws.hold()
    answer = await call("sso-admin", "delete_account_assignment", **assignment())
    assert answer["AccountAssignmentDeletionStatus"]["Status"] == "IN_PROGRESS"
    assert aws.assignments() == {ADA_READS}
    aws.release()
    assert (await settled(answer))["Status"] == "SUCCEEDED"
    assert aws.assignments() == set()


async def test_deleting_what_is_not_there_fails_unless_told_otherwise(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled
) -> None:
    status = await settled(await call("sso-admin", "delete_account_assignment", **assignment()))
    assert status["Status"] == "FAILED"
    assert "not found" in status["FailureReason"]
    aws.conduct.absent_deletion = "SUCCEEDED"
    assert (await settled(await call("sso-admin", "delete_account_assignment", **assignment())))[
        "Status"
    ] == "SUCCEEDED"


async def test_a_deletion_on_an_account_that_was_closed_fails_and_the_row_stays_listed(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled
) -> None:
    aws.make_assignment(*ADA_READS)
    aws.set_account_status(PAYMENTS_PROD, "SUSPENDED")
    status = await settled(await call("sso-admin", "delete_account_assignment", **assignment()))
    assert status["Status"] == "FAILED"
    assert "takes longer than usual" in status["FailureReason"]
    assert aws.assignments() == {ADA_READS}


async def test_statuses_live_on_after_the_assignment_is_gone(
    call: Call, assignment: Assignment, settled: Settled
) -> None:
    created = await call("sso-admin", "create_account_assignment", **assignment())
    await settled(created)
    deleted = await settled(await call("sso-admin", "delete_account_assignment", **assignment()))
    assert (await settled(created))["Status"] == "SUCCEEDED"
    assert deleted["RequestId"] != created["AccountAssignmentCreationStatus"]["RequestId"]


async def test_the_status_of_a_creation_is_no_status_of_a_deletion(
    call: Call, refused: Call, assignment: Assignment, company: Company
) -> None:
    created = await call("sso-admin", "create_account_assignment", **assignment())
    request_id = created["AccountAssignmentCreationStatus"]["RequestId"]
    for other in (request_id, "00000000-0000-0000-0000-000000000000"):
        refusal = await refused(
            "sso-admin",
            "describe_account_assignment_deletion_status",
            InstanceArn=company.instance_arn,
            AccountAssignmentDeletionRequestId=other,
        )
        assert refusal["Code"] == "ResourceNotFoundException"


async def test_a_second_write_of_the_same_role_conflicts_until_the_first_ends(
    aws: LocalAws, call: Call, refused: Call, assignment: Assignment, settled: Settled
) -> None:
    aws.hold()
    first = await call("sso-admin", "create_account_assignment", **assignment())
    for method in ("create_account_assignment", "delete_account_assignment"):
        for user in ("ada@example.com", "bob@example.com"):
            assert (await refused("sso-admin", method, **assignment(user=user)))["Code"] == "ConflictException"
    await call("sso-admin", "create_account_assignment", **assignment(permission_set="PowerUserAccess"))
    await call("sso-admin", "create_account_assignment", **assignment(account=PAYMENTS_STAGING))
    aws.release(first["AccountAssignmentCreationStatus"]["RequestId"])
    await settled(first)
    await call("sso-admin", "delete_account_assignment", **assignment())


async def test_writes_may_conflict_over_the_whole_account(
    aws: LocalAws, call: Call, refused: Call, assignment: Assignment
) -> None:
    aws.conduct.conflicts_over = "account"
    aws.hold()
    await call("sso-admin", "create_account_assignment", **assignment())
    other = assignment(permission_set="PowerUserAccess")
    assert (await refused("sso-admin", "create_account_assignment", **other))["Code"] == "ConflictException"


async def test_more_creations_than_the_quota_are_refused_and_deletions_are_not(
    aws: LocalAws, call: Call, refused: Call, assignment: Assignment, company: Company
) -> None:
    aws.hold()
    roles = [(a.id, p.name) for a in company.accounts[:5] for p in company.permission_sets[:4]]
    for account, permission_set in roles[:15]:
        await call("sso-admin", "create_account_assignment", **assignment(account, permission_set))
    refusal = await refused("sso-admin", "create_account_assignment", **assignment(*roles[15]))
    assert refusal["Code"] == "ServiceQuotaExceededException"
    await call("sso-admin", "delete_account_assignment", **assignment(*roles[16]))
    assert aws.max_outstanding == 16


async def test_the_quota_can_be_set(aws: LocalAws, call: Call, refused: Call, assignment: Assignment) -> None:
    aws.conduct.outstanding_quota = 1
    aws.hold()
    await call("sso-admin", "create_account_assignment", **assignment())
    refusal = await refused("sso-admin", "create_account_assignment", **assignment(account=PAYMENTS_STAGING))
    assert refusal["Code"] == "ServiceQuotaExceededException"


async def test_a_limit_on_all_writes_makes_the_next_one_a_conflict_whatever_it_is(
    aws: LocalAws, call: Call, refused: Call, assignment: Assignment
) -> None:
    aws.conduct.outstanding_writes = 1
    aws.hold()
    await call("sso-admin", "create_account_assignment", **assignment())
    for method in ("create_account_assignment", "delete_account_assignment"):
        refusal = await refused("sso-admin", method, **assignment(account=PAYMENTS_STAGING))
        assert refusal["Code"] == "ConflictException"
    assert aws.max_outstanding == 1


async def test_an_unknown_permission_set_is_refused_at_once(
    refused: Call, assignment: Assignment, company: Company
) -> None:
    wanted = assignment() | {"PermissionSetArn": company.permission_set("ReadOnlyAccess").arn[:-1] + "z"}
    for method in ("create_account_assignment", "delete_account_assignment"):
        assert (await refused("sso-admin", method, **wanted))["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"PrincipalId": "90676c1a2b-00000000-0000-0000-0000-000000000000"}, "was not found in directory"),
        ({"PrincipalType": "GROUP"}, "was not found in directory"),
        ({"TargetId": "999999999999"}, "was not found in the organization"),
        ({"TargetId": "777788889999"}, "takes longer than usual"),
    ],
    ids=["unknown user", "a user as a group", "foreign account", "suspended account"],
)
async def test_a_creation_that_cannot_be_done_ends_failed_with_the_reason(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled, wrong: dict[str, str], reason: str
) -> None:
    answer = await call("sso-admin", "create_account_assignment", **(assignment() | wrong))
    assert answer["AccountAssignmentCreationStatus"]["Status"] == "IN_PROGRESS"
    status = await settled(answer)
    assert status["Status"] == "FAILED"
    assert reason in status["FailureReason"]
    assert aws.assignments() == set()


async def test_the_assignment_of_a_deleted_user_stays_and_cannot_be_deleted(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled, company: Company
) -> None:
    aws.make_assignment(*ADA_READS)
    aws.delete_user("ada@example.com")
    status = await settled(await call("sso-admin", "delete_account_assignment", **assignment()))
    assert status["Status"] == "FAILED"
    assert aws.assignments() == {(PAYMENTS_PROD, "ReadOnlyAccess", company.user("ada@example.com").id)}


async def test_a_failure_can_be_scripted_and_may_leave_the_assignment_behind(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled
) -> None:
    aws.faults.add("failed", operation="CreateAccountAssignment", times=1, reason=ROLE_QUOTA)
    aws.faults.add("failed", operation="CreateAccountAssignment", times=1, does_the_work=True)
    clean = await settled(await call("sso-admin", "create_account_assignment", **assignment()))
    assert (clean["Status"], clean["FailureReason"]) == ("FAILED", ROLE_QUOTA)
    assert aws.assignments() == set()
    untidy = await settled(await call("sso-admin", "create_account_assignment", **assignment()))
    assert untidy["Status"] == "FAILED"
    assert aws.assignments() == {ADA_READS}
    third = await settled(await call("sso-admin", "create_account_assignment", **assignment()))
    assert third["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "wrong",
    [
        {"InstanceArn": "arn:aws:sso:::instance/ssoins-short"},
        {"PermissionSetArn": "arn:aws:sso:::instance/ssoins-7223a1b2c3d4e5f6/ps-206114b2346a5d55"},
        {"TargetId": "11112222333x"},
        {"TargetType": "ORGANIZATIONAL_UNIT"},
        {"PrincipalId": "ada@example.com"},
        {"PrincipalType": "PERSON"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_what_the_service_model_forbids_is_a_validation_error(
    refused: Call, assignment: Assignment, wrong: dict[str, str]
) -> None:
    refusal = await refused("sso-admin", "create_account_assignment", **(assignment() | wrong))
    assert refusal["Code"] == "ValidationException"
    assert next(iter(wrong)) in refusal["Message"]


async def test_an_unknown_instance_is_not_found(refused: Call, assignment: Assignment) -> None:
    other = assignment() | {"InstanceArn": "arn:aws:sso:::instance/ssoins-0000000000000000"}
    assert (await refused("sso-admin", "create_account_assignment", **other))["Code"] == "ResourceNotFoundException"


async def test_a_delegated_administrator_reaches_the_management_account_no_way(
    aws: LocalAws, call: Call, refused: Call, assignment: Assignment, company: Company
) -> None:
    await call("sso-admin", "create_account_assignment", **assignment(account=MANAGEMENT_ACCOUNT))
    aws.conduct.caller_account_id = company.delegated_admin_account_id
    await aws.changes.until(lambda: not aws.operations_in_flight())
    into_management = assignment(account=MANAGEMENT_ACCOUNT, permission_set="PowerUserAccess")
    shared_permission_set = assignment()
    for method in ("create_account_assignment", "delete_account_assignment"):
        for wanted in (into_management, shared_permission_set):
            assert (await refused("sso-admin", method, **wanted))["Code"] == "AccessDeniedException"
    await call("sso-admin", "create_account_assignment", **assignment(permission_set="PowerUserAccess"))


async def test_of_two_writes_at_one_time_one_wins(
    aws: LocalAws, call: Call, assignment: Assignment, settled: Settled
) -> None:
    aws.hold()
    answers = await asyncio.gather(
        *(call("sso-admin", "create_account_assignment", **assignment()) for _ in range(8)), return_exceptions=True
    )
    won = [answer for answer in answers if isinstance(answer, dict)]
    assert len(won) == 1
    aws.release()
    assert (await settled(won[0]))["Status"] == "SUCCEEDED"
