"""A trace for each request over its life, by OpenTelemetry: off unless TEAMBOT_TRACES says where they go.

Every process derives the same trace from the request itself. So asking, deciding, granting and taking away are in one
trace, whichever replica did each. Spans name no person and give no reason.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from threading import Thread

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from bot import __version__
from core.domain.ids import show_request_id
from core.domain.phases import phase_ended
from core.domain.request import Request
from core.ports import Clock

SENT_WITHIN = 2.0
"""Seconds at the end of the process for what was not sent yet: a collector that is away holds up nothing."""


class RequestTraces:
    """Writes a span for each phase of a request, and one over all of them when it is over."""

    def __init__(self, processor: SpanProcessor, clock: Clock) -> None:
        self._clock = clock
        self._ids = _GivenIds()
        resource = Resource.create({SERVICE_NAME: "teambot", SERVICE_VERSION: __version__})
        self._provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("teambot", __version__)

    def changed(self, before: Request, after: Request) -> None:
        """To be told of every change of a request."""
        phase = phase_ended(before, after)
        if phase is None:
            return
        now, whole = self._clock.now(), root_of(after)
        inside = trace.set_span_in_context(NonRecordingSpan(whole))
        told = {"teambot.request": show_request_id(after.id), "teambot.then": phase.then.value}
        span = self._tracer.start_span(phase.status.value, inside, start_time=_ns(phase.begun_at), attributes=told)
        span.end(_ns(max(now, phase.begun_at)))
        if after.is_over:
            self._write_root(after, whole, now)

    def _write_root(self, request: Request, whole: SpanContext, now: datetime) -> None:
        told = {
            "teambot.request": show_request_id(request.id),
            "teambot.outcome": request.status.value,
            "aws.account": request.target.account,
            "aws.permission_set": request.permission_set_name,
        }
        self._ids.given = whole
        span = self._tracer.start_span("request", Context(), start_time=_ns(request.created_at), attributes=told)
        span.end(_ns(max(request.closed_at or now, request.created_at)))

    def close(self) -> None:
        """Send what waits, for as long as the exporter tries to."""
        self._provider.shutdown()


def root_of(request: Request) -> SpanContext:
    """The trace of a request and its outermost span: by number and instant, so that no two installations share one."""
    digest = hashlib.sha256(f"{request.id} {request.created_at.isoformat()}".encode()).digest()
    trace_id, span_id = int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:24], "big")
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class _GivenIds(RandomIdGenerator):
    """Random ids, but for one span whose ids are given beforehand."""

    def __init__(self) -> None:
        self.given: SpanContext | None = None

    def generate_trace_id(self) -> int:
        return self.given.trace_id if self.given else super().generate_trace_id()

    def generate_span_id(self) -> int:
        given, self.given = self.given, None
        return given.span_id if given else super().generate_span_id()


@asynccontextmanager
async def exporting(clock: Clock) -> AsyncIterator[RequestTraces]:
    """Send traces by OTLP over HTTP, to where the SDK's own variables (``OTEL_EXPORTER_OTLP_…``) say."""
    exporter = OTLPSpanExporter()
    traces = RequestTraces(BatchSpanProcessor(exporter), clock)
    try:
        yield traces
    finally:
        sending = Thread(target=traces.close, daemon=True)  # the SDK waits for half a minute, which nobody has
        sending.start()
        await asyncio.to_thread(sending.join, SENT_WITHIN)
        exporter.shutdown()  # type: ignore[no-untyped-call]


def _ns(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000_000)
