"""Lets the archive go on after a database was restored: said in the trail itself, by whom and why, never in silence.

The restored trail and the archive have one beginning, and since the backup two ends. What the database lost stays in
the files of its days. The trail that goes on names the end that it does not have, and is archived from behind the last
of those days.
"""

from datetime import timedelta

from core.domain.alarm import AlarmKind
from core.domain.archive import ArchiveFile
from core.domain.audit import AuditEvent
from core.domain.branches import REJOINED
from core.domain.request import Actor
from core.ports import Clock, OpenUnit
from core.services.integrity.recovery import SKIPPED
from core.services.notifications.alarms import clear


async def rejoin(open_unit: OpenUnit, clock: Clock, ahead: ArchiveFile, by: Actor, reason: str) -> None:
    """Seal that the archive has what this trail lost, and let its next file be that of the day after."""
    now = clock.now()
    async with open_unit() as unit:
        archived = await unit.archive.get()
        facts = {
            "archive_end": f"{ahead.end.seq}:{ahead.end.hash}",
            "archive_day": ahead.day.isoformat(),
            "last_in_both": f"{archived.end.seq}:{archived.end.hash}",
            "reason": reason,
        }
        await unit.requests.skip_numbers(SKIPPED)
        await unit.archive.skip_to(ahead.day + timedelta(days=1), now)
        await clear(unit, AlarmKind.ARCHIVE_AHEAD, clock, by)
        await unit.audit.append(AuditEvent(REJOINED, now, by, facts=facts))
        await unit.commit()
