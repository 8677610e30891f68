"""Identity Center that cannot use the customer's key says nothing of who and what is there."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core.adapters.aws.access import check_access
from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.errors import NOT_FOUND, VALIDATION
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.session import AwsSession
from core.domain.assignment import OperationKind
from core.domain.errors import UpstreamRefused
from core.domain.ids import AccountId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD
from tests.fakes.clock import FakeClock

UNUSABLE = ["key_denied", "key_missing", "key_disabled"]
Ask = Callable[[], Awaitable[object]]


@pytest.fixture
def questions(
    aws: LocalAws,
    directory: IdentityStoreDirectory,
    cloud: IdentityCenterAssignments,
    reader: AwsOrganizationReader,
    clock: FakeClock,
) -> dict[str, Ask]:
    ada, group = PrincipalId(aws.user("ada@example.com").id), GroupId(aws.group("Payments Leads").id)
    target = Target(AccountId(PAYMENTS_PROD), PermissionSetArn(aws.permission_set("ReadOnlyAccess").arn))
    since = clock.now() - timedelta(minutes=1)
    return {
        "principal": lambda: directory.principal(ada, fresh=True),
        "principals_of_email": lambda: directory.principals_of_email("ada@example.com", fresh=True),
        "groups_of": lambda: directory.groups_of(ada, fresh=True),
        "members_of": lambda: directory.members_of(group, fresh=True),
        "is_assigned": lambda: cloud.is_assigned(ada, target),
        "users_assigned": lambda: cloud.users_assigned(target),
        "begin to delete": lambda: cloud.begin(OperationKind.DELETE, ada, target),
        "begin to create": lambda: cloud.begin(OperationKind.CREATE, ada, target),
        "operation": lambda: cloud.operation(OperationKind.DELETE, "00000000-0000-0000-0000-000000000000"),
        "find_operation": lambda: cloud.find_operation(OperationKind.DELETE, ada, target, since),
        "organization": reader.read,
    }


@pytest.mark.parametrize("how", UNUSABLE)
async def test_a_key_that_cannot_be_used_is_a_refusal_and_never_an_answer(
    aws: LocalAws, session: AwsSession, questions: dict[str, Ask], how: str
) -> None:
    await session.instance()  # AWS tells of the instance itself without the key
    for service in ("sso-admin", "identitystore"):
        aws.faults.add(how, service=service)
    for what, ask in questions.items():
        with pytest.raises(UpstreamRefused) as refused:
            await ask()
        assert refused.value.code.startswith("KMS_"), what
        assert refused.value.code not in (NOT_FOUND, VALIDATION)
        assert "customer managed key" in str(refused.value)


@pytest.mark.parametrize("how", UNUSABLE)
async def test_the_doctor_names_the_key(aws: LocalAws, session: AwsSession, how: str) -> None:
    aws.faults.add(how, service="identitystore")
    lines = {check.what: check for check in await check_access(session)}

    assert not lines["Identity Center users"].ok
    assert "customer managed key" in lines["Identity Center users"].detail
