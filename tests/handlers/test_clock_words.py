"""A wrong clock in words: how far, what follows, what to do."""

from datetime import timedelta

import pytest

from core.domain.errors import WrongClock
from core.domain.replicas import Replica
from handlers.words import clock_words, sentences

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (2.44 * SECOND, "2.4 s ahead of AWS's"),
        (-45 * SECOND, "45 s behind AWS's"),
        (timedelta(hours=1), "3600 s ahead of AWS's"),
    ],
)
def test_how_far_two_clocks_are_apart(ahead: timedelta, words: str) -> None:
    assert clock_words.apart(ahead, "AWS's") == words


def test_a_replica_that_works_on_and_one_that_does_not_read_differently() -> None:
    off = clock_words.of_replica(Replica("host-1", clock_ahead=5 * SECOND))
    wrong = clock_words.of_replica(Replica("host-1", clock_ahead=-31 * SECOND))
    assert "host-1 is 5.0 s ahead" in off
    assert "it would stop working" in off
    assert "host-1 is 31 s behind" in wrong
    assert "It does no work until its clock is set" in wrong
    assert "NTP" in off
    assert "NTP" in wrong


def test_a_clock_that_is_right_is_said_to_be() -> None:
    assert clock_words.compared(SECOND, "Slack's") == "within 2 s of Slack's"
    assert "set the clock of this machine" in clock_words.compared(3 * SECOND, "Slack's")


def test_whoever_meets_a_replica_with_a_wrong_clock_is_told_so_and_that_nothing_was_done() -> None:
    said = sentences.error(WrongClock(45 * SECOND))
    assert "clock" in said
    assert "it takes no requests, approvals or changes" in said
    assert "Try again in a minute" in said
