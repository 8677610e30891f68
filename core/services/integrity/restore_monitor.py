"""Notices that the database has forgotten what it knew: a failover that lost commits, or a backup in its place.

What a process has seen committed it keeps in mind: an audit trail that ends earlier now, or has another event there, is
one that went back.
"""

import structlog

from core.domain.alarm import AlarmKind, DatabaseWentBack
from core.domain.audit import Anchor
from core.ports import Clock, OpenUnit
from core.services.integrity.recovery import Recovery
from core.services.notifications.alarms import Alarms

log = structlog.get_logger()


class RestoreMonitor:
    """One a process: it compares the database with what this process knows of it."""

    def __init__(self, look: OpenUnit, open_unit: OpenUnit, clock: Clock, recovery: Recovery) -> None:
        self._look = look
        self._recovery = recovery
        self._alarms = Alarms(open_unit, clock)
        self._seen = Anchor()

    async def look(self) -> None:
        """Compare, and raise an alarm once; from the moment it is raised on, what is there now is what is known."""
        seen = self._seen
        async with self._look() as unit:
            anchor = await unit.audit.anchor()
            there = await unit.audit.page(seen.seq - 1, 1) if seen.seq else ()
        if seen.seq and [(event.seq, event.hash) for event in there] != [(seen.seq, seen.hash)]:
            await self._raise(seen, anchor)
        self._seen = anchor

    async def _raise(self, seen: Anchor, anchor: Anchor) -> None:
        self._recovery.suspect()
        ends = f"it ends with event {anchor.seq} now" if anchor.seq < seen.seq else "it has another one there now"
        wrong = DatabaseWentBack(f"event {_named(seen)} of the audit trail is gone, {ends}")
        await self._alarms.note(AlarmKind.WENT_BACK, wrong)


def _named(end: Anchor) -> str:
    return f"{end.seq}:{end.hash[:12]}"
