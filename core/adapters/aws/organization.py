"""The organization as AWS describes it: the tree of units, the accounts in them, the permission sets."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from core.adapters.aws.budget import Priority
from core.adapters.aws.concurrently import concurrently
from core.adapters.aws.errors import NOT_FOUND, PARENT_NOT_FOUND
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamRefused
from core.domain.ids import AccountId, OuId, PermissionSetArn
from core.domain.organization import (
    DEFAULT_SESSION,
    Account,
    Organization,
    OrganizationalUnit,
    PermissionSet,
)
from core.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_organizations.type_defs import AccountTypeDef
    from mypy_boto3_sso_admin.type_defs import PermissionSetTypeDef

log = structlog.get_logger()

_ISO_8601 = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


@dataclass(slots=True)
class _Below:
    """The accounts and units directly below one unit."""

    units: list[OrganizationalUnit] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)


class AwsOrganizationReader:
    """The ``OrganizationReader`` of core.

    Permission sets are read behind everything that somebody waits for. Organizations is asked by nobody else, so
    the tree may take all of its budget.
    """

    def __init__(self, session: AwsSession, clock: Clock) -> None:
        self._session = session
        self._organizations = session.organizations
        self._sso_admin = session.sso_admin
        self._clock = clock

    async def read(self) -> Organization:
        """The age of the snapshot counts from before the first call. Raises what a call raises; none is partial."""
        taken_at = self._clock.now()
        management_account = await self._management_account()
        root = await self._root()
        tree, permission_sets = await asyncio.gather(self._walk(root), self._permission_sets())
        out_of_reach = await self._out_of_reach(management_account, [found.arn for found in permission_sets])
        return Organization(
            accounts={account.id: account for below in tree for account in below.accounts},
            ous={unit.id: unit for unit in (root, *(unit for below in tree for unit in below.units))},
            permission_sets={found.arn: found for found in permission_sets},
            management_account=management_account,
            taken_at=taken_at,
            out_of_reach=out_of_reach,
        )

    async def _out_of_reach(
        self, management_account: AccountId, known: list[PermissionSetArn]
    ) -> frozenset[PermissionSetArn]:
        """Sets provisioned in the management account: AWS lets a delegated administrator change none of them.

        One call where AWS answers it for that account, else one for each set. Where neither is allowed nothing is
        known, and AWS itself refuses to grant; the doctor names what is missing.
        """
        if await self._session.account() == management_account:
            return frozenset()
        try:
            return await self._provisioned_in(management_account)
        except UpstreamRefused as refused:
            log.info("permission sets are looked at one by one", because=str(refused))
        try:
            places = await concurrently(self._accounts_with(arn) for arn in known)
        except UpstreamRefused as refused:
            log.warning("permission sets of the management account are not known", because=str(refused))
            return frozenset()
        return frozenset(arn for arn, accounts in zip(known, places, strict=True) if management_account in accounts)

    async def _provisioned_in(self, account: AccountId) -> frozenset[PermissionSetArn]:
        pages = self._sso_admin.pages(
            Priority.BACKGROUND,
            self._sso_admin.client.list_permission_sets_provisioned_to_account,
            InstanceArn=(await self._session.instance()).arn,
            AccountId=account,
            MaxResults=100,
        )
        return frozenset([PermissionSetArn(arn) async for page in pages for arn in page.get("PermissionSets", ())])

    async def _accounts_with(self, arn: PermissionSetArn) -> frozenset[str]:
        pages = self._sso_admin.pages(
            Priority.BACKGROUND,
            self._sso_admin.client.list_accounts_for_provisioned_permission_set,
            InstanceArn=(await self._session.instance()).arn,
            PermissionSetArn=arn,
            MaxResults=100,
        )
        try:
            return frozenset([account async for page in pages for account in page.get("AccountIds", ())])
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:  # deleted since it was listed
                return frozenset()
            raise

    async def _management_account(self) -> AccountId:
        described = await self._organizations.call(Priority.READ, self._organizations.client.describe_organization)
        return AccountId(described["Organization"].get("MasterAccountId", ""))

    async def _root(self) -> OrganizationalUnit:
        pages = self._organizations.pages(Priority.READ, self._organizations.client.list_roots)
        async for page in pages:
            for root in page["Roots"]:
                return OrganizationalUnit(OuId(root.get("Id", "")), root.get("Name", "Root"))
        raise UpstreamRefused("ListRoots: the organization shows no root", code="NoRoot", side=Side.AWS)

    async def _walk(self, root: OrganizationalUnit) -> list[_Below]:
        """Level by level; the budget bounds how many calls of a level are under way."""
        tree: list[_Below] = []
        level = [root]
        while level:
            found = await concurrently(self._below(unit.id) for unit in level)
            tree += found
            level = [unit for below in found for unit in below.units]
        return tree

    async def _below(self, parent: OuId) -> _Below:
        try:
            return _Below(await self._units(parent), await self._accounts(parent))
        except UpstreamRefused as refused:
            if refused.code == PARENT_NOT_FOUND:  # removed since its name was read, and only an empty unit can be
                return _Below()
            raise

    async def _units(self, parent: OuId) -> list[OrganizationalUnit]:
        client = self._organizations.client
        pages = self._organizations.pages(Priority.READ, client.list_organizational_units_for_parent, ParentId=parent)
        listed = [unit async for page in pages for unit in page["OrganizationalUnits"]]
        return [OrganizationalUnit(OuId(unit.get("Id", "")), unit.get("Name", ""), parent) for unit in listed]

    async def _accounts(self, parent: OuId) -> list[Account]:
        client = self._organizations.client
        pages = self._organizations.pages(Priority.READ, client.list_accounts_for_parent, ParentId=parent)
        return [_account(found, parent) async for page in pages for found in page["Accounts"]]

    async def _permission_sets(self) -> list[PermissionSet]:
        instance = await self._session.instance()
        pages = self._sso_admin.pages(
            Priority.BACKGROUND,
            self._sso_admin.client.list_permission_sets,
            InstanceArn=instance.arn,
            MaxResults=100,
        )
        arns = [arn async for page in pages for arn in page["PermissionSets"]]
        described = await concurrently(self._permission_set(instance.arn, arn) for arn in arns)
        return [found for found in described if found]

    async def _permission_set(self, instance_arn: str, arn: str) -> PermissionSet | None:
        try:
            described = await self._sso_admin.call(
                Priority.BACKGROUND,
                self._sso_admin.client.describe_permission_set,
                InstanceArn=instance_arn,
                PermissionSetArn=arn,
            )
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:  # deleted since it was listed
                return None
            raise
        return _permission_set(arn, described["PermissionSet"])


def _account(found: "AccountTypeDef", parent: OuId) -> Account:
    """``State`` is the newer word for what ``Status`` said."""
    account_id = found.get("Id", "")
    state = found.get("State") or found.get("Status")
    return Account(AccountId(account_id), found.get("Name", account_id), parent, active=state == "ACTIVE")


def _permission_set(arn: str, found: "PermissionSetTypeDef") -> PermissionSet:
    return PermissionSet(
        PermissionSetArn(arn),
        found.get("Name", ""),
        found.get("Description") or "",
        read_session_duration(str(found.get("SessionDuration") or "")),
    )


def read_session_duration(text: str) -> timedelta:
    """Read ISO 8601 as permission sets carry it (``PT1H30M``); what cannot be read is the default of one hour."""
    match = _ISO_8601.fullmatch(text)
    if match is None or not any(match.groups()):
        return DEFAULT_SESSION
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) or DEFAULT_SESSION
