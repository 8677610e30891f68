"""The modal **Access report**: figures of a period, the first of each list, and the way to charts and to all of it."""

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, StaticSelectElement
from slack_sdk.models.views import View

from core.domain.figures import Figures, Share
from handlers.slack.ids import ActionId
from handlers.slack.views.block import actions, button, context, facts, note, option, section, sections, words
from handlers.slack.views.text import prose
from handlers.words import report_words

TITLE = "Access report"
LISTED = 5
"""How much of each list is shown: the files have all of it."""
PERIODS = {"6d": "Last 7 days", "29d": "Last 30 days", "89d": "Last 90 days", "364d": "Last 12 months"}
"""As ``core.domain.period.read_days`` reads them."""
_LONGEST = 150
_FOOT = (
    "Days are in UTC, and a request belongs to the day on which it was asked for. Charts and the CSV, which has every "
    "list whole, come to you alone as a direct message."
)


def build(figures: Figures, days: str) -> View:
    """``days``: the period as buttons carry it."""
    return note(
        TITLE,
        [
            section(f"*{prose(report_words.period(figures.period))}*\n{prose(report_words.decided(figures))}"),
            _choice(),
            *facts([(prose(label), prose(value)) for label, value in report_words.facts(figures)[1:]]),
            *actions(
                button("Send charts", ActionId.REPORT_CHARTS, days, style="primary"),
                button("Export as CSV", ActionId.REPORT_CSV, days, says="Export as CSV: every figure"),
                block_id="report.files",
            ),
            *_shares("By account", figures.accounts),
            *_shares("By permission set", figures.permission_sets),
            *_shares("By person", figures.people),
            *_list("Always approved by the same person", report_words.pairs(figures)),
            *_list("Longest access", [report_words.access(each) for each in figures.longest]),
            *_list("Who holds what now", [report_words.access(each) for each in figures.held]),
            *context(_FOOT),
        ],
    )


def unread(typed: str, command: str) -> str:
    """What to type instead, as a plain sentence."""
    return (
        f"{typed} is no period. Type {command} report 90d, or the first and the last day: "
        f"{command} report 2026-11-01 2026-11-30."
    )


def _choice() -> Block:
    options = [option(label, value) for value, label in PERIODS.items()]
    select = StaticSelectElement(
        action_id=ActionId.REPORT_PERIOD.value, placeholder=words("Another period", 150), options=options
    )
    return ActionsBlock(block_id="report.period", elements=[select])


def _shares(heading: str, shares: Sequence[Share]) -> list[Block]:
    return _list(heading, [f"{each.name}: {each.asked} asked, {each.granted} granted" for each in shares])


def _list(heading: str, told: Sequence[str]) -> list[Block]:
    if not told:
        return []
    rest = [f"and {len(told) - LISTED} more"] if len(told) > LISTED else []
    return sections([f"*{heading}*", *(prose(each, _LONGEST) for each in told[:LISTED]), *rest])
