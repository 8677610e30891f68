"""What a user that Identity Center made anew has in common with the one that an account was pinned to (rule 1)."""

from collections.abc import Iterable
from enum import StrEnum

from core.domain.people import KnownAs, Principal, address_key


class Likeness(StrEnum):
    """In the order in which it is told."""

    USER_NAME = "user_name"
    EMAIL = "email"
    EXTERNAL_ID = "external_id"


def likenesses(known_as: KnownAs | None, principal: Principal) -> tuple[Likeness, ...]:
    """By what the two are the same person; nothing when the account was never seen with a name."""
    if known_as is None:
        return ()
    found = {
        Likeness.USER_NAME: _meet([known_as.user_name], [principal.user_name]),
        Likeness.EMAIL: _meet(known_as.emails, principal.emails),
        Likeness.EXTERNAL_ID: bool({*known_as.external_ids} & {*principal.external_ids}),
    }
    return tuple(each for each in Likeness if found[each])


def _meet(old: Iterable[str], new: Iterable[str]) -> bool:
    return bool({address_key(each) for each in old if each} & {address_key(each) for each in new if each})
