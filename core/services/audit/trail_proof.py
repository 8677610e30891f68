"""A quick look at both ends of the audit trail: at its anchor, and at the event that its archive ends with.

It reads three rows, however long the trail has become, so that it can be taken every few seconds. That everything
in between holds is proved by a walk over all of it (``core.domain.audit.Walk``).
"""

from datetime import UTC, date, datetime, time, timedelta

from core.domain.audit import Anchor, ChainBreak, Sealed, broken_end, moment_of
from core.ports import Archived, Clock, OpenUnit, UnitOfWork

SETTLED_AFTER = timedelta(minutes=15)
"""A day is over for good that much later: replicas' clocks differ, and the last events are still being sealed."""


async def look_at_ends(look: OpenUnit) -> ChainBreak | None:
    """Say where the trail is not the one that was anchored, or not the one that was archived."""
    async with look() as unit:
        anchor = await unit.audit.anchor()
        archived = (await unit.archive.get()).end
        return broken_end(anchor, archived, await _from(unit, anchor.seq), await _from(unit, archived.seq))


async def _from(unit: UnitOfWork, seq: int) -> tuple[Anchor, ...]:
    """The event with this number and the one behind it, as far as they are there."""
    return tuple(Anchor(event.seq, event.hash) for event in await unit.audit.page(max(seq, 1) - 1, 2))


async def archived_behind(look: OpenUnit, clock: Clock) -> timedelta:
    """The time for which the oldest day that is over has waited to be archived; of a broken trail, since the last file.

    An event whose day cannot be read was tampered with: it breaks the trail as well.
    """
    broken = await look_at_ends(look)
    async with look() as unit:
        archived = await unit.archive.get()
        waiting = await unit.audit.page(archived.seq, 1)
    over = archived.next_day
    try:
        if waiting:
            over = day_of(waiting[0], archived) + timedelta(days=0 if broken else 1)
    except (ValueError, TypeError, KeyError):
        pass
    if over is None or (broken is None and not waiting):
        return timedelta()
    return max(clock.now() - datetime.combine(over, time.min, UTC) - SETTLED_AFTER, timedelta())


def day_of(event: Sealed, archived: Archived) -> date:
    """The day of the file that an event begins: its own, unless that one's file is written already."""
    own = moment_of(event).date()
    return max(own, archived.next_day) if archived.next_day else own
