"""The catalogue of a policy's values: everything there is, by type-ahead. Nobody else is offered anything."""

from collections.abc import Iterable
from enum import StrEnum

from core.domain.people import ChatUser
from core.services.context.type_ahead import best_matches
from core.services.policies.admin_gate import AdminGate
from core.services.policies.names import EVERY, CurrentNames, Named, named_account, named_ou, named_user


class CatalogueEntry(StrEnum):
    """Kinds of things that policies name."""

    USERS = "users"
    GROUPS = "groups"
    ACCOUNTS = "accounts"
    OUS = "ous"
    DIRECT_OUS = "direct_ous"
    PERMISSION_SETS = "permission_sets"
    OPENED_SETS = "opened_sets"
    """Permission sets, and every one of them together: what a policy can open."""


class Catalogue:
    def __init__(self, admins: AdminGate) -> None:
        self._admins = admins

    async def find(self, chat_user: ChatUser, thing: CatalogueEntry, typed: str) -> list[Named]:
        """The best matches first, at most 100. Raises Refused for anybody who is no admin (rule 22)."""
        admin = await self._admins.require(chat_user, fresh=False)
        things = sorted(_all(thing, admin.names), key=lambda each: (each is not EVERY, each.text.casefold(), each.id))
        return best_matches(things, typed, lambda each: (each.text, each.detail, each.id))


def _all(thing: CatalogueEntry, names: CurrentNames) -> Iterable[Named]:
    organization = names.organization
    match thing:
        case CatalogueEntry.USERS:
            return [named_user(user) for user in (names.users or {}).values() if user.enabled]
        case CatalogueEntry.GROUPS:
            return [Named(group, name) for group, name in (names.groups or {}).items()]
        case CatalogueEntry.ACCOUNTS:
            found = (named_account(organization, a.id) for a in organization.accounts.values() if a.active)
            return [account for account in found if account]
        case CatalogueEntry.OUS | CatalogueEntry.DIRECT_OUS:
            directly = thing is CatalogueEntry.DIRECT_OUS
            units = (named_ou(organization, each, directly=directly) for each in organization.ous)
            return [ou for ou in units if ou]
        case CatalogueEntry.OPENED_SETS:
            return [EVERY, *_all(CatalogueEntry.PERMISSION_SETS, names)]
        case CatalogueEntry.PERMISSION_SETS:
            return [Named(each.arn, each.name, each.description) for each in organization.permission_sets.values()]
