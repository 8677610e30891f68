"""The company where membership of a group may be asked for, too."""

from dataclasses import replace
from typing import Any

from core.domain.ids import GroupId
from core.domain.organization import membership_of
from core.domain.policy import PolicyBook
from tests.services.world import World

OPERATORS = GroupId("group-Operators")
JOINING = membership_of(OPERATORS)


def with_groups(world: World, *groups: GroupId, **settings: Any) -> PolicyBook:
    """Payments engineers may ask to join the operators, and payments leads decide about it."""
    book = world.book(group_targets=True, **settings)
    joined = frozenset(groups or {OPERATORS})
    return replace(
        book,
        eligibility=(replace(book.eligibility[0], target_groups=joined), *book.eligibility[1:]),
        approval=(replace(book.approval[0], target_groups=joined),),
    )
