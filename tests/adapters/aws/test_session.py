import asyncio
import gc
import threading
from collections.abc import Callable

import pytest

from core.adapters.aws.assignments import IdentityCenterAssignments
from core.adapters.aws.directory import IdentityStoreDirectory
from core.adapters.aws.organization import AwsOrganizationReader
from core.adapters.aws.session import AwsSession, Instance, _choose
from core.domain.errors import OtherInstance, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import PAYMENTS_PROD, Company
from tests.fakes.clock import FakeClock

OpenSession = Callable[..., AwsSession]
ONE, OTHER = (Instance(f"arn:aws:sso:::instance/ssoins-{n}", f"d-{n}", AccountId("1")) for n in "12")


async def test_the_only_instance_is_found(session: AwsSession, company: Company) -> None:
    instance = await session.instance()

    assert instance.arn == company.instance_arn
    assert instance.identity_store_id == company.identity_store_id
    assert instance.owner == company.management_account_id


async def test_the_instance_is_looked_for_once_however_many_ask(session: AwsSession, aws: LocalAws) -> None:
    await asyncio.gather(*(session.instance() for _ in range(20)))

    assert len(aws.calls("ListInstances")) == 1


async def test_nothing_is_asked_before_the_first_call(session: AwsSession, aws: LocalAws) -> None:
    assert session.sso_admin.client is not None
    assert aws.calls() == []


async def test_a_failed_look_up_of_the_instance_is_repeated_at_the_next_call(
    session: AwsSession, aws: LocalAws
) -> None:
    fault = aws.faults.add("access_denied", operation="ListInstances")
    with pytest.raises(UpstreamRefused, match="AccessDeniedException"):
        await session.instance()
    aws.faults.remove(fault.id)

    assert (await session.instance()).arn


async def test_the_look_up_of_the_instance_is_tried_again_while_aws_is_busy(session: AwsSession, aws: LocalAws) -> None:
    aws.faults.add("server_error", operation="ListInstances", times=2)

    assert (await session.instance()).arn
    assert len(aws.calls("ListInstances")) == 3


async def test_an_instance_that_is_not_there_is_refused_with_those_that_are(
    open_session: OpenSession, company: Company
) -> None:
    with pytest.raises(UpstreamRefused, match=company.instance_arn):
        await open_session(instance_arn=ONE.arn).instance()


def test_among_several_instances_the_one_with_the_chosen_arn_is_taken() -> None:
    assert _choose([ONE, OTHER], OTHER.arn) is OTHER


def test_several_instances_without_a_choice_are_refused_and_named() -> None:
    with pytest.raises(UpstreamRefused, match=r"ssoins-1.*ssoins-2"):
        _choose([ONE, OTHER], "")


def test_no_instance_at_all_says_what_to_look_at() -> None:
    with pytest.raises(UpstreamRefused, match="AWS_REGION"):
        _choose([], "")


def test_an_environment_without_a_region_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(UpstreamRefused, match="region"):
        AwsSession()


async def test_closing_leaves_no_thread_and_no_open_connection(open_session: OpenSession) -> None:
    session = open_session()
    await session.instance()
    before = {thread.name for thread in threading.enumerate()}
    await session.close()
    gc.collect()  # an open socket that is collected is a warning, and a warning is an error

    assert any(name.startswith("aws") for name in before)
    assert not any(thread.name.startswith("aws") for thread in threading.enumerate())


async def test_a_call_after_closing_is_not_made_and_says_so(session: AwsSession, aws: LocalAws) -> None:
    await session.close()

    with pytest.raises(UpstreamBusy, match="closed"):
        await session.instance()
    assert aws.calls() == []
    assert session.budgets.sso_admin.running == 0


async def test_closing_waits_for_calls_under_way(session: AwsSession, aws: LocalAws) -> None:
    aws.faults.add("latency", operation="ListInstances", seconds=0.2)
    asking = asyncio.ensure_future(session.instance())
    await aws.changes.until(lambda: bool(aws.calls("ListInstances")))
    await session.close()

    assert (await asking).arn


async def test_the_event_loop_is_not_held_up_by_a_slow_answer(session: AwsSession, aws: LocalAws) -> None:
    aws.faults.add("latency", operation="ListInstances", seconds=0.2)
    asking, turns = asyncio.ensure_future(session.instance()), 0
    while not asking.done():
        await asyncio.sleep(0.005)
        turns += 1

    assert turns > 5, "held up, it would not have turned before the answer came"


async def test_an_instance_that_is_not_admitted_is_asked_nothing_and_not_looked_at_again_at_once(
    open_session: OpenSession, aws: LocalAws, clock: FakeClock, company: Company
) -> None:
    admitted: list[str] = []

    async def admit(arn: str) -> None:
        admitted.append(arn)
        raise OtherInstance("the book belongs to another")

    session = open_session(admit=admit)
    users, cloud = IdentityStoreDirectory(session, clock), IdentityCenterAssignments(session, clock)
    reader = AwsOrganizationReader(session, clock)
    target = Target(AccountId(PAYMENTS_PROD), PermissionSetArn(company.permission_set("ReadOnlyAccess").arn))
    for ask in (users.refresh, reader.read, lambda: cloud.is_assigned(PrincipalId("u"), target)):
        with pytest.raises(OtherInstance):
            await ask()

    assert admitted == [company.instance_arn]
    assert {call.operation for call in aws.calls(service="sso-admin")} == {"ListInstances"}
    assert not aws.calls(service="identitystore")


async def test_an_instance_that_could_not_be_compared_is_compared_at_the_next_call(
    open_session: OpenSession, company: Company
) -> None:
    answers = [UpstreamBusy("the database is away"), None]

    async def admit(_: str) -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    session = open_session(admit=admit)
    with pytest.raises(UpstreamBusy, match="database"):
        await session.instance()
    assert (await session.instance()).arn == company.instance_arn
    await session.instance()
    assert not answers


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-central-1", "amazonaws.com"),
        ("ap-east-1", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"),
    ],
)
async def test_every_partition_is_asked_at_its_own_addresses_and_sts_in_the_region_itself(
    monkeypatch: pytest.MonkeyPatch, region: str, domain: str
) -> None:
    """An opt-in Region is not known to STS's global address (IAM user guide, STS in a Region)."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    async with AwsSession(region=region) as session:
        secrets = session.service("secretsmanager", session.budgets.secrets)
        asked = [session.sso_admin, session.grants.asking, session.identity_store, session.organizations, secrets]
        addresses = [service.client.meta.endpoint_url for service in asked]  # type: ignore[attr-defined]
        assert [address for address in addresses if not address.endswith(f".{domain}")] == []
        assert session.sts.client.meta.endpoint_url == f"https://sts.{region}.{domain}"
