"""The tree of the organization: its root, its units and the accounts in them."""

from dataclasses import dataclass
from typing import Literal

from infra.sandbox.company import AccountStatus, Company

AccountState = Literal["PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"]


@dataclass(slots=True)
class AccountRecord:
    id: str
    name: str
    email: str
    parent_id: str
    status: AccountStatus
    #: The newer field, with more values than the status.
    state: AccountState
    joined_at: float


@dataclass(slots=True)
class UnitRecord:
    id: str
    name: str
    parent_id: str


class Organization:
    """The tree of the organization. An unknown name raises KeyError: callers translate."""

    def __init__(self, company: Company, joined_at: float) -> None:
        self.id = company.organization_id
        self.root_id = company.root_id
        self.management_account_id = company.management_account_id
        self.delegated_admin_account_id = company.delegated_admin_account_id
        self.units: dict[str, UnitRecord] = {}
        self.accounts: dict[str, AccountRecord] = {}
        self._units_below: dict[str, list[str]] = {self.root_id: []}
        self._accounts_below: dict[str, list[str]] = {self.root_id: []}
        for unit in company.units:
            self.add_unit(UnitRecord(unit.id, unit.name, unit.parent_id))
        for account in company.accounts:
            record = AccountRecord(
                account.id, account.name, account.email, account.parent_id, account.status, account.status, joined_at
            )
            self.add_account(record)

    def add_unit(self, unit: UnitRecord) -> None:
        self._units_below[unit.parent_id].append(unit.id)
        self._units_below[unit.id] = []
        self._accounts_below[unit.id] = []
        self.units[unit.id] = unit

    def add_account(self, account: AccountRecord) -> None:
        self._accounts_below[account.parent_id].append(account.id)
        self.accounts[account.id] = account

    def remove_account(self, account_id: str) -> None:
        """The account leaves the organization; assignments that point at it stay behind."""
        account = self.accounts.pop(account_id)
        self._accounts_below[account.parent_id].remove(account_id)

    def move_account(self, account_id: str, to: str) -> None:
        account = self.accounts[account_id]
        self._accounts_below[to].append(account_id)
        self._accounts_below[account.parent_id].remove(account_id)
        account.parent_id = to

    def is_parent(self, parent_id: str) -> bool:
        return parent_id in self._units_below

    def units_below(self, parent_id: str) -> list[UnitRecord]:
        return [self.units[unit_id] for unit_id in self._units_below[parent_id]]

    def accounts_below(self, parent_id: str) -> list[AccountRecord]:
        return [self.accounts[account_id] for account_id in self._accounts_below[parent_id]]

    def parent_of(self, child_id: str) -> str:
        if child_id in self.accounts:
            return self.accounts[child_id].parent_id
        return self.units[child_id].parent_id

    def path(self, child_id: str) -> str:
        """Organization, root, units: `o-…/r-…/ou-…/`, ending at the child when it is a unit."""
        names = [child_id] if child_id in self.units else []
        while child_id != self.root_id:
            child_id = self.parent_of(child_id)
            names.append(child_id)
        return "/".join([self.id, *reversed(names), ""])
