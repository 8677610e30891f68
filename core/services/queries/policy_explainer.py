"""Answers "who may, how long, who decides, and by which policies" for one person and one target."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.errors import NotFound, Refusal
from core.domain.evaluation import Evaluation, barred_target, evaluate_target
from core.domain.ids import AccountId, GroupId, OuId, PrincipalId
from core.domain.organization import (
    MEMBERSHIP,
    MEMBERSHIP_NAME,
    Account,
    Organization,
    PermissionSet,
    Target,
    membership_of,
)
from core.domain.people import Group, Person, Pin, Principal
from core.domain.policy import EligibilityPolicy
from core.ports import PrincipalDirectory
from core.services.context.policy_context import PolicyContext, RulesSnapshot


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict on a target with the names that its words need."""

    person: Person
    account: Account
    account_path: tuple[str, ...]
    permission_set: PermissionSet
    judgement: Evaluation
    approvers: tuple[Principal, ...]
    group_names: tuple[str, ...]
    covering: tuple[str, ...] = ()
    """Eligibility policies that cover the target and do not name the person."""
    naming: tuple[str, ...] = ()
    """Those that name the person and do not cover the target."""
    barred: Refusal | None = None
    """The target is never granted, to anybody (rule 9)."""
    around: "Around | None" = None


@dataclass(frozen=True, slots=True)
class Around:
    """The obstacles to somebody's requests, whatever the target: rules 1, 3, 4 and 26."""

    open_requests: int
    most_open: int
    pins: tuple[Pin, ...]
    read_at: datetime
    is_stale: bool
    capped_to: timedelta | None = None
    """The global maximum, where a policy that lets this person ask says more."""


class PolicyExplainer:
    def __init__(self, policy_context: PolicyContext, directory: PrincipalDirectory) -> None:
        self._policy_context = policy_context
        self._directory = directory

    async def explain(self, user: str, account: str, permission_set: str) -> Explanation:
        """Explain by e-mail, name or id of each; NotFound names what is unknown."""
        return await self.explain_principal(await self.user_called(user), account, permission_set)

    async def user_called(self, user: str) -> Principal:
        """The enabled user with this name, e-mail address or id; NotFound says what is wrong with it."""
        found = await self._directory.principals_of_email(user, fresh=True)
        enabled = [principal for principal in found if principal.enabled]
        if len(enabled) == 1:
            return enabled[0]
        if enabled:
            raise NotFound(f"More than one Identity Center user is called {user}. Give the user name.")
        if found:
            raise NotFound(f"The Identity Center user {user} is disabled, and may ask for nothing.")
        if any(principal.id == user for principal in await self._directory.everybody()):
            return await self._user(user)
        raise NotFound(f"There is no Identity Center user {user}. Give the user name or the e-mail address.")

    async def account_called(self, called: str) -> Account:
        """The account with this name or id; NotFound says what is wrong with it."""
        return account_called((await self._policy_context.rules()).organization, called)

    async def explain_ids(self, user: str, account: str, permission_set: str) -> Explanation:
        """The same for a user by UserId."""
        return await self.explain_principal(await self._user(user), account, permission_set)

    async def _user(self, user: str) -> Principal:
        principal = await self._directory.principal(PrincipalId(user), fresh=True)
        if principal is None or not principal.enabled:
            raise NotFound("There is no enabled user like this in Identity Center.")
        return principal

    async def explain_principal(self, principal: Principal, account: str, permission_set: str) -> Explanation:
        """The same for somebody who is known."""
        person = Person(principal, await self._directory.groups_of(principal.id, fresh=True))
        rules = await self._policy_context.rules()
        organization, policies = rules.organization, rules.book.eligibility
        groups = await self._directory.groups()
        target = target_called(organization, groups, account, permission_set)
        group = next((each for each in groups if each.id == target.group), None)
        found_account, found_set = _as_they_are(organization, target, group)
        judgement = evaluate_target(target, await self._policy_context.gather(person, target, rules=rules))
        approvers = await self._policy_context.approvers(judgement.approval)
        return Explanation(
            person=person,
            account=found_account,
            account_path=organization.path(found_account.id),
            permission_set=found_set,
            judgement=judgement,
            approvers=tuple(p for p in approvers if p.id != person.id),
            group_names=tuple(sorted(rules.book.label(group) for group in judgement.approval.groups)),
            covering=_names(p for p in policies if p.covers(target, organization) and not p.names(person)),
            naming=_names(p for p in policies if p.names(person) and not p.covers(target, organization)),
            barred=barred_target(rules.book, organization, target, group),
            around=await self._around(rules, person, target),
        )

    async def _around(self, rules: RulesSnapshot, person: Person, target: Target) -> Around:
        there, pins = await self._policy_context.of_person(person.id)
        settings, organization = rules.book.settings, rules.organization
        matching = [p for p in rules.book.naming(person) if p.covers(target, organization)]
        return Around(
            len(there),
            settings.max_open_requests,
            pins,
            organization.taken_at,
            not organization.may_decide(self._policy_context.now()),
            settings.max_duration if any(_is_capped(policy, settings.max_duration) for policy in matching) else None,
        )


def _is_capped(policy: EligibilityPolicy, most: timedelta) -> bool:
    return policy.max_duration is not None and policy.max_duration > most


def _names(policies: Iterable[EligibilityPolicy]) -> tuple[str, ...]:
    return tuple(sorted(policy.name for policy in policies))


def target_called(organization: Organization, groups: Sequence[Group], account: str, permission_set: str) -> Target:
    """The target that is called so: an account and a permission set, or a group and ``membership``.

    NotFound names what is unknown.
    """
    if permission_set.strip().casefold() == MEMBERSHIP:
        return membership_of(_group_called(groups, account.strip("\"“”„'")))
    found_account = account_called(organization, account)
    return Target(found_account.id, _permission_set_called(organization, permission_set).arn)


def _permission_set_called(organization: Organization, called: str) -> PermissionSet:
    """As it is written, else in any case where only one is called so; quotes around it are no part of it."""
    called = called.strip("\"“”„'")
    if (found := organization.permission_set_called(called)) is not None:
        return found
    every = organization.permission_sets.values()
    named = [permission_set for permission_set in every if permission_set.name.casefold() == called.casefold()]
    if len(named) != 1:
        raise NotFound(f"There is no permission set {called}.")
    return named[0]


def _group_called(groups: Sequence[Group], called: str) -> GroupId:
    """By id, else by a name that only one group bears."""
    named = [group for group in groups if group.id == called or group.name.casefold() == called.casefold()]
    if len(named) > 1:
        raise NotFound(f"More than one group is called {called}. Give its id.")
    if not named:
        raise NotFound(f"IAM Identity Center has no group {called}.")
    return named[0].id


def _as_they_are(organization: Organization, target: Target, group: Group | None) -> tuple[Account, PermissionSet]:
    """The two halves of a target with their names. A group stands in the place of the account."""
    if group is not None:
        return Account(target.account, group.name, OuId("")), PermissionSet(MEMBERSHIP, MEMBERSHIP_NAME)
    return organization.accounts[target.account], organization.permission_sets[target.permission_set]


def account_called(organization: Organization, called: str) -> Account:
    """By id, else by a name that only one account bears; quotes around it are no part of it."""
    called = called.strip("\"“”„'")
    found = organization.accounts.get(AccountId(called))
    if found is not None:
        return found
    named = [account for account in organization.accounts.values() if account.name.casefold() == called.casefold()]
    if len(named) > 1:
        raise NotFound(f"More than one account is called {called}. Give its 12 digits.")
    if not named:
        raise NotFound(f"The organization has no account {called}.")
    return named[0]
