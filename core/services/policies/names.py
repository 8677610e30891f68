"""Current names of ids, and which ids no longer exist."""

from collections import Counter
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.domain.display_names import composed, told_apart
from core.domain.errors import Field, Upstream
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Organization
from core.domain.people import Principal
from core.domain.policy import EVERY_PERMISSION_SET, PolicyBook
from core.domain.setting_kinds import AccountIds, OneGroup, PermissionSetArns
from core.domain.settings import settings_of_kind
from core.ports import PrincipalDirectory

GROUPS = frozenset({Field.GROUPS, Field.APPROVER_GROUPS, Field.TARGET_GROUPS, *settings_of_kind(OneGroup)})
USERS = frozenset({Field.USERS, Field.APPROVER_USERS})
ACCOUNTS = frozenset({Field.ACCOUNTS, *settings_of_kind(AccountIds)})
OUS = frozenset({Field.OUS, Field.DIRECT_OUS})
PERMISSION_SETS = frozenset({Field.PERMISSION_SETS, *settings_of_kind(PermissionSetArns)})
NAMED = GROUPS | USERS | ACCOUNTS | OUS | PERMISSION_SETS
"""Fields whose values are ids of things in AWS. Channels are the chat platform's."""


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that a policy may name. ``detail`` tells those of one name apart."""

    id: str
    text: str
    detail: str = ""
    is_gone: bool = False


EVERY = Named(EVERY_PERMISSION_SET, "Every permission set", "as the instance has them at the time")


@dataclass(frozen=True)
class CurrentNames:
    """Everything that has a name. ``groups`` and ``users`` are None while Identity Center does not answer."""

    organization: Organization
    groups: Mapping[GroupId, str] | None = None
    users: Mapping[PrincipalId, Principal] | None = None
    synchronized: frozenset[GroupId] = frozenset()
    """Groups whose members another system keeps."""

    def of(self, field: str, identifier: str, book: PolicyBook) -> Named:
        """The name of a field's value; if it is gone, the name that the policy was written with."""
        found = self._there(field, identifier)
        if found is not None:
            return found
        is_gone = self.knows(field)
        return Named(identifier, book.label(identifier), identifier, is_gone=is_gone)

    def person(self, principal: PrincipalId) -> str:
        found = (self.users or {}).get(principal)
        return found.name if found else f"{principal} (gone)" if self.users is not None else principal

    def knows(self, field: str) -> bool:
        """True if what is not found is really gone."""
        if field in GROUPS:
            return self.groups is not None
        return self.users is not None if field in USERS else field in NAMED

    def gone(self, field: str, ids: Collection[str]) -> tuple[str, ...]:
        if not self.knows(field):
            return ()
        return tuple(sorted(each for each in ids if self._there(field, each) is None))

    @property
    def disabled(self) -> frozenset[PrincipalId]:
        return frozenset(user.id for user in (self.users or {}).values() if not user.enabled)

    def unable(self, *books: PolicyBook) -> frozenset[PrincipalId]:
        """People who can neither ask nor approve: the disabled, and those whom the books name and who are gone."""
        named = frozenset(user for book in books for user in _users_of(book))
        return self.disabled | frozenset(map(PrincipalId, self.gone(Field.USERS, named)))

    def labels(self, book: PolicyBook) -> dict[str, str]:
        """The names to keep with a book: as a policy file gives them."""
        return {**book.labels, **place_names(self.organization, book), **_labels(self, book)}

    @cached_property
    def _group_names(self) -> Mapping[GroupId, str]:
        return told_apart(self.groups or {})

    def _there(self, field: str, identifier: str) -> Named | None:
        if field in GROUPS:
            name = self._group_names.get(GroupId(identifier))
            return Named(identifier, name) if name is not None else None
        if field in USERS:
            user = (self.users or {}).get(PrincipalId(identifier))
            return named_user(user) if user else None
        if field in ACCOUNTS:
            return named_account(self.organization, AccountId(identifier))
        if identifier == EVERY_PERMISSION_SET and field == Field.PERMISSION_SETS:
            return EVERY
        if field in PERMISSION_SETS:
            found = self.organization.permission_sets.get(PermissionSetArn(identifier))
            return Named(found.arn, found.name, found.description) if found else None
        directly = field == Field.DIRECT_OUS
        return named_ou(self.organization, OuId(identifier), directly=directly) if field in OUS else None


class NameLookup:
    def __init__(self, directory: PrincipalDirectory) -> None:
        self._directory = directory

    async def names(self, organization: Organization) -> CurrentNames:
        """Look everything up, from what is a minute old at most. Without Identity Center, what the policies say."""
        try:
            found = await self._directory.groups()
            groups = {group.id: group.name for group in found}
            users = {user.id: user for user in await self._directory.everybody()}
        except Upstream:
            return CurrentNames(organization)
        synchronized = frozenset(group.id for group in found if group.is_synchronized)
        return CurrentNames(organization, groups, users, synchronized)


def named_user(user: Principal) -> Named:
    return Named(user.id, user.name, user.user_name if user.enabled else f"{user.user_name} · disabled")


def named_account(organization: Organization, account: AccountId) -> Named | None:
    found = organization.accounts.get(account)
    if found is None:
        return None
    state = "" if found.active else "not active"
    if account == organization.management_account:
        state = "management account, never granted"
    detail = " · ".join(filter(None, (account, state, " / ".join(organization.path(account)))))
    return Named(account, organization.label_of(account), detail)


def named_ou(organization: Organization, ou: OuId, *, directly: bool = False) -> Named | None:
    """An OU by its whole path, because names repeat, with its accounts at any depth or ``directly`` in it."""
    found = organization.ous.get(ou)
    if found is None:
        return None
    count = len((organization.accounts_in if directly else organization.accounts_under).get(ou, ()))
    accounts = "1 account" if count == 1 else f"{count} accounts"
    if found.parent is None:
        covers = "accounts in no OU" if directly else "every account"
        return Named(ou, f"{found.name} ({covers})", f"{ou} · {accounts}")
    return Named(ou, " / ".join(organization.path_of(ou)), f"{ou} · {accounts}")


def place_names(organization: Organization, book: PolicyBook) -> dict[str, str]:
    """Current names of a book's accounts and OUs, for when they are gone; a file gives them by id."""
    in_bundles = (target.account for bundle in book.bundles for target in bundle.targets)
    accounts = _in_settings(book, AccountIds).union(in_bundles, *(policy.accounts for policy in book.policies))
    ous = frozenset[OuId]().union(*(policy.ous | policy.direct_ous for policy in book.policies))
    return {
        **{each: organization.accounts[each].name for each in accounts if each in organization.accounts},
        **{each: " / ".join(organization.path_of(each)) or each for each in ous if each in organization.ous},
    }


def _in_settings(book: PolicyBook, kind: type[AccountIds | PermissionSetArns]) -> frozenset[Any]:
    """The ids that the settings of one kind name."""
    return frozenset().union(*(getattr(book.settings, name) for name in settings_of_kind(kind)))


def _users_of(book: PolicyBook) -> frozenset[PrincipalId]:
    asking = (policy.users for policy in book.eligibility)
    return frozenset().union(*asking, *(policy.approver_users for policy in book.approval))


def _of_one_name(groups: Mapping[GroupId, str]) -> AbstractSet[GroupId]:
    """Groups that share their name with another: a file names them by id."""
    count = Counter(map(composed, groups.values()))
    return {group for group, name in groups.items() if count[composed(name)] > 1}


def _labels(names: CurrentNames, book: PolicyBook) -> dict[str, str]:
    groups = {group for policy in book.eligibility for group in policy.groups}
    groups |= {group for policy in book.approval for group in policy.approver_groups}
    groups |= {group for group in (getattr(book.settings, name) for name in settings_of_kind(OneGroup)) if group}
    users = _users_of(book)
    sets = {arn for policy in book.policies for arn in policy.permission_sets}
    sets |= {target.permission_set for bundle in book.bundles for target in bundle.targets}
    sets |= _in_settings(book, PermissionSetArns)
    known_groups, known_users = names.groups or {}, names.users or {}
    known_sets = names.organization.permission_sets
    return {
        **{group: known_groups[group] for group in groups if group in known_groups},
        **{group: group for group in _of_one_name(known_groups) & groups},
        **{user: known_users[user].user_name for user in users if user in known_users},
        **{arn: known_sets[arn].name for arn in sets if arn in known_sets},
    }
