"""A painter whose pictures only say what would be on them."""

import json
from collections.abc import Sequence

from core.ports import Chart


class FakePainter:
    def __init__(self) -> None:
        self.fails: Exception | None = None
        """Raised instead of drawing."""

    async def picture(self, title: str, facts: Sequence[tuple[str, str]], charts: Sequence[Chart]) -> bytes:
        return json.dumps([title, dict(facts), [chart.alt for chart in await self._drawn(charts)]]).encode()

    async def drawings(self, charts: Sequence[Chart]) -> Sequence[str]:
        return [f"<svg><title>{chart.title}</title></svg>" for chart in await self._drawn(charts)]

    async def _drawn(self, charts: Sequence[Chart]) -> Sequence[Chart]:
        if self.fails is not None:
            raise self.fails
        return charts
