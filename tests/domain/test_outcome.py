"""Outcomes: stored with the act that they belong to, and read again as they were."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import Field, Reason, Refusal
from core.domain.ids import RequestId
from core.domain.outcome import Outcome, Result, dump_outcome, load_outcome

ids = st.integers(1, 99_999).map(RequestId)
refusals = st.builds(
    Refusal,
    reason=st.sampled_from(Reason),
    field=st.none() | st.sampled_from(Field),
    policies=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    limit=st.none() | st.integers(0, 90_000).map(lambda seconds: timedelta(seconds=seconds)),
    detail=st.text(max_size=5),
)
outcomes = st.builds(
    Outcome,
    result=st.sampled_from(Result),
    request_id=st.none() | ids,
    refusals=st.lists(refusals, max_size=2).map(tuple),
    revision=st.integers(0, 9),
    incident=st.text(max_size=5),
    called_off=st.lists(ids, max_size=2).map(tuple),
    others=st.lists(ids, max_size=2).map(tuple),
)


@given(outcomes)
def test_an_outcome_that_is_stored_is_read_as_it_was(outcome: Outcome) -> None:
    assert load_outcome(dump_outcome(outcome)) == outcome


@given(st.sampled_from(Result))
def test_an_outcome_of_an_older_release_has_nothing_of_what_it_did_not_store(result: Result) -> None:
    assert load_outcome({"result": result.value}) == Outcome(result)


@given(st.sampled_from(Reason))
def test_a_refusal_of_an_older_release_has_only_its_reason(reason: Reason) -> None:
    stored = {"result": "declined", "refusals": [{"reason": reason.value}]}

    assert load_outcome(stored).refusals == (Refusal(reason),)


def test_what_is_no_number_of_a_request_names_none() -> None:
    stored = {"result": "saved", "request_id": "7", "called_off": [1, "2"], "others": 3, "revision": "4", "refusals": 5}

    assert load_outcome(stored) == Outcome(Result.SAVED, called_off=(RequestId(1),))
