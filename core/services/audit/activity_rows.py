"""Session activity of one request as rows of a table, for spreadsheets: everything that was read, not the page."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from core.domain.activity import ActivityEvent
from core.domain.errors import NotFound
from core.domain.ids import RequestId, read_request_id, show_request_id
from core.domain.people import ChatUser, Person
from core.ports import Export
from core.services.audit.export_maker import ExportFile, write_table
from core.services.audit.session_activity import ActivityReport, SessionActivityReader

COLUMNS = (
    *("request", "time_utc", "service", "event", "kind", "error_code", "error_message", "region", "account_id"),
    *("resources", "source_ip", "user_agent", "session_began_utc", "access_key_id", "attributed_by", "event_id"),
)
INCOMPLETE = "incomplete"
"""Said of what is read before the last session is over and its logs have come."""


def activity_subject(request_id: RequestId, day: date | None = None) -> str:
    """``R-1042``, and ``R-1042 2026-11-22`` for one day of it."""
    return " ".join(filter(None, (show_request_id(request_id), day.isoformat() if day else "")))


class ActivityRows:
    """Makes the file. Nothing is stored of it here."""

    def __init__(self, activity: SessionActivityReader) -> None:
        self._activity = activity

    def file_name(self, export: Export) -> str:
        return f"{export.subject.replace(' ', '-')}-activity.csv"

    async def allowed(self, chat_user: ChatUser, subject: str) -> Person:
        """Raises NotFound as well for what is no subject, and Refused for what never was active."""
        person, _ = await self._activity.found_by(chat_user, _read(subject)[0], fresh=True)
        return person

    async def write(self, person: Person, subject: str, file: Path) -> ExportFile:
        """Raises what ``SessionActivityReader.read`` raises."""
        request_id, day = _read(subject)
        report = await self._activity.read(await self._activity.seen_by(person, request_id), day)
        written = await write_table(file, COLUMNS, _pages(report))
        missing = (*sorted(limit.value for limit in report.limits), *(() if report.is_complete else (INCOMPLETE,)))
        return replace(written, lacks=missing)


def _read(subject: str) -> tuple[RequestId, date | None]:
    number, _, day = subject.partition(" ")
    request_id = read_request_id(number)
    if request_id is None:
        raise NotFound
    try:
        return request_id, date.fromisoformat(day) if day else None
    except ValueError:
        raise NotFound from None


async def _pages(report: ActivityReport) -> AsyncIterator[Iterator[Iterator[object]]]:
    yield (_row(report, event) for event in report.events)


def _row(report: ActivityReport, event: ActivityEvent) -> Iterator[object]:
    yield show_request_id(report.request.id)
    yield event.at.isoformat()
    yield event.service
    yield event.name
    yield "read" if event.read_only else "write"
    yield event.error_code
    yield event.error_message
    yield event.region
    yield report.query.account
    yield " ".join(event.resources)
    yield event.source_ip
    yield event.user_agent
    yield event.session_created_at.isoformat() if event.session_created_at else ""
    yield event.access_key
    yield event.attribution.value if event.attribution else ""
    yield event.id
