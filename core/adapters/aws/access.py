"""Whether AWS lets the bot see what it needs: a line for each thing, for an operator to read. Changes nothing."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from core.adapters.aws.budget import Priority
from core.adapters.aws.errors import NOT_FOUND, VALIDATION
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused

SSO_SERVICE = "sso.amazonaws.com"
NO_OPERATION = "00000000-0000-0000-0000-000000000000"


class Check(NamedTuple):
    """One line of the doctor: what was tried, whether it went well, and what was found or AWS's own words."""

    what: str
    ok: bool
    detail: str


async def check_access(session: AwsSession) -> list[Check]:
    """Try every kind of call that only reads, one after the other."""
    probe = _Probe(session)
    tries: dict[str, Callable[[], Awaitable[str]]] = {
        "AWS credentials": probe.credentials,
        "AWS organization": probe.organization,
        "AWS account of the bot": probe.standing,
        "Identity Center instance": probe.instance,
        "Identity Center permission sets": probe.permission_sets,
        "Permission sets of the management account": probe.out_of_reach,
        "Identity Center assignments": probe.assignments,
        "Identity Center assignment operations": probe.operations,
        "Identity Center users": probe.users,
        "Identity Center groups": probe.groups,
    }
    return [await _try(what, attempt) for what, attempt in tries.items()]


async def _try(what: str, attempt: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(what, ok=True, detail=await attempt())
    except Upstream as error:
        return Check(what, ok=False, detail=str(error))


class _Probe:
    """The calls, each returning what it found; it remembers what later ones need."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._account = ""
        self._management_account = ""

    async def credentials(self) -> str:
        sts = self._session.sts
        caller = await sts.call(Priority.READ, sts.client.get_caller_identity)
        self._account = caller["Account"]
        return caller["Arn"]

    async def organization(self) -> str:
        organizations = self._session.organizations
        described = await organizations.call(Priority.READ, organizations.client.describe_organization)
        roots = await organizations.call(Priority.READ, organizations.client.list_roots)
        for root in roots["Roots"]:
            parent = root.get("Id", "")
            await organizations.call(Priority.READ, organizations.client.list_accounts_for_parent, ParentId=parent)
            await organizations.call(
                Priority.READ, organizations.client.list_organizational_units_for_parent, ParentId=parent
            )
        self._management_account = described["Organization"].get("MasterAccountId", "")
        return f"{described['Organization'].get('Id', '')}, management account {self._management_account}"

    async def standing(self) -> str:
        """Management account, delegated administrator, or neither, where that can be told."""
        if not (self._account and self._management_account):
            return "cannot be told"
        if self._account == self._management_account:
            return f"{self._account} is the management account; a delegated administrator would be safer"
        try:
            administrators = await self._delegated_administrators()
        except UpstreamRefused as refused:  # the bot needs no permission for this question
            return f"{self._account} is a member account; whether a delegated administrator cannot be told: {refused}"
        if self._account in administrators:
            return f"{self._account} is a delegated administrator of Identity Center"
        raise UpstreamRefused(
            f"{self._account} is neither the management account nor a delegated administrator of Identity Center",
            side=Side.AWS,
        )

    async def instance(self) -> str:
        instance = await self._session.instance()
        here = self._session.sso_admin.client.meta.region_name
        if instance.primary_region and instance.primary_region != here:
            raise UpstreamRefused(
                f"{here} is an additional Region of {instance.arn}, where assignments cannot be managed: "
                f"set AWS_REGION={instance.primary_region}",
                side=Side.AWS,
            )
        if await self._permission_sets_are_off(instance.arn):
            raise UpstreamRefused(
                f"multi-account permissions of {instance.arn} are turned off: enable them in the console of IAM "
                "Identity Center (Settings), or nothing can be granted",
                side=Side.AWS,
            )
        return f"{instance.arn}, identity store {instance.identity_store_id}"

    async def _permission_sets_are_off(self, arn: str) -> bool:
        """Where AWS tells; the bot needs no permission for this question."""
        sso_admin = self._session.sso_admin
        try:
            described = await sso_admin.call(Priority.READ, sso_admin.client.describe_instance, InstanceArn=arn)
        except UpstreamRefused:
            return False
        return described.get("PermissionSetsEnabled") is False

    async def permission_sets(self) -> str:
        arn = await self._a_permission_set()
        if not arn:
            return "listed; there are none yet"
        sso_admin, instance = self._session.sso_admin, await self._session.instance()
        described = await sso_admin.call(
            Priority.READ, sso_admin.client.describe_permission_set, InstanceArn=instance.arn, PermissionSetArn=arn
        )
        return f"listed and described, {described['PermissionSet'].get('Name', arn)} for one"

    async def out_of_reach(self) -> str:
        """Those that AWS lets a delegated administrator neither grant nor take away, in any account."""
        if not (self._account and self._management_account):
            return "cannot be told"
        if self._account == self._management_account:
            return "the bot runs there, and grants nothing in it"
        sso_admin, instance = self._session.sso_admin, await self._session.instance()
        pages = sso_admin.pages(
            Priority.READ,
            sso_admin.client.list_permission_sets_provisioned_to_account,
            InstanceArn=instance.arn,
            AccountId=self._management_account,
        )
        found = [arn async for page in pages for arn in page.get("PermissionSets", ())]
        if not found:
            return "none is provisioned there"
        names = ", ".join(sorted([await self._name_of(arn) for arn in found[:10]]))
        return (
            f"{len(found)} provisioned there ({names}): AWS lets a delegated administrator neither grant nor take "
            "these away, in any account. They are not offered"
        )

    async def _name_of(self, arn: str) -> str:
        sso_admin, instance = self._session.sso_admin, await self._session.instance()
        described = await sso_admin.call(
            Priority.READ, sso_admin.client.describe_permission_set, InstanceArn=instance.arn, PermissionSetArn=arn
        )
        return described["PermissionSet"].get("Name", arn)

    async def assignments(self) -> str:
        arn = await self._a_permission_set()
        if not (arn and self._account):
            return "not tried: no permission set, or no account, to try it with"
        sso_admin, instance = self._session.sso_admin, await self._session.instance()
        await sso_admin.call(
            Priority.READ,
            sso_admin.client.list_account_assignments,
            InstanceArn=instance.arn,
            AccountId=self._account,
            PermissionSetArn=arn,
        )
        return f"listed for account {self._account}"

    async def operations(self) -> str:
        """Without them the bot cannot tell how a change ended, nor find one whose answer was lost."""
        sso_admin, arn = self._session.sso_admin, (await self._session.instance()).arn
        client = sso_admin.client
        await self._describe_operations(arn)
        try:
            await sso_admin.call(Priority.READ, client.list_account_assignment_creation_status, InstanceArn=arn)
            await sso_admin.call(Priority.READ, client.list_account_assignment_deletion_status, InstanceArn=arn)
        except UpstreamBusy:  # it helps to find an operation whose answer was lost; what is listed does as well
            return "did not answer now; not needed to go on"
        return "listed, and each can be asked after"

    async def _describe_operations(self, arn: str) -> None:
        """Ask after operations that cannot be: to be told so is to be permitted to ask."""
        sso_admin = self._session.sso_admin
        asked: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: sso_admin.call(
                Priority.READ,
                sso_admin.client.describe_account_assignment_creation_status,
                InstanceArn=arn,
                AccountAssignmentCreationRequestId=NO_OPERATION,
            ),
            lambda: sso_admin.call(
                Priority.READ,
                sso_admin.client.describe_account_assignment_deletion_status,
                InstanceArn=arn,
                AccountAssignmentDeletionRequestId=NO_OPERATION,
            ),
        )
        for ask in asked:
            try:
                await ask()
            except UpstreamRefused as refused:
                if refused.code not in (NOT_FOUND, VALIDATION):
                    raise UpstreamRefused(
                        f"{refused}. The bot needs this right: without it, it cannot tell how a change of an "
                        "assignment ended",
                        code=refused.code,
                        side=Side.AWS,
                    ) from refused

    async def users(self) -> str:
        store, store_id = self._session.identity_store, await self._store_id()
        listed = await store.call(Priority.READ, store.client.list_users, IdentityStoreId=store_id, MaxResults=1)
        for user in listed["Users"]:
            await store.call(Priority.READ, store.client.describe_user, IdentityStoreId=store_id, UserId=user["UserId"])
            await store.call(
                Priority.READ,
                store.client.list_group_memberships_for_member,
                IdentityStoreId=store_id,
                MemberId={"UserId": user["UserId"]},
            )
        return "listed and described" if listed["Users"] else "listed; there are none yet"

    async def groups(self) -> str:
        store, store_id = self._session.identity_store, await self._store_id()
        listed = await store.call(Priority.READ, store.client.list_groups, IdentityStoreId=store_id, MaxResults=1)
        for group in listed["Groups"]:
            await store.call(
                Priority.READ,
                store.client.list_group_memberships,
                IdentityStoreId=store_id,
                GroupId=group["GroupId"],
            )
        return "listed, with their members" if listed["Groups"] else "listed; there are none yet"

    async def _delegated_administrators(self) -> list[str]:
        organizations = self._session.organizations
        pages = organizations.pages(
            Priority.READ,
            organizations.client.list_delegated_administrators,
            ServicePrincipal=SSO_SERVICE,
        )
        return [found.get("Id", "") async for page in pages for found in page["DelegatedAdministrators"]]

    async def _a_permission_set(self) -> str:
        sso_admin, instance = self._session.sso_admin, await self._session.instance()
        listed = await sso_admin.call(
            Priority.READ, sso_admin.client.list_permission_sets, InstanceArn=instance.arn, MaxResults=1
        )
        return next(iter(listed["PermissionSets"]), "")

    async def _store_id(self) -> str:
        return (await self._session.instance()).identity_store_id
