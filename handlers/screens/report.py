"""The screen **Access report**: figures of a period, the first of each list, and the way to charts and to all of it."""

from collections.abc import Sequence

from core.domain.figures import Figures, Share
from handlers.screens.ids import ActionId
from handlers.screens.inputs import Choice, Select
from handlers.screens.parts import Button, Menu, Part, Tone, aside, buttons, facts, lines, row
from handlers.screens.screen import Screen, note
from handlers.screens.spans import Untrusted, strong
from handlers.words import report_words

TITLE = "Access report"
LISTED = 5
"""The most rows of each list that are shown: the files have all of them."""
PERIODS = {"6d": "Last 7 days", "29d": "Last 30 days", "89d": "Last 90 days", "364d": "Last 12 months"}
"""As ``core.domain.period.read_days`` reads them."""
_LONGEST = 150
_FOOT = (
    "Dates are in UTC, and a request counts on the day it was made. Charts and the CSV, which has every list in full, "
    "come to you alone as a direct message."
)


def build(figures: Figures, days: str) -> Screen:
    """``days``: the period as buttons carry it."""
    return note(
        TITLE,
        [
            row(strong(Untrusted(report_words.period(figures.period))), "\n", Untrusted(report_words.decided(figures))),
            _choice(),
            facts(*((label, Untrusted(value)) for label, value in report_words.facts(figures)[1:])),
            buttons(
                Button("Send charts", ActionId.REPORT_CHARTS, days, Tone.PRIMARY),
                Button("Export as CSV", ActionId.REPORT_CSV, days, spoken="Export as CSV: every figure"),
                id="report.files",
            ),
            *_shares("By account", figures.accounts),
            *_shares("By permission set", figures.permission_sets),
            *_shares("By person", figures.people),
            *_list("Always approved by the same person", report_words.pairs(figures)),
            *_list("Longest access", [report_words.access(each) for each in figures.longest]),
            *_list("Who has access now", [report_words.access(each) for each in figures.held]),
            aside(_FOOT),
        ],
    )


def unread(typed: str, command: str) -> str:
    """A plain sentence that says what to type instead."""
    return (
        f"{typed} is not a period. Type {command} report 90d, or the first and the last day: "
        f"{command} report 2026-11-01 2026-11-30."
    )


def _choice() -> Part:
    choices = tuple(Choice(label, value) for value, label in PERIODS.items())
    return buttons(Menu(ActionId.REPORT_PERIOD, Select(choices, placeholder="Another period")), id="report.period")


def _shares(heading: str, shares: Sequence[Share]) -> list[Part]:
    return _list(heading, [f"{each.name}: {each.asked} asked, {each.granted} granted" for each in shares])


def _list(heading: str, told: Sequence[str]) -> list[Part]:
    if not told:
        return []
    rest = [f"and {len(told) - LISTED} more"] if len(told) > LISTED else []
    return [lines(strong(heading), *(Untrusted(each, _LONGEST) for each in told[:LISTED]), *rest)]
