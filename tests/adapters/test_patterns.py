"""No pattern that an admin writes, and no ticket that fits it badly, holds anybody up."""

import time

import pytest

from core.adapters.patterns import RegexTicketMatcher
from core.domain.policy_validation import pattern_problem
from core.domain.settings import Settings
from core.ports import TicketMatcher

MATCHER: TicketMatcher = RegexTicketMatcher()


@pytest.mark.parametrize(
    ("ticket", "fits"), [("PAY-123", True), ("PAY-", False), ("pay-123", False), ("PAY-123 ", False), ("xPAY-1", False)]
)
def test_a_ticket_has_to_fit_as_a_whole(ticket: str, fits: bool) -> None:
    assert MATCHER.fits(Settings().ticket_pattern, ticket) is fits


@pytest.mark.parametrize("pattern", ["(a|aa)+", "(a|a)*b", "(a*)*b", "((a+)+)+b", r"(\w|a)+\d", "(.*)*(.*)*(.*)*x"])
def test_a_pattern_that_would_take_for_ever_is_given_up(pattern: str) -> None:
    begun = time.monotonic()
    assert not MATCHER.fits(pattern, "a" * 99 + "!")
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize("pattern", ["((a{1000}){1000}){1000}", "(((a{90}){90,}){90}){ 90 }", "(a{99999}){99999}"])
def test_a_pattern_that_would_fill_the_memory_is_refused_and_fits_nothing(pattern: str) -> None:
    assert "repeats" in pattern_problem(pattern)
    assert not MATCHER.fits(pattern, "a" * 90)


@pytest.mark.parametrize("pattern", [r"\d{12}-\d{4}", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "x{1,200}y{1,200}"])
def test_patterns_with_counts_as_people_write_them_are_fine(pattern: str) -> None:
    assert not pattern_problem(pattern)


@pytest.mark.parametrize("pattern", ["[", "(", "a{99999999999}", "(" * 500 + ")" * 500, r"(?P<a>x)(?P<a>y)\g<9>"])
def test_a_pattern_that_cannot_be_read_fits_nothing(pattern: str) -> None:
    assert not MATCHER.fits(pattern, "PAY-123")
