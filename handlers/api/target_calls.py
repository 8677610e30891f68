"""Calls about what may be asked for: accounts, permission sets, groups and bundles, as the form offers them."""

from aiohttp import web

from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Target
from core.services.queries.form_options import OfferedBundle
from handlers.api.calls import Call, document
from handlers.api.models import AccountTarget, BundleDocument, NamedAccount, NamedThing, TargetList


async def list_targets(call: Call) -> web.Response:
    """At most a hundred of each kind; nothing that this caller could not ask for (rule 22)."""
    options, user, typed = call.services.form_options, call.caller.machine, call.query.get("search", "")
    account, permission_set = _narrowed(call)
    accounts = await options.accounts(user, typed, permission_set)
    permission_sets = await options.permission_sets(user, typed, account)
    bundles = [each for each in await options.bundles(user) if typed.casefold() in each.name.casefold()]
    return document(
        TargetList(
            accounts=[
                NamedAccount(id=each.account.id, name=each.account.name, path=list(each.path)) for each in accounts
            ],
            permission_sets=[NamedThing(id=each.arn, name=each.name) for each in permission_sets],
            groups=[NamedThing(id=each.id, name=each.name) for each in await options.groups(user, typed)],
            bundles=[await _bundle(call, each) for each in bundles],
        )
    )


def _narrowed(call: Call) -> tuple[AccountId | None, PermissionSetArn | None]:
    """Both by id, as this call lists them: an id that is none of those leads to nothing that is offered."""
    account, permission_set = call.query.get("account"), call.query.get("permission_set")
    return (
        AccountId(account) if account is not None else None,
        PermissionSetArn(permission_set) if permission_set is not None else None,
    )


async def _bundle(call: Call, bundle: OfferedBundle) -> BundleDocument:
    listed = await call.services.form_options.listed(call.caller.machine, bundle.targets)
    targets = [_target(each.target, *each.names) for each in listed if each.names]
    return BundleDocument(name=bundle.name, targets=targets, left_out=bundle.left_out.count)


def _target(target: Target, permission_set: str, account: str) -> AccountTarget:
    return AccountTarget(
        account=NamedThing(id=target.account, name=account),
        permission_set=NamedThing(id=target.permission_set, name=permission_set),
    )
