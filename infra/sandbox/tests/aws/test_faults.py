"""The faults that the AWS of the sandbox can be told to make."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from infra.sandbox.aws import FaultKind, LocalAws
from infra.sandbox.company import PAYMENTS_PROD, PAYMENTS_STAGING

Call = Callable[..., Awaitable[dict[str, Any]]]
Assignment = Callable[..., dict[str, str]]

ADA_READS = (PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")


@pytest.mark.parametrize(
    ("kind", "service", "method", "status", "code"),
    [
        ("throttled", "sso-admin", "list_instances", 400, "ThrottlingException"),
        ("throttled", "organizations", "list_roots", 400, "TooManyRequestsException"),
        ("throttled", "sts", "get_caller_identity", 400, "Throttling"),
        ("conflict", "sso-admin", "list_instances", 400, "ConflictException"),
        ("access_denied", "sso-admin", "list_instances", 400, "AccessDeniedException"),
        ("access_denied", "sts", "get_caller_identity", 400, "AccessDenied"),
        ("server_error", "sso-admin", "list_instances", 500, "InternalServerException"),
        ("server_error", "organizations", "list_roots", 500, "ServiceException"),
        ("unavailable", "sso-admin", "list_instances", 503, "ServiceUnavailable"),
    ],
)
async def test_a_fault_answers_in_the_words_of_the_service(
    aws: LocalAws, call: Call, refused: Call, kind: str, service: str, method: str, status: int, code: str
) -> None:
    aws.faults.add(kind, service=service, times=1)
    refusal = await refused(service, method)
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] == status
    assert refusal["Code"] == code
    await call(service, method)
    assert [record.outcome for record in aws.calls()] == [code, "ok"]


async def test_a_fault_of_one_service_leaves_the_others_alone(aws: LocalAws, call: Call) -> None:
    aws.faults.add("server_error", service="identitystore")
    await call("organizations", "list_roots")
    await call("sso-admin", "list_instances")


async def test_throttling_may_carry_a_reason(aws: LocalAws, refused: Call) -> None:
    aws.faults.add("throttled", times=1, reason="KMS_ThrottlingException")
    assert (await refused("sso-admin", "list_instances"))["Reason"] == "KMS_ThrottlingException"
    aws.faults.add("throttled", times=1)
    assert "Reason" not in await refused("sso-admin", "list_instances")


async def test_a_fault_meets_only_what_it_names(
    aws: LocalAws, call: Call, refused: Call, assignment: Assignment
) -> None:
    fault = aws.faults.add(
        FaultKind.CONFLICT, operation="CreateAccountAssignment", arguments={"TargetId": PAYMENTS_PROD}
    )
    await call("sso-admin", "list_instances")
    await call("sso-admin", "create_account_assignment", **assignment(account=PAYMENTS_STAGING))
    for _ in range(3):
        assert (await refused("sso-admin", "create_account_assignment", **assignment()))["Code"] == "ConflictException"
    aws.faults.remove(fault.id)
    await call("sso-admin", "create_account_assignment", **assignment())


async def test_a_late_answer_is_the_right_one(aws: LocalAws, call: Call, clock: Callable[[], float]) -> None:
    aws.faults.add("latency", seconds=0.2, times=1)
    began = clock()
    assert (await call("sso-admin", "list_instances"))["Instances"]
    assert clock() - began >= 0.2


async def test_a_lost_answer_leaves_the_work_done(aws: LocalAws, call: Call, assignment: Assignment) -> None:
    aws.faults.add("answer_lost", operation="CreateAccountAssignment", times=1)
    with pytest.raises(ConnectionClosedError):
        await call("sso-admin", "create_account_assignment", **assignment())
    await aws.changes.until(lambda: aws.assignments() == {ADA_READS})
    assert [record.outcome for record in aws.calls("CreateAccountAssignment")] == ["answer lost"]


@pytest.mark.parametrize("does_the_work", [False, True])
async def test_a_call_that_hangs_is_dropped_when_the_fault_is_lifted(
    aws: LocalAws, call: Call, assignment: Assignment, does_the_work: bool
) -> None:
    fault = aws.faults.add("timeout", operation="CreateAccountAssignment", does_the_work=does_the_work, times=1)
    hanging = asyncio.ensure_future(call("sso-admin", "create_account_assignment", **assignment()))
    await aws.changes.until(lambda: len(aws.calls("CreateAccountAssignment")) == 1)
    await call("sso-admin", "list_instances")
    aws.faults.remove(fault.id)
    with pytest.raises(ConnectionClosedError):
        await hanging
    assert bool(aws.world.assignments.operations) is does_the_work
    assert aws.calls("CreateAccountAssignment")[0].outcome == "unanswered"


async def test_everything_can_be_down_and_come_back(aws: LocalAws, call: Call) -> None:
    aws.down()
    for service, method in (("sso-admin", "list_instances"), ("sts", "get_caller_identity")):
        with pytest.raises(ConnectionClosedError):
            await call(service, method)
    aws.up()
    await call("sso-admin", "list_instances")


async def test_the_server_ends_while_calls_hang(aws: LocalAws, call: Call) -> None:
    aws.down(hanging=True)
    hanging = asyncio.ensure_future(call("sso-admin", "list_instances"))
    await aws.changes.until(lambda: bool(aws.calls()))
    await aws.close()
    with pytest.raises((ConnectionClosedError, EndpointConnectionError, ReadTimeoutError)):
        await hanging


async def test_beyond_its_limit_a_service_throttles_and_others_do_not(aws: LocalAws, call: Call, refused: Call) -> None:
    aws.conduct.calls_per_second["sso-admin"] = 5
    for _ in range(5):
        await call("sso-admin", "list_instances")
    assert (await refused("sso-admin", "list_instances"))["Code"] == "ThrottlingException"
    await call("organizations", "list_roots")
    assert aws.peak_rate("sso-admin") == 6


@pytest.fixture
def burst(call: Call) -> Call:
    async def ask(count: int) -> dict[str, Any]:
        await asyncio.gather(*(call("sso-admin", "list_instances") for _ in range(count)))
        return {}

    return ask


async def test_calls_are_recorded_and_their_rate_measured(aws: LocalAws, call: Call, burst: Call) -> None:
    await burst(12)
    await call("organizations", "list_accounts_for_parent", ParentId="r-ab12")
    assert aws.peak_rate("sso-admin") == 12
    assert aws.peak_rate("identitystore") == 0
    (record,) = aws.calls(service="organizations")
    assert (record.operation, record.arguments) == ("ListAccountsForParent", {"ParentId": "r-ab12"})
    assert record.outcome == "ok"
    assert record.seconds is not None
    assert len(aws.calls()) == 13
