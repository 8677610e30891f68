"""One trace for each request over its life, whichever process wrote which part of it."""

from dataclasses import replace
from datetime import datetime, timedelta

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot.tracing import RequestTraces, root_of
from core.domain.request import Event, Request, activated, advance, closed, granting
from tests.adapters.storage.samples import NOW, PENDING
from tests.fakes.clock import FakeClock

ASKED = replace(PENDING, created_at=NOW, start_at=None, justification="a reason that is nobody's business")


class Replica:
    """A process with traces of its own, and what it sent."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self._sent = InMemorySpanExporter()
        self.traces = RequestTraces(SimpleSpanProcessor(self._sent), self.clock)

    def at(self, minutes: float, before: Request, after: Request) -> Request:
        self.clock.move(NOW + timedelta(minutes=minutes) - self.clock.now())
        self.traces.changed(before, after)
        return after

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._sent.get_finished_spans())


def played(one: Replica, other: Replica) -> Request:
    """A life of which each process does some."""

    def moment(minutes: float) -> datetime:
        return NOW + timedelta(minutes=minutes)

    approved = one.at(5, ASKED, advance(ASKED, Event.APPROVE, moment(5), decided_at=moment(5)))
    asked = other.at(6, approved, granting(approved, moment(6)))
    active = other.at(7, asked, activated(asked, moment(7)))
    ending = one.at(60, active, advance(active, Event.END, moment(60), revoking_at=moment(60)))
    return one.at(61, ending, closed(ending, moment(61)))


def test_what_several_processes_did_is_one_trace_under_one_root() -> None:
    one, other = Replica(), Replica()
    request = played(one, other)
    spans = [*one.spans, *other.spans]
    root = next(span for span in spans if span.name == "request")
    phases = sorted((span for span in spans if span is not root), key=lambda span: span.start_time or 0)

    assert {span.context.trace_id for span in spans} == {root_of(request).trace_id}
    assert (root.parent, root.context.span_id) == (None, root_of(request).span_id)
    assert {phase.parent.span_id for phase in phases if phase.parent} == {root.context.span_id}
    assert [phase.name for phase in phases] == ["pending", "scheduled", "granting", "active", "revoking"]


def test_the_spans_last_as_long_as_what_they_are_about() -> None:
    one, other = Replica(), Replica()
    played(one, other)
    lengths = {span.name: ((span.end_time or 0) - (span.start_time or 0)) / 60e9 for span in (*one.spans, *other.spans)}

    assert lengths == {"pending": 5, "scheduled": 1, "granting": 1, "active": 53, "revoking": 1, "request": 61}


def test_two_requests_of_one_number_have_traces_of_their_own() -> None:
    later = replace(ASKED, created_at=NOW + timedelta(seconds=1))

    assert root_of(ASKED).trace_id != root_of(later).trace_id


def test_spans_name_no_person_and_give_no_reason() -> None:
    one = Replica()
    played(one, one)
    told = " ".join(str(span.attributes) for span in one.spans)

    assert f"R-{ASKED.id}" in told
    assert ASKED.requester not in told
    assert ASKED.requester_name not in told
    assert ASKED.justification not in told


def test_a_change_that_leaves_the_status_writes_nothing() -> None:
    one = Replica()
    one.at(1, ASKED, replace(ASKED, reminders=1))

    assert one.spans == []
