"""The ports of core are structural: that the adapters fit them is for the type checker, which reads this file."""

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.session import AwsSession
from core.adapters.clock import SystemClock
from core.ports import AssignmentCloud, CallBudget, Clock, OrganizationReader, PrincipalDirectory


async def test_one_session_serves_every_port_of_aws(session: AwsSession) -> None:
    clock: Clock = SystemClock()
    cloud: AssignmentCloud = IdentityCenterAssignments(session, clock)
    directory: PrincipalDirectory = IdentityStoreDirectory(session, clock)
    reader: OrganizationReader = AwsOrganizationReader(session, clock)
    budget: CallBudget = session.budgets

    assert None not in (cloud, directory, reader, budget)
