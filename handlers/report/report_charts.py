"""Figures of a period as charts: what is shown, in which order, called what. How it is drawn is the painter's."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from core.domain.figures import WITHIN_SECONDS, Figures, Share
from core.domain.ids import show_request_id
from core.domain.period import PeriodStep
from core.ports import Chart, Picture, Series
from handlers.words import report_words
from handlers.words.counts import counted

SHOWN = 8
"""Bars of a ranking: what is less is told together."""
LONGEST_LABEL = 26
LONGEST_ALT = 1000
"""Characters of an alternative text (Slack: files.getUploadURLExternal)."""
_HOUR = timedelta(hours=1)


def charts(figures: Figures) -> list[Chart]:
    """Everything there is to be seen, the most asked for first."""
    return [
        _over_time(figures),
        _ranking("Requests by account", figures.accounts),
        _ranking("Requests by permission set", figures.permission_sets),
        _ranking("Requests by person", figures.people),
        _approvals(figures),
        _longest(figures),
        _live("Live now, by account", [access.account_name for access in figures.held]),
        _live("Live now, by person", [access.requester_name for access in figures.held]),
    ]


def picture(figures: Figures) -> Picture:
    """All of it on one page."""
    return Picture(report_words.title(figures), report_words.facts(figures), charts(figures), alt(figures))


def alt(figures: Figures) -> str:
    """The picture of all of them in words."""
    said = ". ".join(f"{label}: {value}" for label, value in report_words.facts(figures))
    most = ". ".join(chart.alt for chart in charts(figures)[1:4])
    return _cut(f"{report_words.title(figures)}. {said}. {most}", LONGEST_ALT)


def label(name: str, longest: int = LONGEST_LABEL) -> str:
    """A name as it stands beside a bar: one line, nothing unseen, and not too long."""
    shown = "".join(" " if c.isspace() else c for c in name if c.isspace() or unicodedata.category(c)[0] != "C")
    return _cut(" ".join(shown.split()), longest) or "?"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _over_time(figures: Figures) -> Chart:
    steps, word = figures.over_time, report_words.STEPS[figures.period.step]
    series = tuple(
        Series(name, tuple(float(step.decisions.get(decision, 0)) for step in steps))
        for decision, name in report_words.DECISIONS.items()
    )
    most = max(steps, key=lambda step: step.asked)
    peak = f", at most {most.asked} in the {word} of {most.begins.isoformat()}" if most.asked else ""
    labels = tuple(_day(step.begins, figures.period.step) for step in steps)
    return Chart(
        f"Requests by {word}", labels, series, "requests", f"{counted(figures.asked, 'request')}{peak}", over_time=True
    )


def _day(day: date, step: PeriodStep) -> str:
    match step:
        case PeriodStep.YEAR:
            return f"{day:%Y}"
        case PeriodStep.MONTH:
            return f"{day:%b %Y}"
        case _:
            return f"{day.day} {day:%b}"


def _ranking(title: str, shares: Sequence[Share]) -> Chart:
    first, others = shares[:SHOWN], shares[SHOWN:]
    rows = [(label(share.name), share.granted, share.asked) for share in first]
    if others:
        rest = counted(len(others), "other")
        rows.append((rest, sum(share.granted for share in others), sum(share.asked for share in others)))
    series = (
        Series("Access granted", tuple(float(granted) for _, granted, _ in rows)),
        Series("No access yet, or none", tuple(float(asked - granted) for _, granted, asked in rows)),
    )
    said = _said((name, f"{asked}") for name, _, asked in rows)
    return Chart(title, tuple(name for name, _, _ in rows), series, "requests", f"{title}: {said}")


def _approvals(figures: Figures) -> Chart:
    title = "Approvals worth a look"
    rows = [
        ("All approvals", figures.approvals),
        (f"Within {WITHIN_SECONDS.seconds} seconds", figures.within_seconds),
        ("At night", figures.at_night),
        ("Always the same pair", sum(pair.requests for pair in figures.pairs)),
    ]
    return _plain(title, [(name, float(number)) for name, number in rows] if figures.approvals else [], "approvals")


def _longest(figures: Figures) -> Chart:
    rows = [
        (label(f"{show_request_id(each.request_id)} {each.requester_name}"), round(each.length / _HOUR, 1))
        for each in figures.longest[:SHOWN]
    ]
    return _plain("Longest access", rows, "hours")


def _live(title: str, names: Iterable[str]) -> Chart:
    ranked = Counter(map(label, names)).most_common()
    rows = [(name, float(number)) for name, number in ranked[:SHOWN]]
    if len(ranked) > SHOWN:
        rows.append((counted(len(ranked) - SHOWN, "other"), float(sum(number for _, number in ranked[SHOWN:]))))
    return _plain(title, rows, "live")


def _plain(title: str, rows: Sequence[tuple[str, float]], unit: str) -> Chart:
    said = _said((name, f"{value:g}") for name, value in rows)
    series = (Series(unit, tuple(value for _, value in rows)),)
    return Chart(title, tuple(name for name, _ in rows), series, unit, f"{title}: {said}")


def _said(rows: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in rows) or "nothing"
