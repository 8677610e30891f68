"""Files that were asked for, in plain sentences: what is in one, or why there is none. No markup here."""

from collections.abc import Iterable, Iterator

from core.domain.activity import Limit
from core.domain.commands import ExportKind
from core.domain.notice_content import Exported, ExportFailed
from core.domain.people import ChatUser
from core.services.audit.activity_rows import INCOMPLETE
from core.services.audit.request_rows import OF_ADDRESSES, OF_OTHERS
from handlers.words import activity_words, failure_words
from handlers.words.counts import counted
from handlers.words.platforms import platform_of

_THEN = "Export again once that is fixed."
_WHAT = {
    ExportKind.REQUESTS: "request",
    ExportKind.ACTIVITY: "event",
    ExportKind.REPORT: "figure",
    ExportKind.CHARTS: "request",
}
_LACKS = {
    INCOMPLETE: activity_words.MORE_MAY_COME,
    OF_OTHERS: "Only your own requests are included, and those of others for what you may approve.",
    OF_ADDRESSES: (
        "Nobody in IAM Identity Center has one of the addresses that were searched for: somebody who has left is found "
        "by a part of their name."
    ),
}
_REPORTS = frozenset({ExportKind.REPORT, ExportKind.CHARTS})


def export(content: Exported | ExportFailed, reader: ChatUser | None) -> str:
    """Say with an exported file what is in it, or why there is none."""
    subject = _subject(content.export, content.subject)
    if isinstance(content, ExportFailed):
        return f"{subject} could not be exported, and nothing was sent. {failure_words.why(content.failure, _THEN)}"
    if content.unsure:
        unsure = f"the file was sent, but {platform_of(reader)} did not confirm it. Export again if it is missing."
        return " ".join([f"{subject}: {unsure}", *_lacks(content.lacks)])
    return " ".join([_content(content), "Times are in UTC.", *_lacks(content.lacks)])


def _subject(kind: ExportKind, subject: str) -> str:
    if kind is ExportKind.ACTIVITY:
        return f"Session activity of {_request_and_day(subject)}"
    if kind in _REPORTS:
        return f"The report of {_days(subject)}"
    return "The requests" + (f" ({subject})" if subject else "")


def _content(exported: Exported) -> str:
    kind, subject, rows = exported.export, exported.subject, exported.rows
    found = counted(rows, _WHAT[kind]) if rows is not None else "everything that was found"
    if kind is ExportKind.ACTIVITY:
        return f"Session activity of {_request_and_day(subject)}: {found} as CSV, straight from the logs."
    if kind is ExportKind.CHARTS:
        return f"Access report, {_days(subject)}: charts of {found}, as of when this was made."
    if kind is ExportKind.REPORT:
        return f"Access report, {_days(subject)}: {found} as CSV, as of when this was made."
    of = f" ({subject})" if subject else ""
    return f"{found[:1].upper()}{found[1:]} as CSV{of}, as of when this was made."


def _lacks(lacks: Iterable[str]) -> Iterator[str]:
    """A file outlives the screen that says what it leaves out."""
    for lack in lacks:
        if lack in set(Limit):
            yield activity_words.limit(Limit(lack))
        elif lack in _LACKS:
            yield _LACKS[lack]


def _request_and_day(subject: str) -> str:
    number, _, day = subject.partition(" ")
    return f"{number} on {day}" if day else number


def _days(subject: str) -> str:
    return subject.replace(" ", " to ")
