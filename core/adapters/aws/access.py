"""Checks of the bot's access to AWS: a line for each thing, for an operator to read. Changes nothing.

A line that fails says which role lacks what.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple

from core.adapters.aws.budget import Priority
from core.adapters.aws.caller_log import CloudTrailCallerLog
from core.adapters.aws.errors import DENIED, ROLE_NOT_ASSUMED, denied_action, is_about_the_key
from core.adapters.aws.rights import NOTHING_NAMED, Reach, Rights
from core.adapters.aws.roles import PROCESS, Role
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, Upstream, UpstreamRefused

SSO_SERVICE = "sso.amazonaws.com"
"""The same in every partition (Organizations user guide, services that work with it)."""


CREDENTIALS, INSTANCE = "AWS credentials", "Identity Center instance"
NEEDS_CREDENTIALS = f"it needs {CREDENTIALS}"
"""Said of all the rest where AWS does not answer, or takes no credentials."""


class Check(NamedTuple):
    """One line of the doctor: what was tried, whether it went well, and what was found or AWS's own words."""

    what: str
    ok: bool
    detail: str
    checked: bool = True
    """False: something that it depends on is missing, which another line says."""
    denied: bool = False
    """AWS knows the caller, and does not let it do this."""


class _Attempt(NamedTuple):
    what: str
    role: Role
    make: Callable[[], Awaitable[str]]
    needs: tuple[str, ...] = ()
    """Lines without which this one would only say the same again."""


class _NotTriedError(Exception):
    """There is nothing to try it with."""


async def check_access(session: AwsSession, reach: Reach = NOTHING_NAMED) -> list[Check]:
    """Try every kind of call that only reads, one after the other. ``reach``: what may come to be granted."""
    checks: dict[str, Check] = {}
    for attempt in _attempts(session, reach):
        checks[attempt.what] = await _try(attempt, checks)
    return list(checks.values())


def _attempts(session: AwsSession, reach: Reach) -> Iterator[_Attempt]:
    probe, rights, roles = _Probe(session), Rights(session, reach), session.roles
    configured = {role: f"AWS role that {what}" for what, role in _configured(session)}

    def attempt(what: str, role: Role, make: Callable[[], Awaitable[str]], *needs: str) -> _Attempt:
        own = (configured[role],) if role in configured else ()
        return _Attempt(what, role, make, (CREDENTIALS, *own, *needs))

    yield _Attempt(CREDENTIALS, PROCESS, probe.credentials)
    for role, what in configured.items():
        yield _Attempt(what, role, probe.assumed(role), (CREDENTIALS,))
    yield attempt("AWS organization", roles.read, probe.organization)
    yield attempt("AWS account of the bot", roles.read, probe.standing)
    yield attempt(INSTANCE, roles.read, probe.instance)
    yield attempt("Identity Center permission sets", roles.read, probe.permission_sets, INSTANCE)
    yield attempt("Permission sets of the management account", roles.read, probe.out_of_reach, INSTANCE)
    yield attempt("Identity Center assignments", roles.read, probe.assignments, INSTANCE)
    yield attempt("Identity Center users", roles.read, probe.users, INSTANCE)
    yield attempt("Identity Center groups", roles.read, probe.groups, INSTANCE)
    yield attempt("Who asked for changes (CloudTrail)", roles.read, CloudTrailCallerLog(session).check)
    yield attempt("Identity Center, granting", roles.grant, rights.to_grant, INSTANCE)
    yield attempt("Identity Center, taking away", roles.revoke, rights.to_take_away, INSTANCE)
    if reach.groups:
        yield attempt("Identity Center groups, joining", roles.grant, rights.to_join, INSTANCE)
        yield attempt("Identity Center groups, leaving", roles.revoke, rights.to_leave, INSTANCE)


def _configured(session: AwsSession) -> list[tuple[str, Role]]:
    roles = session.roles
    parts = {"reads": roles.read, "grants": roles.grant, "takes away": roles.revoke}
    return [(what, role) for what, role in parts.items() if role.arn]


async def _try(attempt: _Attempt, before: Mapping[str, Check]) -> Check:
    what, role = attempt.what, attempt.role
    failed = next((need for need in attempt.needs if _is_missing(before[need])), None)
    if failed is not None:
        return Check(what, ok=False, detail=f"it needs {failed}", checked=False)
    try:
        return Check(what, ok=True, detail=await attempt.make())
    except _NotTriedError as reason:
        return Check(what, ok=True, detail=str(reason), checked=False)
    except UpstreamRefused as refused:
        return Check(what, ok=False, detail=f"{refused}{_lacking(refused, role)}", denied=refused.code in DENIED)
    except Upstream as error:
        return Check(what, ok=False, detail=str(error))


def _is_missing(check: Check) -> bool:
    """Credentials that may not ask who they are are credentials all the same."""
    return check.checked and not check.ok and not (check.what == CREDENTIALS and check.denied)


def _lacking(refused: UpstreamRefused, role: Role) -> str:
    """A sentence that names the role and the right it lacks, to follow AWS's own; empty for any other refusal."""
    who = f"The role {role.arn}" if role.arn else "The bot's own role (or user)"
    if is_about_the_key(refused.code):
        return f". {who} needs kms:Decrypt on that key, by its own policy and by the key's"
    if refused.code == ROLE_NOT_ASSUMED:
        return ". Its trust policy has to let the bot in, and the bot needs sts:AssumeRole for it"
    if refused.code not in DENIED:
        return ""
    return f". {who} lacks {denied_action(str(refused)) or 'the right to that'}"


class _Probe:
    """The calls, each returning what it found; it remembers what later ones need."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._account = ""
        self._management_account = ""

    async def credentials(self) -> str:
        sts = self._session.sts
        caller = await sts.call(Priority.READ, sts.client.get_caller_identity)
        self._account = self._session.roles.grant.account or caller["Account"]
        return caller["Arn"]

    def assumed(self, role: Role) -> Callable[[], Awaitable[str]]:
        """The bot's identity with a role; all of them have to be in the account that Identity Center is asked in."""

        async def identity() -> str:
            sts = self._session.service("sts", self._session.budgets.sts, role=role)
            caller = await sts.call(Priority.READ, sts.client.get_caller_identity)
            if self._account and caller["Account"] != self._account:
                raise UpstreamRefused(
                    f"{caller['Arn']} is in another account than what grants, {self._account}", side=Side.AWS
                )
            return str(caller["Arn"])

        return identity

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
            raise _NotTriedError("AWS does not tell which account is the management account")
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
        described = await self._described(instance.arn)
        if described.get("PermissionSetsEnabled") is False:
            raise UpstreamRefused(
                f"multi-account permissions of {instance.arn} are turned off: enable them in the console of IAM "
                "Identity Center (Settings), or nothing can be granted",
                side=Side.AWS,
            )
        return f"{instance.arn}, identity store {instance.identity_store_id}{_regions(described)}{_key(described)}"

    async def _described(self, arn: str) -> Mapping[str, Any]:
        """More of the instance, where AWS tells; the bot needs no permission for this question."""
        sso_admin = self._session.sso_admin
        try:
            return await sso_admin.call(Priority.READ, sso_admin.client.describe_instance, InstanceArn=arn)
        except UpstreamRefused:
            return {}

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
            raise _NotTriedError("AWS does not tell which account is the management account")
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
            raise _NotTriedError("there is no permission set, or no account, to try it with")
        sso_admin, instance = self._session.sso_admin, await self._session.instance()
        await sso_admin.call(
            Priority.READ,
            sso_admin.client.list_account_assignments,
            InstanceArn=instance.arn,
            AccountId=self._account,
            PermissionSetArn=arn,
        )
        return f"listed for account {self._account}"

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


def _regions(described: Mapping[str, Any]) -> str:
    """The instance's other Regions, in words: assignments are managed in its primary Region alone."""
    others = [each["RegionName"] for each in described.get("Regions", ()) if not each.get("IsPrimaryRegion")]
    return f", also in {', '.join(sorted(others))} for signing in" if others else ""


def _key(described: Mapping[str, Any]) -> str:
    key = (described.get("EncryptionConfigurationDetails") or {}).get("KmsKeyArn")
    return f", encrypted with {key}" if key else ""
