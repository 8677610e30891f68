"""Traces leave the process when they are asked for, and a collector that is away is nobody's trouble."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.play import PROD_POWER, MakePlay

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Collector:
    """Takes what OTLP brings over HTTP."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.traces: set[bytes] = set()

    async def take(self, request: web.Request) -> web.Response:
        brought = ExportTraceServiceRequest.FromString(await request.read())
        for resource in brought.resource_spans:
            for scope in resource.scope_spans:
                self.names += [span.name for span in scope.spans]
                self.traces |= {span.trace_id for span in scope.spans}
        return web.Response(content_type="application/x-protobuf")


@asynccontextmanager
async def collecting() -> AsyncIterator[tuple[Collector, str]]:
    """A collector and its address."""
    collector, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield collector, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_request_is_one_trace_which_is_sent_at_the_latest_when_the_process_ends(make_play: MakePlay) -> None:
    async with collecting() as (collector, address):
        variables = {"TEAMBOT_TRACES": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": address}
        play = await make_play(variables=variables, forked=False)
        await play.grant("ada", PROD_POWER)

        assert await play.bot.stop() == 0
        assert sorted(collector.names) == ["granting", "pending", "scheduled"]
        assert len(collector.traces) == 1


async def test_a_collector_that_is_away_holds_up_nothing_and_is_told_without_a_traceback(make_play: MakePlay) -> None:
    async with collecting() as (_, address):
        pass
    variables = {"TEAMBOT_TRACES": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": address}
    play = await make_play(variables=variables, forked=False)
    await play.grant("ada", PROD_POWER)

    assert await play.bot.stop() == 0
    assert "Traceback" not in play.whole_log()
    assert "[warning  ] Transient error" in play.whole_log()
