"""SSO Elevator's statements about each target together: whether it can be asked for, and needs approval."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.domain.ids import AccountId
from core.domain.imports.statements import Statement
from core.domain.imports.surroundings import Surroundings

MADE_LATER = "*"
"""Stands for every permission set that does not exist yet; none is called so."""


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Accounts and permission sets of one statement that belong in one policy: every account with every set."""

    accounts: frozenset[AccountId]
    permission_sets: frozenset[str]
    free: bool
    """True if nobody's approval is needed."""


class Choices:
    """Goes through permission sets one by one, and through their accounts as sets."""

    def __init__(self, statements: Sequence[Statement], around: Surroundings) -> None:
        self._statements = statements
        self._around = around

    @cached_property
    def every_account(self) -> frozenset[AccountId]:
        """The accounts that ``*`` means: all there are, and those that only a statement knows."""
        named = (statement.accounts or frozenset() for statement in self._statements)
        return frozenset(self._around.organization.accounts).union(*named)

    @cached_property
    def every_set(self) -> frozenset[str]:
        """The sets that ``*`` means: all there are, those that only a statement knows, and any that is made later."""
        named = (statement.permission_sets or frozenset() for statement in self._statements)
        return frozenset({*self._around.sets_by_name, MADE_LATER}).union(*named)

    def accounts_of(self, statement: Statement) -> frozenset[AccountId]:
        return self.every_account if statement.accounts is None else statement.accounts

    def sets_of(self, statement: Statement) -> frozenset[str]:
        return self.every_set if statement.permission_sets is None else statement.permission_sets

    def parts(self, statement: Statement) -> Iterator[TargetGroup]:
        """The targets that the policies of a statement cover; what another one frees is left to that one."""
        alike: dict[tuple[frozenset[AccountId], bool], set[str]] = {}
        named = self.accounts_of(statement)
        for name in self.sets_of(statement):
            free = self._free.get(name, frozenset()) & named
            if statement.approval_not_required and free:
                alike.setdefault((free, True), set()).add(name)
            if asked := named - free:
                alike.setdefault((asked, False), set()).add(name)
        ordered = sorted(alike.items(), key=lambda item: (not item[0][1], sorted(item[1])))
        for (accounts, is_free), names in ordered:
            yield TargetGroup(accounts, frozenset(names), is_free)

    def is_covered_elsewhere(self, statement: Statement) -> bool:
        """True if a statement leads to no policy because others free all of it."""
        return not any(self.parts(statement))

    @cached_property
    def _free(self) -> dict[str, frozenset[AccountId]]:
        """The accounts, by permission set, that some statement frees and none forbids to free."""
        free: dict[str, frozenset[AccountId]] = {}
        for name, about in self._about.items():
            freed = [self.accounts_of(s) for s in about if s.approval_not_required is True]
            held = [self.accounts_of(s) for s in about if s.approval_not_required is False]
            free[name] = frozenset[AccountId]().union(*freed).difference(*held)
        return free

    @cached_property
    def _about(self) -> dict[str, list[Statement]]:
        """The statements about each permission set."""
        return {name: [s for s in self._statements if name in self.sets_of(s)] for name in self.every_set}

    def asked_alike(self) -> Iterator[tuple[str, frozenset[AccountId], tuple[Statement, ...]]]:
        """Usable accounts in which a permission set that is there needs approval, by the statements about them."""
        for name in sorted(self._around.sets_by_name):
            alike: dict[tuple[int, ...], set[AccountId]] = {}
            for account in self._around.usable - self._free[name]:
                matching = tuple(
                    place for place, s in enumerate(self._about[name]) if s.accounts is None or account in s.accounts
                )
                if matching:
                    alike.setdefault(matching, set()).add(account)
            for places, accounts in sorted(alike.items()):
                yield name, frozenset(accounts), tuple(self._about[name][place] for place in places)
