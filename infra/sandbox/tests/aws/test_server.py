"""The local AWS as a whole: how a process finds it, and that it bears a large company."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import boto3
import pytest
from aiohttp import ClientSession
from botocore.session import Session

from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD, Company, large_company

Call = Callable[..., Awaitable[dict[str, Any]]]


async def test_an_sdk_needs_the_environment_alone(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    client = boto3.Session().client("sso-admin")
    instances = await asyncio.to_thread(client.list_instances)
    assert len(instances["Instances"]) == 1
    client.close()


async def test_an_sdk_of_its_own_accord_repeats_what_failed_in_passing(aws: LocalAws, sdk: Session) -> None:
    environment = aws.environment()
    client: Any = sdk.create_client(
        "sso-admin",
        region_name=environment["AWS_REGION"],
        endpoint_url=aws.url,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    aws.faults.add("answer_lost", times=1)
    instances = await asyncio.to_thread(client.list_instances)
    assert len(instances["Instances"]) == 1
    assert [record.outcome for record in aws.calls()] == ["answer lost", "ok"]
    client.close()


async def test_two_of_them_know_nothing_of_each_other(company: Company) -> None:
    async with LocalAws(company) as one, LocalAws(company) as other:
        assert one.url != other.url
        one.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", "ada@example.com")
        one.disable_user("ada@example.com")
        assert other.assignments() == set()
        assert other.user("ada@example.com").enabled


async def test_it_has_no_address_before_it_is_started(company: Company) -> None:
    with pytest.raises(RuntimeError, match="started"):
        _ = LocalAws(company).url


async def test_it_runs_alone_and_ends_when_told_to() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.sandbox.aws", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    name, _, url = (await process.stdout.readline()).decode().strip().partition("=")
    assert name == "AWS_ENDPOINT_URL"
    async with ClientSession() as session, session.get(f"{url}/_control/now") as response:
        assert (await response.json())["assignments"] == []
    process.terminate()
    await process.communicate()
    assert process.returncode == 0


class TestLarge:
    @pytest.fixture
    def company(self) -> Company:
        return large_company(accounts=3000, permission_sets=300)

    async def test_thousands_of_accounts_are_walked_in_seconds(
        self, call: Call, company: Company, clock: Callable[[], float]
    ) -> None:
        began = clock()
        found, waiting = 0, [company.root_id]
        while waiting:
            levels = await asyncio.gather(*(self._below(call, parent) for parent in waiting))
            found += sum(accounts for accounts, _ in levels)
            waiting = [unit for _, units in levels for unit in units]
        assert found == 3000
        assert clock() - began < 15

    async def test_hundreds_of_permission_sets_are_listed_by_the_hundred(self, call: Call, company: Company) -> None:
        first = await call("sso-admin", "list_permission_sets", InstanceArn=company.instance_arn)
        assert len(first["PermissionSets"]) == 100
        assert "NextToken" in first

    async def _below(self, call: Call, parent: str) -> tuple[int, list[str]]:
        accounts = await call("organizations", "list_accounts_for_parent", ParentId=parent)
        units = await call("organizations", "list_organizational_units_for_parent", ParentId=parent)
        return len(accounts["Accounts"]), [unit["Id"] for unit in units["OrganizationalUnits"]]
