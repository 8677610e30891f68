"""Figures of a period in plain words: the same on the command line, in the page and in chat. No markup here."""

from collections.abc import Sequence
from datetime import UTC, timedelta

from core.domain.durations import show_duration
from core.domain.figures import ALWAYS, NIGHT_BEGINS, NIGHT_ENDS, WITHIN_SECONDS, Access, Figures, PastDecision
from core.domain.ids import show_request_id
from core.domain.period import Period, PeriodStep
from handlers.words.states import state_of

DECISIONS = {
    PastDecision.APPROVED: "Approved",
    PastDecision.AUTOMATIC: "No approval needed",
    PastDecision.REJECTED: "Rejected",
    PastDecision.UNDECIDED: "Never decided",
    PastDecision.WAITING: "Waiting",
}
STEPS = {PeriodStep.DAY: "day", PeriodStep.WEEK: "week", PeriodStep.MONTH: "month", PeriodStep.YEAR: "year"}
_NO_APPROVALS = "nothing was approved by a person"
_UNKNOWN_USE = "not known: no session activity has been read"


def period(of: Period) -> str:
    """The days of a period, the last one included."""
    first, last = of.first_day.isoformat(), of.last_day.isoformat()
    return first if first == last else f"{first} to {last}"


def title(figures: Figures) -> str:
    return f"Access report, {period(figures.period)}"


def facts(figures: Figures) -> list[tuple[str, str]]:
    """Every figure that is one number, with its label."""
    return [
        ("Requests", str(figures.asked)),
        ("Access granted", str(figures.granted)),
        ("Median time to approve", _wait(figures)),
        ("No approval needed", _share(figures.decisions.get(PastDecision.AUTOMATIC, 0), figures.asked)),
        (f"Approved within {WITHIN_SECONDS.seconds} seconds", _of_approvals(figures.within_seconds, figures)),
        (f"Approved at night ({_night(figures)})", _of_approvals(figures.at_night, figures)),
        ("Access never used", _unused(figures)),
        ("Ended early", _early(figures)),
        ("Live now", str(len(figures.held))),
    ]


def decided(figures: Figures) -> str:
    """The number of requests, and what became of them."""
    parts = [
        f"{number} {DECISIONS[each].lower()}" for each in PastDecision if (number := figures.decisions.get(each, 0))
    ]
    return f"Requests: {figures.asked}" + (f" ({', '.join(parts)})" if parts else "")


def pairs(figures: Figures) -> list[str]:
    """Pairs in which the same person approves every time."""
    return [
        f"{pair.approver_name} approved all {pair.requests} requests of {pair.requester_name}" for pair in figures.pairs
    ]


PAIRS_EXPLAINED = f"One approver approved every request of the same person, who had {ALWAYS} or more approved."


def access(of: Access) -> str:
    """One access: who has what, and until when or for how long."""
    what = f"{of.requester_name}: {of.permission_set_name} in {of.account_name}"
    return f"{show_request_id(of.request_id)} {what}, {lasts(of)}"


def lasts(of: Access) -> str:
    """The time for which access existed; of live access, its state and end."""
    if not of.is_live:
        return length(of.length)
    until = f" until {of.until.astimezone(UTC):%Y-%m-%d %H:%M UTC}" if of.until else ""
    return f"{state_of(of.status).word.lower()}{until}"


def length(of: timedelta) -> str:
    """A length of time; shorter than a minute in seconds, because that is what is looked for."""
    if of < timedelta(minutes=1):
        return f"{round(of.total_seconds())} s"
    return show_duration(of)


def lines(figures: Figures, most: int) -> list[str]:
    """The report as text, with the first ``most`` of each list."""
    shown = [title(figures), "", decided(figures), *(f"{label}: {value}" for label, value in facts(figures)[1:])]
    for heading, shares in (
        ("By account", figures.accounts),
        ("By permission set", figures.permission_sets),
        ("By person", figures.people),
    ):
        told = [f"{share.name}: {share.asked} asked, {share.granted} granted" for share in shares]
        shown += _listed(heading, told, most)
    shown += _listed("Always approved by the same person", pairs(figures), most)
    shown += _listed("Longest access", [access(each) for each in figures.longest], most)
    return [*shown, *_listed("Who has access now", [access(each) for each in figures.held], most)]


def _listed(heading: str, told: Sequence[str], most: int) -> list[str]:
    if not told:
        return []
    rest = [f"  and {len(told) - most} more"] if len(told) > most else []
    return ["", heading, *(f"  {each}" for each in told[:most]), *rest]


def _wait(figures: Figures) -> str:
    return _NO_APPROVALS if figures.median_to_approve is None else length(figures.median_to_approve)


def _of_approvals(number: int, figures: Figures) -> str:
    return _share(number, figures.approvals) if figures.approvals else _NO_APPROVALS


def _unused(figures: Figures) -> str:
    return _share(figures.unused, figures.known_use) if figures.known_use else _UNKNOWN_USE


def _early(figures: Figures) -> str:
    if not figures.ended_early:
        return "0"
    return f"{figures.ended_early}, giving back {length(figures.given_back)}"


def _share(number: int, whole: int) -> str:
    return f"{number} of {whole} ({number / whole:.0%})" if whole else "0"


def _night(figures: Figures) -> str:
    return f"{NIGHT_BEGINS}:00 to {NIGHT_ENDS:02}:00 {figures.zone}"
