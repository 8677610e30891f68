"""A quick look at both ends of the audit trail: at its anchor, and at the event that its archive ends with.

It reads three rows, however long the trail has become, so that it can be taken every few seconds. That everything
in between holds is proved by a walk over all of it (``core.domain.audit.Walk``).
"""

from core.domain.audit import Anchor, Break, broken_end
from core.ports import OpenUnit, UnitOfWork


async def look_at_ends(look: OpenUnit) -> Break | None:
    """Say where the trail is not the one that was anchored, or not the one that was archived."""
    async with look() as unit:
        anchor = await unit.audit.anchor()
        archived = (await unit.archive.get()).end
        return broken_end(anchor, archived, await _from(unit, anchor.seq), await _from(unit, archived.seq))


async def _from(unit: UnitOfWork, seq: int) -> tuple[Anchor, ...]:
    """The event with this number and the one behind it, as far as they are there."""
    return tuple(Anchor(event.seq, event.hash) for event in await unit.audit.page(max(seq, 1) - 1, 2))
