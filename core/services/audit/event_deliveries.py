"""Deliveries of the audit trail: to one receiver event by event, and to the archive's bucket every few minutes."""

import gzip
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from core.domain.archive import recent_key
from core.domain.audit import Sealed, moment_of, request_of
from core.domain.audit_format import AuditLines
from core.domain.outgoing_events import Destination, action_of, kind_of, outgoing
from core.domain.settings import Settings
from core.ports import AuditArchive, EventReceiver, OpenUnit
from core.services.audit.trail_export import requests_of

ARCHIVE = "archive"
"""The name of the delivery to the archive's bucket, beside those of ``Destination``."""


class Delivery(Protocol):
    """One way out for events. ``deliver`` takes what it ``wants`` of a stretch of at most ``at_once`` events."""

    @property
    def name(self) -> str: ...

    @property
    def at_once(self) -> int: ...

    @property
    def every(self) -> timedelta:
        """The time from one delivery to the next."""
        ...

    def wants(self, event: Sealed, settings: Settings) -> bool: ...

    async def deliver(self, events: Sequence[Sealed]) -> None:
        """Hand them over, in order. Raises Upstream; the same stretch, or a longer one, is then delivered again."""
        ...


class ReceiverDelivery:
    """Each event by itself to one receiver, as soon as it is there: those whose kind the settings name."""

    at_once = 1
    every = timedelta()

    def __init__(self, to: Destination, receiver: EventReceiver) -> None:
        self.name = to.value
        self._to = to
        self._receiver = receiver

    def wants(self, event: Sealed, settings: Settings) -> bool:
        return kind_of(action_of(event)) in getattr(settings, self._to.setting)

    async def deliver(self, events: Sequence[Sealed]) -> None:
        for event in events:
            await self._receiver.send(outgoing(event))


class RecentObjects:
    """New events of the trail as an object of the archive's bucket, beside the file of each day."""

    name = ARCHIVE
    at_once = 500

    def __init__(
        self, look: OpenUnit, archive: AuditArchive, every: timedelta, *, lines: AuditLines, prefix: str
    ) -> None:
        self._look = look
        self._archive = archive
        self.every = every
        self._lines = lines
        self._prefix = prefix

    def wants(self, _event: Sealed, _settings: Settings) -> bool:
        return True

    async def deliver(self, events: Sequence[Sealed]) -> None:
        """A second try may hold more events than the first, and then has another key: what was written stays."""
        first, last = events[0], events[-1]
        facts = {"first-seq": str(first.seq), "last-seq": str(last.seq), "last-hash": last.hash}
        with tempfile.TemporaryDirectory(prefix="teambot-archive-") as folder:
            file = Path(folder) / "recent.gz"
            file.write_bytes(gzip.compress(await self._written(events), mtime=0))
            key = recent_key(self._prefix, moment_of(last), first.seq, last, self._lines.style.value)
            await self._archive.put(key, file, facts)

    async def _written(self, events: Sequence[Sealed]) -> bytes:
        async with self._look() as unit:
            requests = await requests_of(unit, events, self._lines)
        lines = (self._lines.line(event, requests.get(request_of(event))) for event in events)
        return self._lines.heading + b"".join(lines)
