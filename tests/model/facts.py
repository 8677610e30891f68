"""The company as plain facts with dates, and what the rules make of them. Written from the rules, not from the program.

Knows no code of the program: people, groups, accounts, units and permission sets are their ids. Facts change, and who
acts a moment after a change may have been judged by what was so before it; so a judgement is a set of verdicts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Generic, TypeVar

T = TypeVar("T")

JUST_NOW = 60.0
"""Seconds. People and policies are read when something is decided; a decision takes a moment, a grant is judged anew
when the last judgement is older than half a minute (rule 14)."""
PICTURE = 16 * 60.0
"""Seconds. The tree is known within 15 minutes (rule 3)."""
CALLED_EVERYBODY = frozenset({"*"})


@dataclass(frozen=True)
class People:
    members: Mapping[str, frozenset[str]]
    """Group → people."""
    disabled: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    deactivated: frozenset[str] = frozenset()
    """People whose chat account is closed."""
    suspended: frozenset[str] = frozenset()
    """People whose chat account leads to somebody else (rule 1)."""
    seen_suspended: frozenset[str] = frozenset()
    """Those of whom the program knows it, because they acted; until an admin releases them."""

    def groups_of(self, person: str) -> frozenset[str]:
        return frozenset(group for group, found in self.members.items() if person in found)

    def is_present(self, person: str) -> bool:
        return person not in self.disabled | self.deleted


@dataclass(frozen=True)
class Tree:
    parent: Mapping[str, str]
    """Account or unit → unit."""
    groups: frozenset[str] = frozenset()
    """Groups of which membership may be asked for."""
    closed: frozenset[str] = frozenset()
    """Accounts that are closed, or have left; groups that another system looks after."""
    management: str = ""

    def above(self, account: str) -> frozenset[str]:
        """The account itself and every unit it stands in, at any depth."""
        found, step = {account}, account
        while step in self.parent:
            step = self.parent[step]
            found.add(step)
        return frozenset(found)

    def is_open(self, account: str) -> bool:
        return account in self.groups.union(self.parent) and account not in self.closed


@dataclass(frozen=True)
class Eligible:
    groups: frozenset[str]
    where: frozenset[str]
    sets: frozenset[str]
    minutes: int
    needs_approval: bool = True


@dataclass(frozen=True)
class Deciders:
    groups: frozenset[str]
    where: frozenset[str]
    quorum: int = 1


@dataclass(frozen=True)
class Book:
    eligible: tuple[Eligible, ...]
    deciders: tuple[Deciders, ...]
    approval_required: bool = True
    protected: frozenset[str] = frozenset()
    longest: int = 540
    expiry: int = 180
    admins: frozenset[str] = frozenset()
    """Groups."""


@dataclass(frozen=True)
class Wish:
    """Access that somebody asks for."""

    person: str
    account: str
    permission_set: str
    minutes: int


class Dated(Generic[T]):
    """A fact, and since when it was so."""

    def __init__(self, value: T) -> None:
        self._since: list[tuple[float, T]] = [(float("-inf"), value)]

    @property
    def current(self) -> T:
        return self._since[-1][1]

    def change(self, at: float, value: T) -> None:
        self._since.append((at, value))

    def within(self, since: float, until: float) -> Iterator[T]:
        """Everything that was so at some moment of this time."""
        for place, (begin, value) in enumerate(self._since):
            end = self._since[place + 1][0] if place + 1 < len(self._since) else float("inf")
            if begin <= until and end >= since:
                yield value


@dataclass(frozen=True)
class Moment:
    """One way in which things may have looked to whoever decided."""

    people: People
    tree: Tree
    book: Book

    # --- rules 3 to 5, 8 and 9 ---------------------------------------------------------------------

    def policies_for(self, wish: Wish) -> list[Eligible]:
        groups, above = self.people.groups_of(wish.person), self.tree.above(wish.account)
        return [
            each
            for each in self.book.eligible
            if each.groups & groups and each.where & above and wish.permission_set in each.sets
        ]

    def may_ask(self, wish: Wish) -> bool:
        """The person who asks is looked up again (rule 1)."""
        people = self.people
        barred = people.deactivated | people.suspended | people.seen_suspended
        return wish.person not in barred and self.may_have(wish)

    def may_have(self, wish: Wish) -> bool:
        """Eligible, for so long, in an account that is there and is not barred (rules 1, 3, 4, 9 and 14)."""
        return self.is_known(wish) and self.is_eligible(wish) and self.is_short_enough(wish) and self.is_free(wish)

    def is_known(self, wish: Wish) -> bool:
        """Somebody who is there (rule 1). Of the requester's chat account only what is known counts."""
        return self.people.is_present(wish.person) and wish.person not in self.people.seen_suspended

    def is_eligible(self, wish: Wish) -> bool:
        """Rule 3."""
        return bool(self.policies_for(wish)) and self.tree.is_open(wish.account)

    def is_short_enough(self, wish: Wish) -> bool:
        """Rules 4 and 6."""
        longest = max((each.minutes for each in self.policies_for(wish)), default=0)
        return 15 <= wish.minutes <= min(longest, self.book.longest)

    def is_free(self, wish: Wish) -> bool:
        """Neither the management account, nor protected (rule 9)."""
        return wish.account != self.tree.management and wish.account not in self.book.protected

    def needs_approval(self, wish: Wish) -> bool:
        """Rule 5."""
        return self.book.approval_required and any(each.needs_approval for each in self.policies_for(wish))

    # --- rules 7, 10 and 11 ------------------------------------------------------------------------

    def quorum(self, account: str) -> int:
        return max((each.quorum for each in self._deciding(account)), default=1)

    def approvers(self, account: str) -> frozenset[str]:
        """Present people of the deciding groups, whatever is known of their chat accounts."""
        groups = frozenset[str]().union(*(each.groups for each in self._deciding(account)))
        found = frozenset[str]().union(*(self.people.members.get(group, frozenset()) for group in groups))
        return frozenset(person for person in found if self.people.is_present(person))

    def may_decide(self, person: str, account: str) -> bool:
        return person not in self.people.seen_suspended and person in self.approvers(account)

    def may_click(self, person: str, account: str) -> bool:
        """The person who clicks is looked up again (rule 1)."""
        return person not in self.people.deactivated | self.people.suspended and self.may_decide(person, account)

    def is_decidable(self, wish: Wish) -> bool:
        """Rule 7: enough others."""
        return len(self.approvers(wish.account) - {wish.person}) >= self.quorum(wish.account)

    def is_admin(self, person: str) -> bool:
        return bool(self.book.admins & self.people.groups_of(person))

    def _deciding(self, account: str) -> list[Deciders]:
        above = self.tree.above(account)
        return [each for each in self.book.deciders if each.where & above]


@dataclass
class Facts:
    people: Dated[People]
    tree: Dated[Tree]
    book: Dated[Book]
    foreign: dict[tuple[str, str, str], list[tuple[float, bool]]] = field(default_factory=dict)
    """(person, account, permission set) → when a hand made it (True), or it went again."""

    def moments(self, since: float, until: float | None = None) -> Iterable[Moment]:
        """Every way in which things may have looked to whoever decided in that time."""
        until = since if until is None else until
        peoples = self.people.within(since - JUST_NOW, until)
        trees = self.tree.within(since - PICTURE, until)
        books = self.book.within(since - JUST_NOW, until)
        return (Moment(*each) for each in product(peoples, trees, books))

    def verdicts(self, judge: Callable[[Moment], bool], since: float, until: float | None = None) -> frozenset[bool]:
        return frozenset(judge(moment) for moment in self.moments(since, until))

    @property
    def now(self) -> Moment:
        return Moment(self.people.current, self.tree.current, self.book.current)
