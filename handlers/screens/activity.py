"""Session activity: what was done with an access, by session, writes apart from reads, ten lines a page.

The same as a screen, and as a private answer to a command. The thread is told how much of what, no more.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.domain.activity import (
    ActivityEntry,
    ActivitySession,
    ActivityTally,
    Attribution,
    Limit,
    sessions,
    tally,
)
from core.domain.ids import RequestId, show_request_id
from core.domain.notice_content import ActivityFailed, ActivitySummary
from core.domain.request import Request
from core.services.audit.session_activity import ActivityReport
from handlers.screens import request_texts
from handlers.screens.ids import ActionId
from handlers.screens.memos import read_memo
from handlers.screens.numbers import read_number
from handlers.screens.parts import Break, Button, Part, aside, buttons, lines, row
from handlers.screens.request_buttons import request_button
from handlers.screens.screen import Message, Screen, message, note, shortened
from handlers.screens.spans import (
    NOTHING,
    Code,
    Duration,
    Emphasis,
    Instant,
    Said,
    Text,
    Untrusted,
    fill,
    joined,
    name,
    strong,
    strong_name,
    text,
)
from handlers.words import activity_words as said
from handlers.words import failure_words
from handlers.words.counts import counted

PAGE = 10
_MOST_ADDRESSES = 3
_THEN = "The button reads it again."


@dataclass(frozen=True, slots=True)
class _Room:
    """The longest that a resource, an error and a place may be."""

    resource: int = 120
    error: int = 200
    place: int = 60


_ROOMS = (_Room(), _Room(60, 80, 40), _Room(25, 40, 20))
"""For a message, with less of it where a platform has no room for long words."""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of a request's activity, of one day or of all. Written into a button's value."""

    request_id: RequestId
    page: int = 0
    day: date | None = None

    def dump(self) -> str:
        return json.dumps({"r": self.request_id, "p": self.page, "d": self.day.isoformat() if self.day else ""})

    @classmethod
    def load(cls, value: str) -> "ActivityPage | None":
        """None for anything that ``dump`` did not write."""
        try:
            stored = read_memo(value)
            day = date.fromisoformat(stored["d"]) if stored["d"] else None
            return cls(RequestId(read_number(stored["r"])), read_number(stored["p"]), day)
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True, slots=True)
class _Line:
    """One entry with the headings that it stands under."""

    session: int
    kind: str
    entry: ActivityEntry


def reading(request_id: RequestId, source: str) -> Screen:
    """The screen until the source has answered."""
    return note(_title(request_id), [row(Untrusted(reading_text(request_id, source)))], waits=True)


def reading_text(request_id: RequestId, source: str) -> str:
    """A plain sentence: whoever shows it escapes it."""
    where = f" from {source}" if source else ""
    return f"Reading the session activity of {show_request_id(request_id)}{where}. This takes up to a few minutes."


def trouble(request_id: RequestId, sentence: str) -> Screen:
    return note(_title(request_id), [row(Untrusted(sentence))])


def build(report: ActivityReport, page: int) -> Screen:
    """Show one page as a screen."""
    return note(_title(report.request.id), _parts(report, page))


def build_message(report: ActivityReport, page: int) -> Message:
    """Show one page as a private answer."""
    number = show_request_id(report.request.id)
    spoken = text("Session activity of ", number, ": ", counts(tally(report.events)), ".")
    return shortened(message(spoken, _parts(report, page, room)) for room in _ROOMS)


def summary(content: ActivitySummary | ActivityFailed, request: Request) -> Message:
    """One line in the thread, and the way to all of it."""
    spoken = summary_line(content, request)
    return message(spoken, [row(spoken), buttons(activity_button(request), id="activity.summary")])


def summary_line(content: ActivitySummary | ActivityFailed, request: Request) -> Text:
    """``Session activity of R-1042: 12 events …``"""
    number = show_request_id(request.id)
    if isinstance(content, ActivityFailed):
        why = Untrusted(failure_words.why(content.failure, _THEN), 1000)
        return text("🧾 Session activity of ", number, " could not be read. ", why)
    count, source = content.tally, Untrusted(content.source, None, "the logs")
    unread = text(" ", said.unread(content.unread)) if content.unread else NOTHING
    if not count.events and content.unsure:
        missing = text(" in ", source, ", and events may be missing: the button shows why.")
        return text("🧾 Session activity of ", number, ": none was found", missing, unread)
    if not count.events:
        return text("🧾 Session activity of ", number, ": none. ", source, " has no event of this access.", unread)
    cut = " There are more events than were read." if content.cut else ""
    told = text(counts(count), ". Attributed ", _attributed(count), ", from ", source, ".")
    return text("🧾 Session activity of ", number, ": ", told, cut, unread)


def counts(count: ActivityTally) -> str:
    """``12 events in 2 sessions, 3 writes, 1 error``"""
    if not count.events:
        return "no events"
    where = f"{counted(count.events, 'event')} in {counted(count.sessions, 'session')}"
    return f"{where}, {counted(count.writes, 'write')}, {counted(count.errors, 'error')}"


def activity_button(request: Request) -> Button:
    return request_button("Session activity", ActionId.ACTIVITY, request)


def _title(request_id: RequestId) -> str:
    return f"Activity of {show_request_id(request_id)}"


def _parts(report: ActivityReport, page: int, room: _Room = _ROOMS[0]) -> list[Part]:
    every = list(_lines(sessions(report.events)))
    last = max(0, (len(every) - 1) // PAGE)
    page = min(page, last)
    shown = every[page * PAGE : (page + 1) * PAGE]
    return [
        *_heading(report),
        _entries(report, shown, room) if shown else row(_nothing(report)),
        aside(*_small_print(report)),
        *_paging(report, page, last, len(every)),
    ]


def _heading(report: ActivityReport) -> list[Part]:
    request, query = report.request, report.query
    who = text(show_request_id(request.id), " · ", name(request.requester_name), " · ", request_texts.target(request))
    tail = (
        text(", sessions of up to ", Duration(request.session_duration), " included") if request.closed_at else " (now)"
    )
    span = text(Instant(query.start_at), " to ", Instant(query.end_at), tail)
    count = tally(report.events)
    told = text(strong(counts(count)), text(" · attributed ", _attributed(count)) if count.events else "")
    return [row("🧾 ", strong("Session activity"), " · ", who, "\n", span), row(told), Break()]


def _attributed(count: ActivityTally) -> str:
    """The ways in which events were attributed, with counts when both occur."""
    by = [(way, count.by[way]) for way in Attribution if count.by.get(way)]
    if len(by) == 1:
        return said.attribution(by[0][0])
    return ", ".join(f"{number} {said.attribution(way)}" for way, number in by)


def _lines(found: Sequence[ActivitySession]) -> Iterator[_Line]:
    for number, session in enumerate(found):
        yield from (_Line(number, "Writes", entry) for entry in session.writes)
        yield from (_Line(number, "Reads", entry) for entry in session.reads)


def _entries(report: ActivityReport, shown: Sequence[_Line], room: _Room) -> Part:
    """Headings stand where they change, and at the top of every page."""
    found = sessions(report.events)
    texts: list[Text] = []
    before: _Line | None = None
    for line in shown:
        if before is None or before.session != line.session:
            texts.append(_session_heading(line.session, found[line.session], room))
            before = None
        if before is None or before.kind != line.kind:
            texts.append(text(Emphasis(text(line.kind))))
        texts.append(_entry(line.entry, report.read_at, room))
        before = line
    return lines(*texts)


def _session_heading(number: int, session: ActivitySession, room: _Room) -> Text:
    addresses = joined(", ", (Code(address, room.place) for address in session.source_ips[:_MOST_ADDRESSES]))
    more = " and more" if len(session.source_ips) > _MOST_ADDRESSES else ""
    begun = text(strong("Session ", number + 1), " · began ", Instant(session.begun_at))
    return text(begun, " · from ", addresses, more) if addresses else begun


def _entry(entry: ActivityEntry, now: datetime, room: _Room) -> Text:
    event = entry.event
    resources = joined(", ", (Code(resource, room.resource) for resource in event.resources))
    again = text("×", entry.count, ", last ", Instant(entry.last_at, now)) if entry.count > 1 else ""
    error = ": ".join(filter(None, (event.error_code, event.error_message)))
    by = "by session name" if event.attribution is Attribution.SESSION_NAME else ""
    parts: tuple[Said, ...] = (
        Instant(event.at, now),
        text(Untrusted(event.service, room.place), " ", strong_name(event.name, room.place)),
        Untrusted(event.region, 30),
        resources,
        again,
        text("⛔ ", Untrusted(error, room.error)) if error else "",
        by,
    )
    return text("• ", joined(" · ", parts))


def _nothing(report: ActivityReport) -> Text:
    if report.is_complete:
        return text("These logs show nothing done in AWS with this access.")
    return text("Nothing yet. CloudTrail delivers events about five minutes later, sometimes fifteen.")


def _small_print(report: ActivityReport) -> Iterator[Said]:
    yield text("Read from ", Untrusted(report.source), " ", Instant(report.read_at), ".")
    if report.day:
        yield text("Only ", report.day.isoformat(), " (UTC).")
    if report.complete_at is None:
        yield "The access is still live: more events may follow."
    elif not report.is_complete:
        yield fill(
            "More events may follow until {complete_at}: sessions may still be open, and logs arrive late.",
            complete_at=Instant(report.complete_at, report.read_at),
        )
    limits = report.limits - ({Limit.UNREADABLE} if report.unread else set())
    left_out = [said.limit(limit) for limit in Limit if limit in limits]
    if report.unread:
        left_out.append(said.unread(report.unread))
    if left_out:
        yield Untrusted(" ".join(left_out), 2000)


def _paging(report: ActivityReport, page: int, last: int, found: int) -> list[Part]:
    def turn(label: str, action: ActionId, to: int) -> Button:
        place = ActivityPage(report.request.id, to, report.day)
        return Button(label, action, place.dump(), spoken=f"{label}: page {to + 1} of {last + 1}")

    where = f"Page {page + 1} of {last + 1}, {found} lines" if last else ""
    return [
        aside(where),
        buttons(
            turn("Previous", ActionId.ACTIVITY_PREVIOUS, page - 1) if page else None,
            turn("Next", ActionId.ACTIVITY_NEXT, page + 1) if page < last else None,
            _csv_button(report) if report.events else None,
            id="activity.paging",
        ),
    ]


def _csv_button(report: ActivityReport) -> Button:
    place = ActivityPage(report.request.id, day=report.day)
    return Button("Export as CSV", ActionId.ACTIVITY_CSV, place.dump(), spoken="Export as CSV: all events")
