"""The organizations operations on the tree, and sts's word on who calls."""

from collections.abc import Callable, Sequence
from typing import Any

from . import refusals
from .operation import Answer, Operation
from .organization import AccountRecord, UnitRecord
from .pages import Item, page
from .wire import AwsError, Call
from .world import World


class OrganizationOperations:
    """Roots, units and accounts as Organizations lists them: twenty a page at most."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tree = world.organization

    def operations(self) -> dict[str, Operation]:
        return {
            "DescribeOrganization": self.organization,
            "ListRoots": self.roots,
            "ListOrganizationalUnitsForParent": self.units,
            "ListAccountsForParent": self.accounts_of_parent,
            "ListAccounts": self.accounts,
            "ListParents": self.parents,
            "ListChildren": self.children,
            "DescribeAccount": self.account,
            "DescribeOrganizationalUnit": self.unit,
            "MoveAccount": self.move_account,
            "ListDelegatedAdministrators": self.delegated_administrators,
        }

    def organization(self, _call: Call) -> Answer:
        management = self._tree.accounts[self._tree.management_account_id]
        return {
            "Organization": {
                "Id": self._tree.id,
                "Arn": self._arn("organization", self._tree.id),
                "FeatureSet": "ALL",
                "MasterAccountArn": self._arn("account", f"{self._tree.id}/{management.id}"),
                "MasterAccountId": management.id,
                "MasterAccountEmail": management.email,
                "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
            }
        }

    def roots(self, call: Call) -> Answer:
        root = self._tree.root_id
        arn = self._arn("root", f"{self._tree.id}/{root}")
        return self._page(call, "Roots", [{"Id": root, "Arn": arn, "Name": "Root", "PolicyTypes": []}])

    def units(self, call: Call) -> Answer:
        found = self._tree.units_below(self._parent(call))
        return self._page(call, "OrganizationalUnits", found, self._unit)

    def accounts_of_parent(self, call: Call) -> Answer:
        found = self._tree.accounts_below(self._parent(call))
        return self._page(call, "Accounts", found, self._account)

    def accounts(self, call: Call) -> Answer:
        return self._page(call, "Accounts", list(self._tree.accounts.values()), self._account)

    def parents(self, call: Call) -> Answer:
        child = call.arguments["ChildId"]
        if child not in self._tree.accounts and child not in self._tree.units:
            raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
        parent = self._tree.parent_of(child)
        kind = "ROOT" if parent == self._tree.root_id else "ORGANIZATIONAL_UNIT"
        return self._page(call, "Parents", [{"Id": parent, "Type": kind}])

    def children(self, call: Call) -> Answer:
        parent, kind = self._parent(call), call.arguments["ChildType"]
        below = self._tree.accounts_below if kind == "ACCOUNT" else self._tree.units_below
        return self._page(call, "Children", [{"Id": child.id, "Type": kind} for child in below(parent)])

    def account(self, call: Call) -> Answer:
        return {"Account": self._account(self._known_account(call))}

    def unit(self, call: Call) -> Answer:
        unit_id = call.arguments["OrganizationalUnitId"]
        if unit_id not in self._tree.units:
            raise AwsError("OrganizationalUnitNotFoundException", "You specified an OU that doesn't exist.")
        return {"OrganizationalUnit": self._unit(self._tree.units[unit_id])}

    def move_account(self, call: Call) -> Answer:
        account = self._known_account(call)
        if account.parent_id != call.arguments["SourceParentId"]:
            raise AwsError("SourceParentNotFoundException", "The account is not below that parent.")
        if not self._tree.is_parent(call.arguments["DestinationParentId"]):
            raise AwsError("DestinationParentNotFoundException", "You specified a parent that doesn't exist.")
        self._tree.move_account(account.id, call.arguments["DestinationParentId"])
        self._world.changes.publish("account.moved", account_id=account.id)
        return {}

    def delegated_administrators(self, call: Call) -> Answer:
        service = call.arguments.get("ServicePrincipal", "sso.amazonaws.com")
        found = [self._tree.accounts[self._tree.delegated_admin_account_id]]
        return self._page(
            call, "DelegatedAdministrators", found if service == "sso.amazonaws.com" else [], self._account
        )

    def _page(
        self, call: Call, name: str, items: Sequence[Item], describe: Callable[[Item], Any] = lambda item: item
    ) -> Answer:
        return page(call, name, items, min(20, self._world.conduct.organizations_page_size), describe)

    def _parent(self, call: Call) -> str:
        parent: str = call.arguments["ParentId"]
        if not self._tree.is_parent(parent):
            raise AwsError("ParentNotFoundException", "You specified parent that doesn't exist.")
        return parent

    def _known_account(self, call: Call) -> AccountRecord:
        account_id = call.arguments["AccountId"]
        if account_id not in self._tree.accounts:
            raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist.")
        return self._tree.accounts[account_id]

    def _account(self, account: AccountRecord) -> dict[str, Any]:
        return {
            "Id": account.id,
            "Arn": self._arn("account", f"{self._tree.id}/{account.id}"),
            "Email": account.email,
            "Name": account.name,
            "Status": account.status,
            "State": account.state,
            "Paths": [self._tree.path(account.id)],
            "JoinedMethod": "INVITED" if account.id == self._tree.management_account_id else "CREATED",
            "JoinedTimestamp": account.joined_at,
        }

    def _unit(self, unit: UnitRecord) -> dict[str, Any]:
        return {
            "Id": unit.id,
            "Arn": self._arn("ou", f"{self._tree.id}/{unit.id}"),
            "Name": unit.name,
            "Path": self._tree.path(unit.id),
        }

    def _arn(self, kind: str, rest: str) -> str:
        return f"arn:aws:organizations::{self._tree.management_account_id}:{kind}/{rest}"


def caller_identity(world: World) -> Operation:
    """The sts operation GetCallerIdentity, for whoever asks."""

    def answer(call: Call) -> Answer:
        caller = world.callers.of(call)
        if caller.account not in world.organization.accounts:
            raise refusals.denied("sts", "The security token included in the request is invalid.")
        return {
            "Arn": caller.arn,
            "UserId": f"AROALOCALSANDBOX00000:{caller.session}",
            "Account": caller.account,
        }

    return answer
