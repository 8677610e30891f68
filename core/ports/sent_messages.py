"""Messages whose buttons will lose their use."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.domain.notices import Notice
from core.ports.chat import MessageRef


class SentMessages(Protocol):
    """By what they are about (``subject_of``)."""

    async def note(self, subject: str, at: MessageRef, notice: Notice, now: datetime) -> None:
        """Remember a message, and what it said."""
        ...

    async def of(self, subject: str) -> Sequence[Notice]:
        """An edit of each, oldest first, with the facts that it was sent with."""
        ...

    async def since(self, subject: str, sent_after: datetime) -> Sequence[Notice]:
        """Those of them that were sent after that."""
        ...

    async def renew(self, subject: str, at: MessageRef, notice: Notice) -> None:
        """Remember what a message says and is about now, in the place of what it was."""
        ...

    async def forget(self, sent_before: datetime) -> int:
        """Delete what was sent before that; returns how many there were."""
        ...
