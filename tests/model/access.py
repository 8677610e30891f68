"""At every moment every assignment of ours is justified by a request whose window it is in, or is being taken away.

Looked at over the whole time that a history took: from when until when AWS had each assignment, and from when until
when a request justified it. What is left over is time in which it was to be taken away; of that, only so much may have
passed while everything outside was well.
"""

from collections.abc import Iterable, Iterator, Sequence

from tests.model.aws import Held
from tests.model.oracle import Oracle
from tests.model.record import PATIENCE, Known, Violation
from tests.model.troubles import Trouble, Troubles

TAKEN_AWAY_WITHIN = 90.0
"""Seconds, while the outside is well."""
RECOVERY = 100.0
"""Seconds after a trouble in which it still has a say: the longest pause before another try is a minute."""
RECOVERIES = {
    **dict.fromkeys(("operations hang", "operations unlisted", "AWS loses answers", "AWS silent"), 420.0),
    "account gone": 3700.0,
}
"""The troubles that leave operations without an outcome: they keep their slot for five minutes (rule 16), and what they
may yet do is waited for as long. What nobody can use any more is tried hourly (rule 17)."""
KEEPS_ITS_SLOT = 300.0
"""Seconds for which one operation without an outcome may keep the others of its account waiting (rule 16)."""
HARMLESS = frozenset(
    {"lists behind", "Slack away", "Slack silent", "Slack limits", "Slack refuses", "Slack loses answers"}
    | {"directory away", "organization away", "clock wrong", "crash"}
    | {"lists denied", "lists silent", "lists fail at times"}
)
"""The troubles that keep nobody from taking access away (rule 17)."""
Span = tuple[float, float]


def unjustified(oracle: Oracle, until: float) -> Iterator[Violation]:
    """Every assignment that stayed for longer than it may, up to that moment."""
    for held, changes in oracle.cloud.happened.items():
        if oracle.is_beyond_knowing(held):
            continue
        spans = list(_spans(oracle, held))
        for begin, end in _ours(changes, until):
            for since, to in without([(begin, end)], spans):
                well = length(without([(since, to)], _unwell(oracle.troubles, held)))
                if well > TAKEN_AWAY_WITHIN:
                    words = f"{_name(held)} stayed for {to - since:.0f} s ({well:.0f} of them well) without a request"
                    yield Violation("17", words, since)


def _ours(changes: Sequence[tuple[float, bool, str]], until: float) -> Iterator[Span]:
    """From when until when AWS had what we made."""
    since: float | None = None
    for at, is_there, by in changes:
        if is_there:
            since = at if by == "bot" else None
        elif since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, until


def _spans(oracle: Oracle, held: Held) -> Iterator[Span]:
    for request in oracle.requests.values():
        since = request.since("granting")
        if request.held == held and since is not None:
            yield since - oracle.skew, _justified_until(oracle, request, since) + oracle.skew


def _justified_until(oracle: Oracle, request: Known, since: float) -> float:
    """Its end by time, or by hand; what never became active is given up after half an hour."""
    ends = [oracle.end_of(request)]
    if request.since("active") is None:
        ends.append(since + PATIENCE)
    ends += [at for at in (request.since("revoking"), request.closed_at) if at is not None]
    return min(ends)


def _unwell(troubles: Troubles, held: Held) -> list[Span]:
    """The times when something kept us from taking this one away."""
    return [
        span
        for trouble in troubles.all
        if trouble.kind not in HARMLESS and _concerns(trouble, held)
        for span in _excused(trouble)
    ]


def _excused(trouble: Trouble) -> Iterator[Span]:
    if trouble.kind == "operation hangs":
        yield trouble.since, min(trouble.since + KEEPS_ITS_SLOT, trouble.until) + RECOVERY
        yield trouble.until, trouble.until + RECOVERIES["operations hang"]  # what it does then is to be found
        return
    yield trouble.since, trouble.until + RECOVERIES.get(trouble.kind, RECOVERY)


def _concerns(trouble: Trouble, held: Held) -> bool:
    person, account, _ = held
    return trouble.about in ("", person, account)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    left = list(spans)
    for begin, end in taken:
        left = [part for span in left for part in _cut(span, begin, end)]
    return left


def _cut(span: Span, begin: float, end: float) -> Iterator[Span]:
    since, until = span
    if end <= since or begin >= until:
        yield span
        return
    if since < begin:
        yield since, begin
    if end < until:
        yield end, until


def length(spans: Iterable[Span]) -> float:
    return sum(until - since for since, until in spans)


def _name(held: Held) -> str:
    person, account, permission_set = held
    return f"{person}'s {permission_set.rpartition('/')[2]} in {account}"
