"""Favourites on Home: a press opens the form with the target, group or bundle; the one beside it keeps or drops it."""

import json
from collections.abc import Sequence

from core.domain.favourites import bundle_of
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Target
from core.services.queries.favourites import NamedFavourite
from handlers.screens.clean import plain
from handlers.screens.ids import ActionId
from handlers.screens.memos import read_memo
from handlers.screens.parts import Button, Part, buttons
from handlers.words.counts import counted

_LONGEST_NAME = 33
"""Characters of each of two names in a label that is shown whole."""


def rows(found: Sequence[NamedFavourite], most: int) -> list[Part]:
    return [_row(each, number) for number, each in enumerate(found[:most], start=1)]


def _row(named: NamedFavourite, number: int) -> Part:
    value = dump(named.favourite.target)
    called = _called(named)
    ask = Button(called, ActionId.FAVOURITE, value, spoken=f"{called}: request")
    if named.favourite.starred:
        star = Button("★ Starred", ActionId.UNSTAR, value, spoken=f"★ Starred: {called}")
    else:
        star = Button("☆ Star", ActionId.STAR, value, spoken=f"☆ Star: {called}")
    return buttons(ask, star, id=f"favourite.{number}")


def _called(named: NamedFavourite) -> str:
    target, where = named.favourite.target, plain(named.account_name, _LONGEST_NAME)
    if bundle_of(target) is not None:
        return f"Bundle {where}: {counted(named.targets, 'target')}"
    if target.group is not None:
        return f"Membership of {where}"
    return f"{plain(named.permission_set_name, _LONGEST_NAME)} in {where}"


def dump(target: Target) -> str:
    """The value of a button about a target."""
    return json.dumps([target.account, target.permission_set])


def read(value: str) -> Target | None:
    """None for anything that a button of these did not carry."""
    try:
        account, permission_set = read_memo(value)
    except (ValueError, TypeError):
        return None
    if not isinstance(account, str) or not isinstance(permission_set, str):
        return None
    return Target(AccountId(account), PermissionSetArn(permission_set))
