"""What an admin may put into a policy: everything there is, by type-ahead. Nobody else is offered anything."""

from collections.abc import Iterable
from enum import StrEnum

from core.domain.people import ChatUser
from core.services.admins import Admins
from core.services.matching import best
from core.services.naming import EVERY, Named, Names, named_account, named_ou, named_user


class Thing(StrEnum):
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
    def __init__(self, admins: Admins) -> None:
        self._admins = admins

    async def find(self, chat_user: ChatUser, thing: Thing, typed: str) -> list[Named]:
        """The best matches first, at most 100. Raises Refused for anybody who is no admin (rule 22)."""
        seat = await self._admins.enter(chat_user, fresh=False)
        things = sorted(_all(thing, seat.names), key=lambda each: (each is not EVERY, each.text.casefold(), each.id))
        return best(things, typed, lambda each: (each.text, each.detail, each.id))


def _all(thing: Thing, names: Names) -> Iterable[Named]:
    organization = names.organization
    match thing:
        case Thing.USERS:
            return [named_user(user) for user in (names.users or {}).values() if user.enabled]
        case Thing.GROUPS:
            return [Named(group, name) for group, name in (names.groups or {}).items()]
        case Thing.ACCOUNTS:
            found = (named_account(organization, a.id) for a in organization.accounts.values() if a.active)
            return [account for account in found if account]
        case Thing.OUS | Thing.DIRECT_OUS:
            directly = thing is Thing.DIRECT_OUS
            units = (named_ou(organization, each, directly=directly) for each in organization.ous)
            return [ou for ou in units if ou]
        case Thing.OPENED_SETS:
            return [EVERY, *_all(Thing.PERMISSION_SETS, names)]
        case Thing.PERMISSION_SETS:
            return [Named(each.arn, each.name, each.description) for each in organization.permission_sets.values()]
