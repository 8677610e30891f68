"""A local AWS on a port of its own for each test, and a session that speaks to it over HTTP."""

from collections.abc import AsyncIterator, Callable, Iterator

import botocore.loaders
import botocore.session
import pytest

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.service import Patience
from core.adapters.aws.session import AwsSession
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import Company, example_company
from tests.fakes.clock import FakeClock

OpenSession = Callable[..., AwsSession]


@pytest.fixture(scope="session", autouse=True)
def models_read_once() -> Iterator[None]:
    """The SDK parses megabytes of its models for each of its sessions; here all share what one has read."""
    loader = botocore.loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _: loader)
        yield


@pytest.fixture
def company() -> Company:
    return example_company()


@pytest.fixture
def clock() -> FakeClock:
    """Far from the time of the machine, on which the local AWS runs: nothing may depend on the two agreeing."""
    return FakeClock()


@pytest.fixture
async def aws(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalAws]:
    async with LocalAws(company) as aws:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        yield aws


@pytest.fixture
async def open_session(aws: LocalAws) -> AsyncIterator[OpenSession]:
    """Opens sessions that are closed at the end; their budgets hold nothing up unless the test brings its own."""
    opened: list[AwsSession] = []

    def open_one(**chosen: object) -> AwsSession:
        quick = CallBudgets(sso_admin=2000, identity_store=2000, organizations=2000, sts=2000)
        settings = {"budgets": quick, "patience": Patience(first_pause=0.001), **chosen}
        opened.append(AwsSession(**settings))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    aws.up()  # what still hangs is dropped, so that nothing is waited for
    for session in opened:
        await session.close()


@pytest.fixture
def session(open_session: OpenSession) -> AwsSession:
    return open_session()


@pytest.fixture
def cloud(session: AwsSession, clock: FakeClock) -> IdentityCenterAssignments:
    return IdentityCenterAssignments(session, clock)


@pytest.fixture
def directory(session: AwsSession, clock: FakeClock) -> IdentityStoreDirectory:
    return IdentityStoreDirectory(session, clock)


@pytest.fixture
def reader(session: AwsSession, clock: FakeClock) -> AwsOrganizationReader:
    return AwsOrganizationReader(session, clock)
