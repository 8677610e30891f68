"""Accounts that a person may ask for, found by a few letters: what a key costs must not grow with the organization."""

from collections import OrderedDict
from dataclasses import dataclass

from core.domain.evaluation import accounts_open_to
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Account, Organization
from core.domain.people import Person
from core.domain.policy import PolicyBook
from core.services.context.policy_context import RulesSnapshot
from core.services.context.type_ahead import Index

PEOPLE = 64
"""Of so many who type at the same time what they may ask for is kept; a set of 3,000 accounts takes 0.2 MB."""

_Asked = tuple[Person, PermissionSetArn | None]


@dataclass(frozen=True, slots=True)
class AccountChoice:
    account: Account
    path: tuple[str, ...]


def account_choice(organization: Organization, account: AccountId) -> AccountChoice:
    return AccountChoice(organization.accounts[account], organization.path(account))


class OfferedAccounts:
    """Made anew when the organization is, and asked anew when the policies or the person's groups change."""

    def __init__(self) -> None:
        self._book: PolicyBook | None = None
        self._organization: Organization | None = None
        self._index: Index[AccountChoice] = Index((), texts=_texts, order=_order)
        self._open: OrderedDict[_Asked, frozenset[AccountId]] = OrderedDict()

    def best(
        self, rules: RulesSnapshot, person: Person, typed: str, permission_set: PermissionSetArn | None
    ) -> list[AccountChoice]:
        """Best matches first, at most 100; narrowed to one permission set when given."""
        self._follow(rules)
        offered = self._open_to(rules, person, permission_set)
        return self._index.best(typed, lambda choice: choice.account.id in offered)

    def _follow(self, rules: RulesSnapshot) -> None:
        if rules.organization is not self._organization:
            organization = self._organization = rules.organization
            choices = (account_choice(organization, account) for account in organization.accounts)
            self._index = Index(choices, texts=_texts, order=_order)
            self._open.clear()
        if rules.book is not self._book:
            self._book = rules.book
            self._open.clear()

    def _open_to(
        self, rules: RulesSnapshot, person: Person, permission_set: PermissionSetArn | None
    ) -> frozenset[AccountId]:
        asked = (person, permission_set)
        if asked not in self._open:
            self._open[asked] = accounts_open_to(rules.book, rules.organization, person, permission_set)
            if len(self._open) > PEOPLE:
                self._open.popitem(last=False)
        self._open.move_to_end(asked)
        return self._open[asked]


def _texts(choice: AccountChoice) -> tuple[str, ...]:
    return choice.account.name, choice.account.id, *choice.path


def _order(choice: AccountChoice) -> tuple[str, str]:
    return choice.account.name.casefold(), choice.account.id
