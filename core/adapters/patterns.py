"""Tickets held to a pattern that an admin wrote, by an engine that can be stopped."""

from core.domain.policy_validation import MOST_REPEATS, repeats

PATIENCE = 0.05
"""Seconds. A pattern may take a time that doubles with every character, and everybody waits meanwhile: a good one
takes microseconds, and of one person only so many forms are taken up a second."""


class RegexTicketMatcher:
    """The TicketMatcher port: what cannot be told in time does not fit."""

    def fits(self, pattern: str, ticket: str) -> bool:
        if repeats(pattern) > MOST_REPEATS:  # it would be written out in memory, and no time limit holds there
            return False
        import regex  # noqa: PLC0415 - 7 MB that a bot without a pattern has no use for

        try:
            return regex.fullmatch(pattern, ticket, timeout=PATIENCE) is not None
        except (TimeoutError, regex.error, OverflowError, RecursionError, MemoryError):
            return False
