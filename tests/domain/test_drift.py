from hypothesis import given
from hypothesis import strategies as st

from core.domain.drift import Drift, DriftKind, Holding, find_drift, may_remove
from core.domain.policy import Settings, UnknownAssignments
from tests.strategies import PEOPLE, one_of, targets

holdings = st.frozensets(st.tuples(one_of(PEOPLE[:2]), targets), max_size=4)
drifts = st.builds(Drift, one_of(tuple(DriftKind)), one_of(PEOPLE), targets)


def found(kind: DriftKind, drift: tuple[Drift, ...]) -> set[Holding]:
    return {(one.principal, one.target) for one in drift if one.kind is kind}


@given(holdings, holdings, holdings)
def test_what_differs_between_aws_and_the_book_is_reported_once(
    seen: frozenset[Holding], wanted: frozenset[Holding], in_hand: frozenset[Holding]
) -> None:
    """Rule 19."""
    drift = find_drift(seen, wanted, in_hand)
    assert len(drift) == len(set(drift))
    assert found(DriftKind.UNKNOWN, drift) == {one for one in seen if one not in wanted and one not in in_hand}
    assert found(DriftKind.LOST, drift) == {one for one in wanted if one not in seen and one not in in_hand}


@given(holdings, holdings)
def test_what_is_being_created_or_deleted_is_nobodys_drift_yet(
    seen: frozenset[Holding], wanted: frozenset[Holding]
) -> None:
    """Rule 19."""
    assert find_drift(seen, wanted, seen | wanted) == ()


@given(holdings)
def test_where_aws_and_the_book_agree_there_is_no_drift(holding: frozenset[Holding]) -> None:
    """Rule 19."""
    assert find_drift(holding, holding, frozenset()) == ()


@given(drifts, one_of(tuple(UnknownAssignments)))
def test_only_what_is_too_much_is_removed_and_only_when_the_setting_says_so(
    drift: Drift, setting: UnknownAssignments
) -> None:
    """Rule 19."""
    assert may_remove(drift, setting) == (drift.kind is DriftKind.UNKNOWN and setting is UnknownAssignments.REMOVE)


@given(drifts)
def test_a_new_installation_removes_nothing(drift: Drift) -> None:
    """Rule 19: off by default."""
    assert not may_remove(drift, Settings().unknown_assignments)
