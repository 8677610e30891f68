"""E-mail that was sent, and what the service answers instead of sending."""

import asyncio
from collections import deque

from core.ports import Mail


class FakeMails:
    def __init__(self) -> None:
        self.sent: list[tuple[str, Mail]] = []
        self.fails: deque[Exception] = deque()

    async def send(self, to: str, mail: Mail) -> str:
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails.popleft()
        self.sent.append((to, mail))
        return f"mail-{len(self.sent)}"
