"""The time limit of an answer, by the platform that waits shortest: one deadline over all that is done before it."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import TypeVar

from core.domain.errors import Upstream

T = TypeVar("T")

ANSWER_WITHIN = 2.6
"""Seconds from the arrival of a form or type-ahead to its answer; Slack gives up after 3, the way there included."""
ACT_WITHIN = timedelta(seconds=1.8)
"""The part of it for doing what the person wants; the rest is for the answer."""


class AnswerDeadline:
    """Begins when it is made: make it first. Without a length of its own it is ``ANSWER_WITHIN``."""

    def __init__(self, seconds: float | None = None) -> None:
        self._at = asyncio.get_running_loop().time() + (ANSWER_WITHIN if seconds is None else seconds)

    @property
    def left(self) -> float:
        """Seconds, never less than none."""
        return max(self._at - asyncio.get_running_loop().time(), 0.0)

    async def wait(self, work: Awaitable[T]) -> T:
        """TimeoutError when the deadline comes first; the work is cancelled then."""
        return await asyncio.wait_for(work, self.left)

    async def or_else(self, work: Awaitable[T], otherwise: T) -> T:
        """For what an answer is better with and true without."""
        try:
            return await self.wait(work)
        except (TimeoutError, Upstream):
            return otherwise
