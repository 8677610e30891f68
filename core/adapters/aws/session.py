"""The one place that builds boto3 clients, and the threads they run in.

Endpoint, region and credentials come from the SDK's own environment variables and files. Reading, granting and taking
away may each have a role of its own, which is assumed with these credentials. Nothing is asked of AWS before the first
call.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from core.adapters.aws.budget import Budget, CallBudgets, Priority
from core.adapters.aws.errors import upstream_error
from core.adapters.aws.punctual import BEFORE_SENDING, refuse_late
from core.adapters.aws.roles import NO_ROLES, PROCESS, Role, Roles, session_as
from core.adapters.aws.service import ONE_ATTEMPT, ObserveAws, Patience, Service, unobserved
from core.domain.errors import OtherInstance, Side, Upstream, UpstreamRefused
from core.domain.ids import AccountId

C = TypeVar("C")

if TYPE_CHECKING:
    from mypy_boto3_identitystore import IdentityStoreClient
    from mypy_boto3_organizations import OrganizationsClient
    from mypy_boto3_sso_admin import SSOAdminClient
    from mypy_boto3_sso_admin.type_defs import InstanceMetadataTypeDef
    from mypy_boto3_sts import STSClient

CONNECT_TIMEOUT = 3
REFUSED_FOR = 30
"""Seconds for which an instance that is not the book's is not looked at again."""
CLOSED_WITHIN = 3.0
READ_TIMEOUT = 10
"""Seconds of silence after which an answer is given up."""


@dataclass(frozen=True, slots=True)
class Instance:
    """The instance of IAM Identity Center. ``owner`` is the account that it belongs to.

    ``primary_region`` is where assignments are managed; empty where AWS does not tell.
    """

    arn: str
    identity_store_id: str
    owner: AccountId
    primary_region: str = ""


@dataclass(frozen=True, slots=True)
class Changes(Generic[C]):
    """One kind of change, with rights of its own: to ask for it, and to see how it went."""

    asking: Service[C]
    """One attempt a call: whoever asks for a change looks before asking again."""
    seeing: Service[C]


Admit = Callable[[str], Awaitable[None]]
"""Told the ARN of the instance that was found; raises OtherInstance when it is not the one to work on."""


async def admit_any(instance_arn: str) -> None:
    """Nothing is known that it could be compared with."""


class AwsSession:
    """The services, each with its budget. ``async with`` closes it.

    ``region`` wins over what the SDK finds by itself, which does not look at ``AWS_REGION``.
    ``sso_admin`` only reads; changes, and how each went, are in ``grants`` and ``revokes``, each with its own role.
    Those of group memberships are in ``joins`` and ``leaves``, with the same roles.
    ``instance_arn`` chooses among several instances of Identity Center; empty takes the only one. Raises
    ``UpstreamRefused`` when the environment does not say enough to build a client (no region, unknown profile).
    """

    def __init__(
        self,
        *,
        region: str = "",
        instance_arn: str = "",
        roles: Roles = NO_ROLES,
        budgets: CallBudgets | None = None,
        patience: Patience | None = None,
        read_timeout: float = READ_TIMEOUT,
        observe: ObserveAws = unobserved,
        admit: Admit = admit_any,
    ) -> None:
        self.budgets, self.roles = budgets or CallBudgets(), roles
        self._instance_arn = instance_arn
        self._account = AccountId(roles.grant.account)
        self._instance: Instance | None = None
        self._admit = admit
        self._refused: tuple[float, OtherInstance] | None = None
        self._finding = asyncio.Lock()
        self._pool = ThreadPoolExecutor(CallBudgets.THREADS, thread_name_prefix="aws")
        self._patience, self._config, self._observe = patience or Patience(), _config(read_timeout), observe
        self._clients: dict[tuple[str, str, Role], Any] = {}
        self._sessions: dict[Role, boto3.session.Session] = {}
        try:
            self._session = boto3.session.Session(region_name=region or None)
            self._build(roles)
        except BotoCoreError as error:
            raise upstream_error(error, "AWS", changing=False) from error

    def _build(self, roles: Roles) -> None:
        budgets = self.budgets
        sts: STSClient = self._client("sts", "", PROCESS)
        self.sts = self._reading(sts, budgets.sts)
        identity_store: IdentityStoreClient = self._client("identitystore", "", roles.read)
        organizations: OrganizationsClient = self._client("organizations", "", roles.read)
        self.identity_store = self._reading(identity_store, budgets.identity_store)
        self.organizations = self._reading(organizations, budgets.organizations)
        self.grants, self.revokes = self._changes(roles.grant), self._changes(roles.revoke)
        self.joins, self.leaves = self._memberships(roles.grant), self._memberships(roles.revoke)
        reads: SSOAdminClient = self._client("sso-admin", "", roles.read)
        self.sso_admin = self._reading(reads, budgets.sso_admin)
        ways = {roles.read: self.sso_admin, roles.revoke: self.revokes.seeing, roles.grant: self.grants.seeing}
        self._ways_to_instance = list(ways.values())

    def _changes(self, role: Role) -> "Changes[SSOAdminClient]":
        client: SSOAdminClient = self._client("sso-admin", "", role)
        return self._changing(client, self.budgets.sso_admin)

    def _memberships(self, role: Role) -> "Changes[IdentityStoreClient]":
        client: IdentityStoreClient = self._client("identitystore", "", role)
        return self._changing(client, self.budgets.identity_store)

    def _changing(self, client: C, budget: Budget) -> Changes[C]:
        asking = Service(client, self._pool, budget, ONE_ATTEMPT, changing=True, observe=self._observe)
        return Changes(asking, self._reading(client, budget))

    def _reading(self, client: C, budget: Budget) -> Service[C]:
        return Service(client, self._pool, budget, self._patience, observe=self._observe)

    def service(self, name: str, budget: Budget, *, region: str = "", role: Role = PROCESS) -> Service[Any]:
        """Another service, in a region and with a role of its own where they are given. Its client is kept."""
        try:
            client = self._client(name, region, role)
        except BotoCoreError as error:
            raise upstream_error(error, name, changing=False) from error
        return self._reading(client, budget)

    def unsigned(self, name: str, config: Config) -> Any:
        """A client that signs nothing, in this session's region: for what others have signed. Its owner calls it."""
        try:
            return self._session.client(name, config=config)  # type: ignore[call-overload]
        except BotoCoreError as error:
            raise upstream_error(error, name, changing=False) from error

    def _client(self, name: str, region: str, role: Role) -> Any:
        """One for each service, region and role: they have connections of their own."""
        key = (name, region, role)
        if key not in self._clients:
            make: Any = self._as(role).client
            self._clients[key] = make(name, region_name=region or None, config=self._config)
            self._clients[key].meta.events.register(BEFORE_SENDING, refuse_late)
        return self._clients[key]

    def _as(self, role: Role) -> boto3.session.Session:
        if not role.arn:
            return self._session
        if role not in self._sessions:
            self._sessions[role] = session_as(role, self._session, self.sts.client, self._observe)
        return self._sessions[role]

    async def account(self) -> AccountId:
        """The account in whose name assignments are changed, asked for once where no role names it."""
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
        """Asked with whichever role is told: what takes away waits neither for what reads nor for what grants."""
        first: Upstream | None = None
        for way in self._ways_to_instance:
            try:
                pages = way.pages(Priority.URGENT, way.client.list_instances)
                return [_instance(found) async for page in pages for found in page["Instances"]]
            except Upstream as error:
                first = first or error
        raise first or AssertionError("there is always one way")

    async def close(self) -> None:
        """Begin no more calls, let those under way end within ``CLOSED_WITHIN``, and close the connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        until = asyncio.get_running_loop().time() + CLOSED_WITHIN
        while self.is_calling and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 - threads set no event
            await asyncio.sleep(0.02)
        if self.is_calling:
            return
        for client in self._clients.values():
            client.close()

    @property
    def is_calling(self) -> bool:
        """True if AWS is still to answer a call."""
        return self.budgets.running > 0

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
