"""Differences between AWS and the database about one target: each holder is found in one way at most; lists may lag."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.assignment import LISTS_LAG, Assignment, AssignmentChange, OperationKind
from core.domain.ids import PrincipalId
from core.domain.reconciliation import Discord, compare
from core.domain.request import Status
from tests.handlers.samples import NOW, REQUEST, STATES

TARGET = REQUEST.target
PEOPLE = [PrincipalId(f"p-{n}") for n in range(6)]
GROUPS = st.sets(st.sampled_from(PEOPLE))


def ours(principal: PrincipalId, age: timedelta = LISTS_LAG) -> Assignment:
    return Assignment(
        principal, TARGET, ours=True, changed=AssignmentChange(OperationKind.CREATE, NOW - age, NOW - age)
    )


@given(GROUPS, GROUPS, GROUPS, GROUPS)
def test_each_holder_is_in_the_one_way_that_follows_from_what_is_listed_wanted_and_ours(
    seen: set[PrincipalId], wanted: set[PrincipalId], made: set[PrincipalId], ignored: set[PrincipalId]
) -> None:
    live = [replace(STATES[Status.ACTIVE], requester=principal) for principal in sorted(wanted)]
    known = [ours(principal) for principal in sorted(made)]
    found = list(compare(TARGET, seen, live, known, NOW, ignored=ignored))
    by_way = {way: {each.principal for each in found if each.discord is way} for way in Discord}
    assert by_way[Discord.UNKNOWN] == seen - wanted - made - ignored
    assert by_way[Discord.LEFT] == (made & seen) - wanted
    assert by_way[Discord.MISSING] == wanted - seen
    assert len(found) == len({each.principal for each in found})


def test_soon_after_a_change_of_ours_a_list_proves_nothing() -> None:
    lately = ours(PEOPLE[0], age=timedelta(minutes=1))
    live = [replace(STATES[Status.ACTIVE], requester=PEOPLE[0])]
    assert list(compare(TARGET, frozenset(), live, [lately], NOW)) == []
    assert list(compare(TARGET, {PEOPLE[0]}, (), [lately], NOW)) == []


def test_outside_of_management_only_what_is_ours_is_looked_for() -> None:
    found = list(compare(TARGET, set(PEOPLE), (), [ours(PEOPLE[0])], NOW, is_managed=False))
    assert [(each.discord, each.principal) for each in found] == [(Discord.LEFT, PEOPLE[0])]
