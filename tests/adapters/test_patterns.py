"""No pattern that an admin writes, and no ticket that fits it badly, holds anybody up."""

import time

import pytest

from core.adapters.patterns import RegexTicketMatcher
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


@pytest.mark.parametrize("pattern", ["[", "(", "a{99999999999}", "(" * 500 + ")" * 500, r"(?P<a>x)(?P<a>y)\g<9>"])
def test_a_pattern_that_cannot_be_read_fits_nothing(pattern: str) -> None:
    assert not MATCHER.fits(pattern, "PAY-123")
