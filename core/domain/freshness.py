"""The age of something, where clocks may be set back: what lies ahead was dated by a clock that was wrong then."""

from datetime import datetime, timedelta

AHEAD = timedelta(seconds=5)
"""Replicas' clocks may differ by so much."""


def is_younger(at: datetime, now: datetime, limit: timedelta) -> bool:
    """True if it is younger than that. What lies ahead is not: nobody knows how old it is."""
    return -AHEAD <= now - at < limit
