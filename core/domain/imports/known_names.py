"""Sorts out of an import what a policy cannot name: what is gone, switched off, or known by a name of several."""

from collections.abc import Iterable, Iterator
from itertools import chain, count

from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.imports.notes import Finding, Note
from core.domain.imports.surroundings import Surroundings
from core.domain.people import Principal
from core.domain.policy_validation import LONGEST_NAME


class KnownNames:
    """Lets through what can be named, and notes the rest. ``about`` is the policy or setting meant."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._names: set[tuple[type, str]] = set()
        self.notes: list[Note] = []
        self.written: dict[str, str] = {}
        """The names of accepted people and groups as they are written, by id."""

    def note(self, finding: Finding, about: str = "", *what: str) -> None:
        """Note it once."""
        note = Note(finding, about, what)
        if note not in self.notes:
            self.notes.append(note)

    def policy_name(self, kind: type, name: str, *also: str) -> str:
        """A name that no other policy of this kind has: as it is, with more behind it, or with a number."""
        readable = "".join(c if c.isprintable() else " " for c in name).strip() or "policy"
        chosen = next(one for one in _candidates(readable, also) if (kind, one) not in self._names)
        self._names.add((kind, chosen))
        return chosen

    def accounts(self, ids: Iterable[str], about: str) -> frozenset[AccountId]:
        return frozenset(account for account in map(AccountId, ids) if self._is_usable(account, about))

    def _is_usable(self, account: AccountId, about: str) -> bool:
        organization = self._around.organization
        if account in self._around.usable:
            return True
        if account == organization.management_account:
            self.note(Finding.ACCOUNT_MANAGEMENT, about, account)
        elif account in organization.accounts:
            self.note(Finding.ACCOUNT_SUSPENDED, about, account)
        else:
            self.note(Finding.ACCOUNT_GONE, about, account)
        return False

    def ous(self, ids: Iterable[str], about: str) -> frozenset[OuId]:
        kept = set()
        for ou in map(OuId, ids):
            if ou in self._around.organization.ous:
                kept.add(ou)
            else:
                self.note(Finding.OU_GONE, about, ou)
        return frozenset(kept)

    def permission_set(self, arn: str, then_called: str, about: str) -> PermissionSetArn | None:
        """By its ARN: it may have another name by now."""
        found = self._around.organization.permission_sets.get(PermissionSetArn(arn))
        if found is None:
            self.note(Finding.SET_GONE, about, _gone(arn, then_called))
            return None
        return self.permission_set_named(found.name, about)

    def permission_set_named(self, name: str, about: str) -> PermissionSetArn | None:
        found = self._around.sets_by_name.get(name, ())
        if len(found) != 1:
            self.note(Finding.SET_AMBIGUOUS if found else Finding.SET_GONE, about, name)
            return None
        if found[0] in self._around.organization.out_of_reach:
            self.note(Finding.SET_OUT_OF_REACH, about, name)
        return found[0]

    def user(self, user: str, then_called: str, about: str) -> PrincipalId | None:
        found = self._around.principals.get(PrincipalId(user))
        if found is None:
            self.note(Finding.USER_GONE, about, _gone(user, then_called))
            return None
        return self._spelled(found, about)

    def user_called(self, address: str, about: str) -> PrincipalId | None:
        """By address (rule 1)."""
        found = self._around.called(address)
        if len(found) != 1:
            self.note(Finding.USER_AMBIGUOUS if found else Finding.USER_GONE, about, address)
            return None
        return self._spelled(found[0], about)

    def _spelled(self, principal: Principal, about: str) -> PrincipalId | None:
        if not principal.enabled:
            self.note(Finding.USER_DISABLED, about, principal.user_name)
            return None
        self.written[principal.id] = self._around.spelling(principal)
        return principal.id

    def group(self, group: str, then_called: str, about: str) -> GroupId | None:
        """By id: it may have another name by now."""
        found = self._around.groups.get(GroupId(group))
        if found is None:
            self.note(Finding.GROUP_GONE, about, _gone(group, then_called))
            return None
        self.written[found.id] = self._around.group_spelling(found)
        return found.id

    def group_named(self, name: str, about: str) -> GroupId | None:
        found = self._around.named(name)
        if len(found) != 1:
            self.note(Finding.GROUP_AMBIGUOUS if found else Finding.GROUP_GONE, about, name)
            return None
        return self.group(found[0].id, name, about)


def _candidates(name: str, also: tuple[str, ...]) -> Iterator[str]:
    short = (each for each in also if len(each) < LONGEST_NAME // 2)
    endings = chain([""], (f" ({each})" for each in chain(short, map(str, count(2)))))
    return (name[: LONGEST_NAME - len(ending)].rstrip() + ending for ending in endings)


def _gone(identifier: str, then_called: str) -> str:
    """With its id: another one may bear the name by now, and is not taken for it."""
    return f"{then_called} ({identifier})" if then_called else identifier
