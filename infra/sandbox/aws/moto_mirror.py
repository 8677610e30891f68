"""Shows moto the organization and the permission sets held here, by their own ids.

Policies can be attached to them then. The only module that reaches into moto.
"""

from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.organizations.models import FakeAccount, FakeOrganizationalUnit, organizations_backends
from moto.ssoadmin.models import PermissionSet, ssoadmin_backends

from .organization import AccountRecord
from .world import World


def application(world: World) -> Any:
    """The server of moto as a WSGI application, with nothing left of an earlier world in this process."""
    account = world.organization.management_account_id
    for backends in (organizations_backends, ssoadmin_backends):
        for backend in backends[account].values():
            backend.reset()
    organizations_backends.master_accounts.clear()
    return DomainDispatcherApplication(create_backend_app)


def show(world: World) -> None:
    """Adds what moto has not seen yet. What is gone meanwhile stays with moto, where nothing looks for it."""
    _show_organization(world)
    _show_permission_sets(world)


def _show_organization(world: World) -> None:
    tree = world.organization
    backend: Any = organizations_backends[tree.management_account_id]["aws"]
    if backend.org is None:
        backend.create_organization("aws", FeatureSet="ALL")
        organization: Any = backend.org
        organization.id, organization.root_id, backend.ou[0].id = tree.id, tree.root_id, tree.root_id
    known = {unit.id for unit in backend.ou} | {account.id for account in backend.accounts}
    for unit in list(tree.units.values()):
        if unit.id not in known:
            shown = FakeOrganizationalUnit(backend.org, Name=unit.name, ParentId=unit.parent_id)
            shown.id = unit.id
            backend.ou.append(shown)
    for account in list(tree.accounts.values()):
        if account.id not in known:
            backend.accounts.append(_account(backend.org, account))


def _account(organization: Any, account: AccountRecord) -> Any:
    """An account of moto without its constructor, which would make a role in each of thousands."""
    shown: Any = FakeAccount.__new__(FakeAccount)
    shown.type, shown.id, shown.name, shown.email = "ACCOUNT", account.id, account.name, account.email
    shown.region, shown.organization_id = organization.region, organization.id
    shown.master_account_id, shown.parent_id = organization.master_account_id, account.parent_id
    shown.status, shown.state, shown.attached_policies, shown.tags = account.status, account.state, [], {}
    return shown


def _show_permission_sets(world: World) -> None:
    backend: Any = ssoadmin_backends[world.organization.management_account_id][world.company.region]
    known = {found.permission_set_arn for found in backend.permission_sets}
    for record in list(world.permission_sets.by_arn.values()):
        if record.arn not in known:
            shown = PermissionSet(
                record.name, record.description, world.permission_sets.instance_arn, record.session_duration, "", []
            )
            shown.permission_set_arn = record.arn
            backend.permission_sets.append(shown)
