"""A search in words: what it looks for, and what of it was not understood. No markup here."""

from collections.abc import Mapping, Sequence
from datetime import date

from core.domain.ids import show_request_id
from core.domain.request import Status
from core.domain.search import Search, SearchProblem, Unclear
from handlers.words.states import state_of

HOW = (
    "You can type any words, and person: account: set: status: approver: ticket: text: from: to: with a value. "
    "Put a value with spaces in quotes."
)
EXAMPLE = 'ada account:"Payments Prod" status:active,pending from:2026-11-01 to:2026-11-22'
_STATUS_NAMES = ", ".join([*(status.value for status in Status), "live", "open", "over"])


def puzzle(each: SearchProblem) -> str:
    """Say what was not understood, and what would be."""
    match each.what:
        case Unclear.UNKNOWN_KEY:
            meant = f" Did you mean “{each.meant}:”?" if each.meant else ""
            return f"Unknown filter {each.typed}:.{meant} To look for the text itself, put it in quotes."
        case Unclear.NO_VALUE:
            return f"{each.typed}: needs a value right after the colon."
        case Unclear.UNKNOWN_STATUS:
            meant = f" Did you mean {each.meant}?" if each.meant else ""
            return f"{each.typed} is not a status.{meant} Use one of: {_STATUS_NAMES}."
        case Unclear.NO_DATE:
            return f"{each.typed} is not a date. Write it as 2026-11-22, today, yesterday, or 7d for a week ago."
        case Unclear.BACKWARDS:
            return f"from:{each.typed} is after to:{each.meant}. Swap them."
        case Unclear.TOO_LONG:
            return f"A search can have at most {each.typed} characters. Shorten it."


def unknown(addresses: Sequence[str]) -> str:
    """Say of addresses that they lead to nobody, so that nothing found is not taken for nothing done."""
    return (
        f"Nobody in IAM Identity Center has the address {' or '.join(addresses)} now. To find somebody who has left, "
        "search for a part of their name."
    )


def described(search: Search, names: Mapping[str, str]) -> str:
    """A search in one line; empty for everything. ``names``: what ids are called."""
    statuses = ", ".join(state_of(status).word.lower() for status in Status if status in search.statuses)
    parts = [
        _any("asked by", search.people, names),
        _any("in", search.accounts, names),
        _any("as", search.permission_sets, names),
        statuses,
        _any("decided by", search.approvers, names),
        _any("ticket", search.tickets, names),
        _days(search.since, search.until),
        _any("", tuple(map(show_request_id, search.numbers)), names),
        " and ".join(f"“{word}”" for word in search.words),
    ]
    return " · ".join(filter(None, parts))


def _any(what: str, values: Sequence[str], names: Mapping[str, str]) -> str:
    named = " or ".join(names.get(value, value) for value in values)
    return f"{what} {named}".strip() if named else ""


def _days(since: date | None, until: date | None) -> str:
    if since and since == until:
        return f"asked on {since}"
    return " ".join(filter(None, (f"from {since}" if since else "", f"to {until}" if until else "")))
