"""Differences between two clocks, in words."""

from datetime import timedelta

from core.domain.replicas import ClockState, Replica, judge_clock


def apart(ahead: timedelta, other: str) -> str:
    """``45 s ahead of the database's``."""
    seconds = abs(ahead).total_seconds()
    shown = f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"
    return f"{shown} s {'ahead of' if ahead > timedelta() else 'behind'} {other}"


def of_replica(replica: Replica) -> str:
    """The state of its clock, the consequence, and what to do."""
    where = f"The clock of {replica.name} is {apart(replica.clock_ahead, 'that of the database')}."
    if replica.clock is ClockState.WRONG:
        return f"{where} It does no work until its clock is set (NTP)."
    return f"{where} Set it (NTP): at more than 30 s it would stop working."


def compared(ahead: timedelta, other: str) -> str:
    """This machine's with another's, for who looks at it from here."""
    state = judge_clock(ahead)
    if state is ClockState.RIGHT:
        return f"within 2 s of {other}"
    return f"{apart(ahead, other)}: set the clock of this machine (NTP)"
