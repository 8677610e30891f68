"""Figures of a period as rows of one table, for spreadsheets: what is counted, of whom or what, and the number."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from core.domain.figures import Access, Figures, PastDecision, Share
from core.domain.ids import show_request_id

COLUMNS = ("figure", "name", "id", "series", "value", "unit")
Row = tuple[str, str, str, str, object, str]


def rows(figures: Figures) -> Iterator[Row]:
    """Everything that the figures tell, whole: no list is cut short but that of the longest."""
    yield _row("period", "", "", "since", figures.period.since.isoformat(), "instant")
    yield _row("period", "", "", "until", figures.period.until.isoformat(), "instant")
    yield _row("period", "", "", "made_at", figures.made_at.isoformat(), "instant")
    yield from _totals(figures)
    for step in figures.over_time:
        for decision in PastDecision:
            name = step.begins.isoformat()
            number = step.decisions.get(decision, 0)
            yield _row(f"requests_by_{figures.period.step}", name, "", decision.value, number, "requests")
    yield from _shares("by_account", figures.accounts)
    yield from _shares("by_permission_set", figures.permission_sets)
    yield from _shares("by_person", figures.people)
    for pair in figures.pairs:
        names = f"{pair.requester_name} / {pair.approver_name}"
        ids = f"{pair.requester} / {pair.approver}"
        yield _row("always_approved_by", names, ids, "", pair.requests, "requests")
    for access in figures.longest:
        yield _access("longest", access, "length", _seconds(access.length), "seconds")
    for access in figures.held:
        yield _access("held_now", access, access.status.value, _instant(access.until), "instant")


def _totals(figures: Figures) -> Iterator[Row]:
    yield _row("requests", "", "", "", figures.asked, "requests")
    for decision in PastDecision:
        yield _row("requests", "", "", decision.value, figures.decisions.get(decision, 0), "requests")
    share, wait = figures.automatic_share, figures.median_to_approve
    yield _row("automatic_share", "", "", "", "" if share is None else round(share, 4), "share")
    yield _row("median_time_to_approve", "", "", "", "" if wait is None else _seconds(wait), "seconds")
    yield _row("approvals", "", "", "", figures.approvals, "approvals")
    yield _row("approvals", "", "", "within_seconds", figures.within_seconds, "approvals")
    yield _row("approvals", "", "", "at_night", figures.at_night, "approvals")
    yield _row("granted", "", "", "", figures.granted, "requests")
    yield _row("granted", "", "", "use_known", figures.known_use, "requests")
    yield _row("granted", "", "", "unused", figures.unused, "requests")
    yield _row("ended_early", "", "", "", figures.ended_early, "requests")
    yield _row("ended_early", "", "", "time_given_back", _seconds(figures.given_back), "seconds")


def _shares(figure: str, shares: Sequence[Share]) -> Iterator[Row]:
    for share in shares:
        yield _row(figure, share.name, share.id, "asked", share.asked, "requests")
        yield _row(figure, share.name, share.id, "granted", share.granted, "requests")
        yield _row(figure, share.name, share.id, "unused", share.unused, "requests")
        yield _row(figure, share.name, share.id, "time", _seconds(share.time), "seconds")


def _access(figure: str, access: Access, series: str, value: object, unit: str) -> Row:
    name = f"{access.requester_name} · {access.permission_set_name} in {access.account_name}"
    return _row(figure, name, show_request_id(access.request_id), series, value, unit)


def _row(figure: str, name: str, known: str, series: str, value: object, unit: str) -> Row:
    return (figure, name, known, series, value, unit)


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""
