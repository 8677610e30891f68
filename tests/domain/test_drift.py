from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.drift import REMOVED_AFTER, Unknown, is_managed, managed_targets, may_remove, unknown_of
from core.domain.evaluation import never_granted
from core.domain.ids import PrincipalId
from core.domain.organization import Target
from core.domain.settings import Settings, UnknownAssignments
from tests.strategies import PEOPLE, Situation, one_of, situations, targets

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
principals = st.frozensets(one_of(PEOPLE), max_size=4)
told = st.none() | st.timedeltas(timedelta(), timedelta(hours=2)).map(lambda ago: NOW - ago)
unknowns = st.builds(Unknown, one_of(PEOPLE), targets, st.just(NOW - timedelta(hours=3)), told)


@given(principals, principals, principals)
def test_who_holds_a_target_without_a_request_and_not_by_our_hand_is_unknown(
    seen: frozenset[PrincipalId], wanted: frozenset[PrincipalId], ours: frozenset[PrincipalId]
) -> None:
    """Rule 19."""
    unknown = unknown_of(seen, wanted, ours)
    assert {one for one in seen if one not in wanted and one not in ours} == unknown


@given(situations())
def test_exactly_what_policies_can_grant_is_under_management(situation: Situation) -> None:
    """Rule 19, with rules 3 and 9."""
    book, organization = situation.seen.book, situation.seen.organization
    managed = [*managed_targets(book, organization)]
    assert managed == sorted(set(managed), key=lambda target: (target.account, target.permission_set))
    for number, target in enumerate(managed, 1):
        assert [*managed_targets(book, organization, target)] == managed[number:]
    for account in organization.accounts:
        for permission_set in organization.permission_sets:
            target = Target(account, permission_set)
            covered = any(policy.covers(target, organization) for policy in book.eligibility)
            allowed = never_granted(organization, book.settings, target) is None
            assert (target in managed) == is_managed(book, organization, target) == (covered and allowed)


@given(unknowns, one_of(tuple(UnknownAssignments)))
def test_only_what_was_told_long_enough_ago_is_removed_and_only_when_the_setting_says_so(
    unknown: Unknown, setting: UnknownAssignments
) -> None:
    """Rule 19."""
    long_ago = unknown.told_at is not None and unknown.told_at + REMOVED_AFTER <= NOW
    assert may_remove(unknown, setting, NOW) == (setting is UnknownAssignments.REMOVE and long_ago)


@given(unknowns)
def test_a_new_installation_removes_nothing(unknown: Unknown) -> None:
    """Rule 19: off by default."""
    assert not may_remove(unknown, Settings().unknown_assignments, NOW)
