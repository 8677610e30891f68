"""Session activity as a file for spreadsheets, for whoever asked for it. That it was sent is on record (rule 23)."""

import asyncio
import csv
import hashlib
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from core.domain.activity import ActivityEvent
from core.domain.audit import AuditEvent
from core.domain.ids import RequestId, show_request_id
from core.domain.notices import Form, Notice, Recipient, Topic
from core.domain.people import ChatUser, Person
from core.domain.request import Actor
from core.domain.spreadsheet import harmless
from core.ports import Clock, FileSender, OpenUnit
from core.services.activity import Activity, ActivityReport

COLUMNS = (
    *("request", "time_utc", "service", "event", "kind", "error_code", "error_message", "region", "account_id"),
    *("resources", "source_ip", "user_agent", "session_began_utc", "access_key_id", "attributed_by", "event_id"),
)


class ActivityExport:
    """Everything that was read, not the page. Nothing is stored of it here."""

    def __init__(self, open_unit: OpenUnit, activity: Activity, files: FileSender, clock: Clock) -> None:
        self._open_unit = open_unit
        self._activity = activity
        self._files = files
        self._clock = clock

    async def send(self, chat_user: ChatUser, request_id: RequestId, day: date | None = None) -> None:
        """Send the file as a direct message. Raises what ``Activity`` raises, and what the platform does."""
        person, request = await self._activity.found_by(chat_user, request_id, fresh=True)
        report = await self._activity.read(request, day)
        name = f"{show_request_id(request_id)}-activity.csv"
        with tempfile.TemporaryDirectory(prefix="teambot-activity-") as folder:
            file = Path(folder) / name
            digest = await asyncio.to_thread(write_activity, report, file)
            uploaded = await self._files.upload(file, name)
        await self._record(person, report, digest)
        facts = {"request": show_request_id(request_id), "events": str(len(report.events))}
        notice = Notice(Form.DIRECT, Topic.ACTIVITY, Recipient.chat(chat_user), facts=facts)
        await self._files.share(uploaded, name, chat_user, notice)

    async def _record(self, person: Person, report: ActivityReport, digest: str) -> None:
        """Before anybody sees it: what is on record and was not seen is better than the other way round."""
        actor = Actor(person.principal.name, person.id, person.chat_user)
        facts = {"rows": len(report.events), "sha256": digest}
        event = AuditEvent("activity.exported", self._clock.now(), actor, report.request.id, facts=facts)
        async with self._open_unit() as unit:
            await unit.audit.append(event)
            await unit.commit()


def write_activity(report: ActivityReport, file: Path) -> str:
    """Write the file; returns the digest of its bytes."""
    with file.open("w", encoding="utf-8-sig", newline="") as opened:  # spreadsheets tell UTF-8 by its mark alone
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        for event in report.events:
            writer.writerow(harmless(cell) for cell in _row(report, event))
    return hashlib.sha256(file.read_bytes()).hexdigest()


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
