"""A grant is given up after half an hour in every case, and nobody is given what nobody may have any more (rule 16).

Looked at over the whole time that a history took, as ``access.py`` does.
"""

from collections.abc import Iterator

from tests.model.access import RECOVERY, length, without
from tests.model.aws import Asked
from tests.model.oracle import LISTS_LAG, OUTCOME_WITHIN, TO_THE_SECOND, Oracle
from tests.model.record import PATIENCE, Known, Violation

NOTICED_WITHIN = 150.0
"""Seconds: the longest pause between two looks at a grant that waits in line, and a round."""
ASKED_WITHIN = 25.0
"""Seconds between the decision to ask AWS for a creation and its own date of it: a lease."""
STOPS_US = frozenset(
    {"no process", "paused", "crash", "database away", "commits unsure", "row locked", "other instance"}
)
"""The troubles in which nothing can be given up, because nothing can be done or written."""
LEAVES_DOUBT = frozenset({"AWS silent", "AWS loses answers", "odd answers"})
"""The troubles after which nobody knows whether AWS was asked."""


def impatient(oracle: Oracle, until: float) -> Iterator[Violation]:
    """Every grant that went on for too long, although AWS was never asked for it; every creation that came too late."""
    for request in oracle.requests.values():
        since = request.since("granting")
        if since is not None and not _may_have_left_something(oracle, request):
            yield from _given_up(oracle, request, since, until)
    for asked in oracle.cloud.asked.values():
        if asked.creates:
            oracle.reached.append("16")
            grants = [request for request in oracle.requests.values() if request.held == asked.held]
            is_lost = _was_taken_by_us(oracle, asked)
            if not any(_may_be_granted(oracle, one, asked.begun_at, is_lost=is_lost) for one in grants):
                words = f"AWS is asked for {asked.held}, which nobody may have"
                yield Violation("16", words, asked.begun_at)


def _may_have_left_something(oracle: Oracle, request: Known) -> bool:
    """True if AWS was ever asked about this access: then it ends when that is seen to be gone."""
    cloud = oracle.cloud
    if request.held in cloud.happened or any(asked.held == request.held for asked in cloud.asked.values()):
        return True
    return any(
        trouble.kind in LEAVES_DOUBT for trouble in oracle.troubles.in_force(request.asked_at, _left_at(request))
    )


def _left_at(request: Known) -> float:
    """The time when it was no longer being granted."""
    statuses = [status for status, _ in request.path]
    place = statuses.index("granting") + 1
    return request.path[place][1] if place < len(statuses) else float("inf")


def _given_up(oracle: Oracle, request: Known, since: float, until: float) -> Iterator[Violation]:
    oracle.reached.append("16")
    span = (since, min(_left_at(request), until))
    stops = (each for each in oracle.troubles.all if each.kind in STOPS_US and each.about in {"", str(request.id)})
    waited = length(without([span], [(each.since, each.until + RECOVERY) for each in stops]))
    if waited > PATIENCE + NOTICED_WITHIN:
        yield Violation(
            "16", f"{request} was granting for {waited / 60:.0f} minutes, and AWS was asked nothing", span[1]
        )


def _was_taken_by_us(oracle: Oracle, asked: Asked) -> bool:
    """True if a deletion of ours, done late, was the last that happened to it: then it is made again (rule 18).

    Of one that AWS called FAILED just then nobody knows whether it was that, or a hand.
    """
    before = [change for change in oracle.cloud.happened.get(asked.held, []) if change.at <= asked.begun_at]
    if not before or before[-1].is_there:
        return False
    deletions = [each for each in oracle.cloud.asked.values() if each.held == asked.held and not each.creates]
    late = [
        end for each in deletions if (end := oracle.cloud.outcome_at(each)) and end - each.begun_at > OUTCOME_WITHIN
    ]
    return bool(late) if before[-1].by == "bot" else any(0 <= asked.begun_at - end <= LISTS_LAG for end in late)


def _may_be_granted(oracle: Oracle, request: Known, at: float, *, is_lost: bool) -> bool:
    since = request.since("granting")
    if since is None:
        return False
    if is_lost and request.was("active", at):
        return True
    last = min(since + PATIENCE + NOTICED_WITHIN, _left_at(request) + ASKED_WITHIN)
    return since - TO_THE_SECOND - oracle.skew <= at <= last + oracle.skew
