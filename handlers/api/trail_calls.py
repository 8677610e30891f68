"""Calls about the audit trail: its events as they are, from a place on, so many at a time."""

from aiohttp import web

from core.domain.audit_format import AuditLines, AuditLineStyle
from handlers.api.calls import Call

NDJSON = "application/x-ndjson"
MOST_EVENTS = 10_000
REFUSED = "trail.read_refused"
LINES = AuditLines(AuditLineStyle.JSONL)


async def read_trail(call: Call) -> web.StreamResponse:
    """An event a line, in order. The ``seq`` of the last line is the ``after`` of the next call."""
    after = call.number("after", otherwise=0, least=0, most=2**62)
    left = call.number("limit", otherwise=1000, least=1, most=MOST_EVENTS)
    await call.services.search.confirmed(call.caller.machine, REFUSED)
    answer = web.StreamResponse(headers={"Content-Type": NDJSON})
    await answer.prepare(call.request)
    async for line in call.services.trail.lines(LINES, lambda _: True, after=after):
        await answer.write(line.text)
        left -= 1
        if left == 0:
            break
    await answer.write_eof()
    return answer
