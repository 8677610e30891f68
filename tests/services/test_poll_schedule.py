"""Operations are polled when they have just ended: few polls are wasted, and few slots idle."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.services.provisioning.poll_schedule import AGAIN_SOONEST, LATER, LONGEST, SOONEST, PollSchedule
from tests.fakes.clock import NOON

MANY = 400


def polled(schedule: PollSchedule, takes: timedelta, aws_id: str = "op") -> tuple[int, timedelta]:
    """The number of times that one operation is polled, and the delay until its end is known."""
    after, polls = schedule.begun(aws_id), 1
    while after < takes:
        after += schedule.goes_on(aws_id, NOON + after)
        polls += 1
    schedule.ended(aws_id, NOON + after)
    return polls, after - takes


@pytest.mark.parametrize("seconds", [0.7, 2.0, 4.5])
def test_what_takes_the_same_time_is_polled_once_as_a_rule_and_soon_after_its_end(seconds: float) -> None:
    schedule, takes = PollSchedule(), timedelta(seconds=seconds)
    for _ in range(MANY):
        polled(schedule, takes)
    found = [polled(schedule, takes) for _ in range(MANY)]
    assert sum(polls for polls, _ in found) < 1.3 * MANY
    assert sum((late for _, late in found), timedelta()) / MANY < AGAIN_SOONEST / 2


def test_the_first_operation_ever_teaches_how_long_they_take() -> None:
    schedule, takes = PollSchedule(), timedelta(seconds=2)
    polls, _ = polled(schedule, takes)
    assert polls <= 8
    assert abs(schedule.begun("next") - takes) < SOONEST


def test_several_under_way_at_once_teach_no_more_than_one() -> None:
    schedule = PollSchedule()
    for number in range(10):
        assert schedule.begun(str(number)) == SOONEST
        schedule.goes_on(str(number), NOON + SOONEST)
    for number in range(10):
        schedule.ended(str(number), NOON + 2 * SOONEST)
    assert schedule.begun("next") == SOONEST + SOONEST / 2


def test_one_that_is_slow_alone_changes_little() -> None:
    schedule, takes = PollSchedule(), timedelta(seconds=2)
    for _ in range(MANY):
        polled(schedule, takes)
    usual = schedule.begun("usual")
    polled(schedule, timedelta(minutes=3))
    assert schedule.begun("next") <= usual * LATER


def test_it_follows_when_operations_become_faster() -> None:
    schedule = PollSchedule()
    for seconds in (4, 2):
        for _ in range(MANY):
            polled(schedule, timedelta(seconds=seconds))
    assert polled(schedule, timedelta(seconds=2))[1] < timedelta(seconds=0.25)


def test_what_hangs_is_forgotten() -> None:
    schedule = PollSchedule()
    schedule.begun("op")
    schedule.goes_on("op", NOON)
    schedule.hangs("op")
    schedule.ended("op", NOON + timedelta(minutes=5))
    assert schedule.begun("next") == SOONEST


@given(st.lists(st.floats(min_value=0, max_value=600), max_size=20))
def test_no_poll_is_hasty_nor_long_put_off(seconds: list[float]) -> None:
    schedule = PollSchedule()
    for number, each in enumerate(seconds):
        now, ends_at = NOON + schedule.begun(str(number)), NOON + timedelta(seconds=each)
        assert SOONEST <= now - NOON <= LONGEST
        while now < ends_at:
            again = schedule.goes_on(str(number), now)
            assert AGAIN_SOONEST <= again <= LONGEST
            now += again
        schedule.ended(str(number), now)
