"""The one place that builds boto3 clients, and the threads they run in.

Endpoint, region and credentials come from the SDK's own environment variables and files. Nothing is asked of AWS
before the first call.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from core.adapters.aws.budget import Budget, CallBudgets, Priority
from core.adapters.aws.errors import upstream_error
from core.adapters.aws.service import ONE_ATTEMPT, Observe, Patience, Service, unobserved
from core.domain.errors import OtherInstance, Side, UpstreamRefused
from core.domain.ids import AccountId

if TYPE_CHECKING:
    from mypy_boto3_identitystore import IdentityStoreClient
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_sso_admin import SSOAdminClient
    from mypy_boto3_sso_admin.type_defs import InstanceMetadataTypeDef
    from mypy_boto3_sts import STSClient

CONNECT_TIMEOUT = 3
REFUSED_FOR = 30
"""Seconds for which an instance that is not the book's is not looked at again."""
READ_TIMEOUT = 10
"""Seconds of silence after which an answer is given up."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Those of a role that was assumed, for a while."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Instance:
    """The instance of IAM Identity Center. ``owner`` is the account that it belongs to.

    ``primary_region`` is where assignments are managed; empty where AWS does not tell.
    """

    arn: str
    identity_store_id: str
    owner: AccountId
    primary_region: str = ""


Admit = Callable[[str], Awaitable[None]]
"""Told the ARN of the instance that was found; raises OtherInstance when it is not the one to work on."""


async def admit_any(instance_arn: str) -> None:
    """Nothing is known that it could be compared with."""


class AwsSession:
    """The services, each with its budget. ``async with`` closes it.

    ``region`` wins over what the SDK finds by itself, which does not look at ``AWS_REGION``.
    ``instance_arn`` chooses among several instances of Identity Center; empty takes the only one. Raises
    ``UpstreamRefused`` when the environment does not say enough to build a client (no region, unknown profile).
    """

    def __init__(
        self,
        *,
        region: str = "",
        instance_arn: str = "",
        budgets: CallBudgets | None = None,
        patience: Patience | None = None,
        read_timeout: float = READ_TIMEOUT,
        observe: Observe = unobserved,
        admit: Admit = admit_any,
    ) -> None:
        self.budgets = budgets or CallBudgets()
        self._instance_arn = instance_arn
        self._account = AccountId("")
        self._instance: Instance | None = None
        self._admit = admit
        self._refused: tuple[float, OtherInstance] | None = None
        self._finding = asyncio.Lock()
        self._pool = ThreadPoolExecutor(CallBudgets.THREADS, thread_name_prefix="aws")
        self._patience, self._config, self._observe = patience or Patience(), _config(read_timeout), observe
        self._others: list[Any] = []
        try:
            self._build(region, self._patience, self._config, observe)
        except BotoCoreError as error:
            raise upstream_error(error, "AWS", changing=False) from error

    def _build(self, region: str, patience: Patience, config: Config, observe: Observe) -> None:
        session = self._session = boto3.session.Session(region_name=region or None)
        sso_admin: SSOAdminClient = session.client("sso-admin", config=config)
        sso_admin_changes: SSOAdminClient = session.client("sso-admin", config=config)
        identity_store: IdentityStoreClient = session.client("identitystore", config=config)
        organizations: OrganizationsClient = session.client("organizations", config=config)
        sts: STSClient = session.client("sts", config=config)
        pool, budgets = self._pool, self.budgets
        self.sso_admin = Service(sso_admin, pool, budgets.sso_admin, patience, observe=observe)
        self.sso_admin_changes = Service(
            sso_admin_changes, pool, budgets.sso_admin, ONE_ATTEMPT, changing=True, observe=observe
        )
        self.identity_store = Service(identity_store, pool, budgets.identity_store, patience, observe=observe)
        self.organizations = Service(organizations, pool, budgets.organizations, patience, observe=observe)
        self.sts = Service(sts, pool, budgets.sts, patience, observe=observe)

    def service(
        self, name: str, budget: Budget, *, region: str = "", credentials: Credentials | None = None
    ) -> Service[Any]:
        """Another service, in a region and with credentials of its own where they are given. Kept until the end."""
        with_keys = {}
        if credentials is not None:
            keys = (credentials.access_key, credentials.secret_key, credentials.token)
            names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
            with_keys = dict(zip(names, keys, strict=True))
        try:
            client: Any = self._session.client(  # type: ignore[call-overload]
                name, region_name=region or None, config=self._config, **with_keys
            )
        except BotoCoreError as error:
            raise upstream_error(error, name, changing=False) from error
        self._others.append(client)
        return Service(client, self._pool, budget, self._patience, observe=self._observe)

    def release(self, service: Service[Any]) -> None:
        """Close a client that ``service`` made and nobody uses any more."""
        self._others.remove(service.client)
        service.client.close()

    async def account(self) -> AccountId:
        """The account whose credentials the bot has, asked for once."""
        if not self._account:
            caller = await self.sts.call(Priority.READ, self.sts.client.get_caller_identity)
            self._account = AccountId(caller["Account"])
        return self._account

    async def instance(self) -> Instance:
        """The instance of Identity Center, looked for once; a failed look-up is repeated at the next call.

        Everything that is asked of Identity Center passes here first, so that nothing is asked of another instance
        than the book's. Raises OtherInstance then.
        """
        async with self._finding:
            if self._instance is None:
                self._instance = await self._found()
            return self._instance

    async def _found(self) -> Instance:
        loop = asyncio.get_running_loop()
        if self._refused is not None and loop.time() < self._refused[0]:
            raise self._refused[1]
        found = _choose(await self._instances(), self._instance_arn)
        try:
            await self._admit(found.arn)
        except OtherInstance as refused:
            self._refused = (loop.time() + REFUSED_FOR, refused)
            raise
        return found

    async def _instances(self) -> list[Instance]:
        pages = self.sso_admin.pages(Priority.URGENT, self.sso_admin.client.list_instances)
        return [_instance(found) async for page in pages for found in page["Instances"]]

    async def close(self) -> None:
        """Let calls under way end (``READ_TIMEOUT`` at most), begin no others, and close the connections."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        for service in (self.sso_admin, self.sso_admin_changes, self.identity_store, self.organizations, self.sts):
            service.client.close()
        for client in self._others:
            client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _config(read_timeout: float) -> Config:
    """No retries in the SDK: they would hold a thread, jump the queue, and not be counted by the budget."""
    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=CallBudgets.THREADS,
        tcp_keepalive=True,
        user_agent_extra="teambot",
    )


def _instance(found: "InstanceMetadataTypeDef") -> Instance:
    return Instance(
        found["InstanceArn"],
        found.get("IdentityStoreId", ""),
        AccountId(found.get("OwnerAccountId", "")),
        found.get("PrimaryRegion", ""),
    )


def _choose(instances: list[Instance], wanted: str) -> Instance:
    chosen = [instance for instance in instances if wanted in ("", instance.arn)]
    if len(chosen) == 1:
        return chosen[0]
    there = ", ".join(instance.arn for instance in instances) or "none"
    if wanted:
        raise UpstreamRefused(
            f"There is no IAM Identity Center instance {wanted}; found: {there}", code="NoInstance", side=Side.AWS
        )
    if chosen:
        raise UpstreamRefused(
            f"Choose one IAM Identity Center instance by its ARN: {there}", code="SeveralInstances", side=Side.AWS
        )
    raise UpstreamRefused(
        "No IAM Identity Center instance here: AWS_REGION must be the region it was enabled in, and the credentials "
        "those of the management account or of a delegated administrator",
        code="NoInstance",
        side=Side.AWS,
    )
