"""Charts drawn by a process of their own, with matplotlib: it ends when they are drawn, and its memory with it.

The process is given nothing of this one but the charts: no environment, so no secret. The library is loaded there
alone, and only when something is drawn (docs/adr/0030).
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec

import structlog

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.ports import Chart

LIBRARY = "matplotlib"
MISSING = "Charts need matplotlib: install it with `pip install 'teambot[report]'`"
DRAWN_WITHIN = 120.0
"""Seconds; it takes one or two. On a machine that is this busy the drawing is given up, and tried again."""
_SHOWN = 2000

log = structlog.get_logger()


class MatplotlibPainter:
    """The ChartPainter port. ``command`` starts what draws: see ``core.adapters.charts.__main__``."""

    def __init__(self, command: Sequence[str] = (sys.executable, "-P", "-m", "core.adapters.charts")) -> None:
        self._command = command
        self._turn = asyncio.Semaphore(1)

    async def picture(self, title: str, facts: Sequence[tuple[str, str]], charts: Sequence[Chart]) -> bytes:
        return await self._draw({"title": title, "facts": list(facts), "charts": [asdict(chart) for chart in charts]})

    async def drawings(self, charts: Sequence[Chart]) -> Sequence[str]:
        drawn: list[str] = json.loads(await self._draw({"charts": [asdict(chart) for chart in charts]}))
        return drawn

    async def _draw(self, what: dict[str, object]) -> bytes:
        """One at a time: each takes some 110 MB while it lasts."""
        if find_spec(LIBRARY) is None:
            raise UpstreamRefused(MISSING, code="no_charts", side=Side.BOT)
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="teambot-charts-") as folder:
                return await self._drawn(json.dumps(what).encode(), folder)

    async def _drawn(self, what: bytes, folder: str) -> bytes:
        environment = {"MPLCONFIGDIR": folder, "HOME": folder, "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore"}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, env=environment, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe
        )
        try:
            async with asyncio.timeout(DRAWN_WITHIN):
                drawn, complaint = await process.communicate(what)
        except TimeoutError:
            raise UpstreamBusy("The charts were not drawn in time.", side=Side.BOT) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            log.error(
                "charts were not drawn", code=process.returncode, said=complaint.decode(errors="replace")[-_SHOWN:]
            )
            raise UpstreamRefused("The charts could not be drawn: see the log.", code="not_drawn", side=Side.BOT)
        return drawn
