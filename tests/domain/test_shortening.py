from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import Verdict, Vote, allowed_duration, may_shorten
from core.domain.durations import SHORTEST
from core.domain.errors import Reason
from tests.strategies import votes

minutes = st.integers(1, 600).map(lambda number: timedelta(minutes=number))
lengths = st.none() | minutes
asked_for = st.integers(15, 600).map(lambda number: timedelta(minutes=number))
ballots = st.lists(st.tuples(votes, lengths).map(lambda drawn: replace(drawn[0], allowed=drawn[1])), max_size=5)


@given(asked_for, lengths)
def test_an_approver_can_allow_less_but_never_more_and_never_less_than_the_shortest(
    asked: timedelta, allowed: timedelta | None
) -> None:
    refusal = may_shorten(asked, allowed)
    assert (refusal is None) == (allowed is None or SHORTEST <= allowed <= asked)
    if refusal is not None and allowed is not None:
        assert refusal.reason is (Reason.DURATION_TOO_SHORT if allowed < SHORTEST else Reason.LONGER_THAN_ASKED)
        assert refusal.limit == (SHORTEST if allowed < SHORTEST else asked)


@given(asked_for, ballots)
def test_of_several_approvals_the_shortest_holds(asked: timedelta, given_votes: list[Vote]) -> None:
    """Rule 16: the window is as long as was approved."""
    held = allowed_duration(asked, given_votes)
    named = [v.allowed for v in given_votes if v.verdict is Verdict.APPROVE and v.allowed is not None]
    assert held <= asked
    assert all(held <= allowed for allowed in named)
    assert held in {asked, *named}


@given(asked_for, ballots, votes, lengths)
def test_a_further_approval_never_lengthens(
    asked: timedelta, given_votes: list[Vote], vote: Vote, allowed: timedelta | None
) -> None:
    further = replace(vote, allowed=allowed)
    assert allowed_duration(asked, [*given_votes, further]) <= allowed_duration(asked, given_votes)


@given(asked_for, ballots)
def test_the_order_of_approvals_does_not_matter(asked: timedelta, given_votes: list[Vote]) -> None:
    assert allowed_duration(asked, given_votes) == allowed_duration(asked, reversed(given_votes))


@given(asked_for, ballots)
def test_a_rejection_shortens_nothing(asked: timedelta, given_votes: list[Vote]) -> None:
    rejections = [replace(vote, verdict=Verdict.REJECT) for vote in given_votes]
    assert allowed_duration(asked, rejections) == asked
