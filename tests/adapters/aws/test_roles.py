"""Reading, granting and taking away each with a role of its own: none of them needs another's."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest

from core.adapters.aws import roles as module
from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.errors import ROLE_NOT_ASSUMED
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.roles import Role, Roles
from core.adapters.aws.session import AwsSession
from core.domain.assignment import OperationKind
from core.domain.errors import AnswerLost, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.callers import SESSION_TOKEN
from infra.sandbox.company import MANAGEMENT_ACCOUNT, PAYMENTS_PROD, Company
from tests.fakes.clock import FakeClock

OpenSession = Callable[..., AwsSession]
CREATE, DELETE = OperationKind.CREATE, OperationKind.DELETE
READ, GRANT, REVOKE = "TeamBotRead", "TeamBotGrant", "TeamBotRevoke"
SOME = [PrincipalId(f"00000000-0000-0000-0000-{n:012}") for n in range(10)]


def role(name: str) -> Role:
    return Role.of(f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:role/{name}", name.removeprefix("TeamBot").lower())


ROLES = Roles(role(READ), role(GRANT), role(REVOKE))


@pytest.fixture
def session(open_session: OpenSession) -> AwsSession:
    return open_session(roles=ROLES)


@pytest.fixture
async def target(aws: LocalAws) -> AsyncIterator[Target]:
    yield Target(AccountId(PAYMENTS_PROD), PermissionSetArn(aws.permission_set("ReadOnlyAccess").arn))
    aws.up()
    await aws.changes.until(lambda: not aws.operations_in_flight())


@pytest.fixture
def ada(aws: LocalAws) -> PrincipalId:
    return PrincipalId(aws.user("ada@example.com").id)


def made_with(aws: LocalAws) -> dict[str, set[str]]:
    """Operations by the role that they were called with."""
    found: dict[str, set[str]] = {}
    for call in aws.calls():
        found.setdefault(call.role, set()).add(call.operation)
    return found


async def test_each_part_of_the_work_is_done_with_its_own_role(
    aws: LocalAws,
    cloud: IdentityCenterAssignments,
    directory: IdentityStoreDirectory,
    reader: AwsOrganizationReader,
    target: Target,
    ada: PrincipalId,
) -> None:
    await reader.read()
    await directory.refresh()
    await cloud.is_assigned(ada, target)
    await cloud.users_assigned(target)
    await cloud.operation(CREATE, await cloud.begin(CREATE, ada, target))
    await aws.changes.until(lambda: not aws.operations_in_flight())
    await cloud.is_assigned(ada, target, ending=True)
    await cloud.operation(DELETE, await cloud.begin(DELETE, ada, target))

    calls = made_with(aws)
    assert calls["TeamBot"] == {"AssumeRole"}, "the process itself does nothing else"
    assert calls[GRANT] == {"CreateAccountAssignment", "DescribeAccountAssignmentCreationStatus"}
    assert calls[REVOKE] == {
        "DeleteAccountAssignment",
        "DescribeAccountAssignmentDeletionStatus",
        "ListAccountAssignments",
    }
    assert not {name for name in calls[READ] if not name.startswith(("List", "Describe", "Get"))}
    assert {call.arguments["RoleSessionName"] for call in aws.calls("AssumeRole")} == {
        "teambot-read",
        "teambot-grant",
        "teambot-revoke",
    }


async def test_without_roles_everything_is_done_with_the_credentials_of_the_process(
    aws: LocalAws, open_session: OpenSession, clock: FakeClock, target: Target, ada: PrincipalId
) -> None:
    cloud = IdentityCenterAssignments(open_session(), clock)
    await cloud.is_assigned(ada, target)
    await cloud.is_assigned(ada, target, ending=True)

    assert set(made_with(aws)) == {"TeamBot"}
    assert not aws.calls("AssumeRole")
    assert len(aws.calls("ListInstances")) == 1


@pytest.mark.parametrize("broken", [GRANT, READ])
async def test_access_is_taken_away_whatever_has_become_of_the_other_roles(
    aws: LocalAws, cloud: IdentityCenterAssignments, target: Target, ada: PrincipalId, broken: str
) -> None:
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
    aws.break_role(broken)

    assert await cloud.is_assigned(ada, target, ending=True)
    begun = await cloud.begin(DELETE, ada, target)
    await aws.changes.until(lambda: not aws.operations_in_flight())
    assert (await cloud.operation(DELETE, begun)).state.value == "SUCCEEDED"
    assert await cloud.find_operation(DELETE, ada, target, FakeClock().now()) == begun
    assert not await cloud.is_assigned(ada, target, ending=True)


@pytest.mark.parametrize("broken", [REVOKE, READ])
async def test_access_is_granted_whatever_has_become_of_the_role_that_takes_away(
    aws: LocalAws, cloud: IdentityCenterAssignments, target: Target, ada: PrincipalId, broken: str
) -> None:
    aws.break_role(broken)
    begun = await cloud.begin(CREATE, ada, target)
    await aws.changes.until(lambda: not aws.operations_in_flight())

    assert (await cloud.operation(CREATE, begun)).state.value == "SUCCEEDED"
    if broken is REVOKE:
        with pytest.raises(UpstreamRefused) as refused:
            await cloud.begin(DELETE, ada, target)
        assert refused.value.code == ROLE_NOT_ASSUMED
        assert REVOKE in str(refused.value)
        assert "sts:AssumeRole" in str(refused.value)


@pytest.mark.parametrize("fault", ["server_error", "answer_lost", "throttled", "refused"])
async def test_a_role_that_cannot_be_asked_for_means_that_nothing_was_done(
    aws: LocalAws, session: AwsSession, cloud: IdentityCenterAssignments, target: Target, ada: PrincipalId, fault: str
) -> None:
    await session.instance()
    aws.faults.add(fault, operation="AssumeRole")
    with pytest.raises(UpstreamBusy) as busy:
        await cloud.begin(CREATE, ada, target)

    assert not isinstance(busy.value, AnswerLost)
    assert not aws.calls("CreateAccountAssignment")


async def test_calls_that_wait_for_a_role_fail_at_once_when_it_was_just_refused(
    aws: LocalAws, directory: IdentityStoreDirectory
) -> None:
    aws.break_role(READ)
    aws.faults.add("latency", operation="AssumeRole", seconds=0.1)
    began = time.monotonic()
    found = await asyncio.gather(
        *(directory.groups_of(somebody, fresh=True) for somebody in SOME), return_exceptions=True
    )

    assert {type(each) for each in found} == {UpstreamRefused}
    assert len([call for call in aws.calls("AssumeRole") if call.arguments["RoleArn"] == role(READ).arn]) == 1
    assert time.monotonic() - began < 30


async def test_a_role_is_asked_for_again_after_a_while(
    aws: LocalAws, directory: IdentityStoreDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)
    aws.break_role(READ)
    with pytest.raises(UpstreamRefused):
        await directory.refresh()
    aws.mend_role(READ)

    await directory.refresh()


async def test_credentials_are_renewed_before_they_expire_once_for_however_many_ask(
    aws: LocalAws, directory: IdentityStoreDirectory
) -> None:
    aws.conduct.role_session_seconds = 300
    await directory.groups()
    aws.conduct.role_session_seconds = None
    aws.forget()
    await asyncio.gather(*(directory.groups_of(somebody, fresh=True) for somebody in SOME))

    assert len(aws.calls("AssumeRole")) == 1


async def test_credentials_at_hand_go_on_while_sts_is_away(aws: LocalAws, directory: IdentityStoreDirectory) -> None:
    aws.conduct.role_session_seconds = 12 * 60  # late enough to be renewed, and early enough to be used
    await directory.groups()
    aws.faults.add("unavailable", service="sts")

    await directory.refresh()
    assert aws.calls("AssumeRole")[-1].outcome == "ServiceUnavailable"


async def test_a_role_that_was_made_anew_is_assumed_anew(aws: LocalAws, directory: IdentityStoreDirectory) -> None:
    await directory.refresh()
    aws.break_role(READ)
    aws.mend_role(READ)
    with pytest.raises(UpstreamRefused, match="UnrecognizedClientException"):
        await directory.refresh()

    await directory.refresh()
    assert len(aws.calls("AssumeRole")) == 2


@pytest.mark.parametrize("ahead", [-7200, 7200])
async def test_how_long_credentials_last_is_told_by_aws_s_clock(
    company: Company, monkeypatch: pytest.MonkeyPatch, open_session: OpenSession, clock: FakeClock, ahead: int
) -> None:
    async with LocalAws(company, clock=lambda: time.time() + ahead) as elsewhere:
        monkeypatch.setenv("AWS_ENDPOINT_URL", elsewhere.url)
        directory = IdentityStoreDirectory(open_session(roles=ROLES), clock)
        await directory.refresh()
        await directory.refresh()

        assert len(elsewhere.calls("AssumeRole")) == 1


async def test_neither_keys_nor_tokens_of_a_session_are_shown(
    aws: LocalAws, session: AwsSession, directory: IdentityStoreDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    await directory.refresh()
    aws.break_role(READ)
    with pytest.raises(UpstreamRefused) as refused:
        await directory.refresh()

    assert SESSION_TOKEN not in f"{refused.value!r}{refused.value}{session!r}{ROLES!r}{caplog.text}"
