"""The local AWS, asked through real boto3 clients over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session, get_session

from infra.sandbox.aws import Conduct, LocalAws
from infra.sandbox.company import PAYMENTS_PROD, Company, example_company

Call = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def company() -> Company:
    return example_company()


@pytest.fixture
async def aws(company: Company) -> AsyncIterator[LocalAws]:
    async with LocalAws(company, Conduct(provisioning_seconds=0.02)) as started:
        yield started


@pytest.fixture(scope="session")
def sdk() -> Session:
    """One botocore session, since it keeps the service models that are slow to load."""
    return get_session()


@pytest.fixture
async def call(aws: LocalAws, sdk: Session) -> AsyncIterator[Call]:
    """Asks AWS once, for three seconds at most, by the names of the service and of boto3's method."""
    clients: dict[str, Any] = {}
    environment = aws.environment()

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = sdk.create_client(
                service,
                region_name=environment["AWS_REGION"],
                endpoint_url=environment["AWS_ENDPOINT_URL"],
                aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
                config=Config(retries={"total_max_attempts": 1}, read_timeout=3, max_pool_connections=50),
            )
        return clients[service]

    async def ask(service: str, method: str, /, **arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = await asyncio.to_thread(getattr(client(service), method), **arguments)
        return answer

    yield ask
    for made in clients.values():
        made.close()


@pytest.fixture
def refused(call: Call) -> Call:
    """As `call`, for what must be refused: answers with the error's Code, Message and other members."""

    async def ask(service: str, method: str, /, **arguments: Any) -> dict[str, Any]:
        with pytest.raises(ClientError) as caught:
            await call(service, method, **arguments)
        response: dict[str, Any] = {**caught.value.response, **caught.value.response["Error"]}
        return response

    return ask


@pytest.fixture
def assignment(company: Company) -> Callable[..., dict[str, str]]:
    """The arguments that name an assignment."""

    def arguments(
        account: str = PAYMENTS_PROD, permission_set: str = "ReadOnlyAccess", user: str = "ada@example.com"
    ) -> dict[str, str]:
        return {
            "InstanceArn": company.instance_arn,
            "TargetId": account,
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": company.permission_set(permission_set).arn,
            "PrincipalType": "USER",
            "PrincipalId": company.user(user).id,
        }

    return arguments


@pytest.fixture
def settled(aws: LocalAws, company: Company, call: Call) -> Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]:
    """Waits for what a write answered with, and reads its status from AWS."""

    async def wait(answer: dict[str, Any]) -> dict[str, Any]:
        kind = "Creation" if "AccountAssignmentCreationStatus" in answer else "Deletion"
        request_id = answer[f"AccountAssignment{kind}Status"]["RequestId"]
        await aws.changes.until(lambda: request_id not in aws.world.assignments.in_flight)
        described = await call(
            "sso-admin",
            f"describe_account_assignment_{kind.lower()}_status",
            InstanceArn=company.instance_arn,
            **{f"AccountAssignment{kind}RequestId": request_id},
        )
        status: dict[str, Any] = described[f"AccountAssignment{kind}Status"]
        return status

    return wait


@pytest.fixture
def clock() -> Callable[[], float]:
    return time.monotonic
