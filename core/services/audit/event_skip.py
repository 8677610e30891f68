"""Passes over one event that a destination will never take: said in the trail, by whom and why, never in silence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.domain.audit import AuditEvent, Sealed, told
from core.domain.errors import Conflict
from core.domain.outgoing_events import Destination
from core.domain.request import Actor
from core.ports import Clock, OpenUnit, SharedRound, UnitOfWork
from core.services.audit.delivery_progress import DeliveryProgress, round_of
from core.services.runtime.lease_renewal import LEASE

SKIPPED = "events.skipped"


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """The event that a destination has not taken, and what was tried."""

    destination: str
    event: Sealed
    attempts: int
    since: datetime
    error: str

    @property
    def body(self) -> dict[str, Any]:
        return told(self.event)


class EventSkip:
    """For an operator alone: a receiver cannot ask for it, and nobody in chat can."""

    def __init__(self, open_unit: OpenUnit, clock: Clock) -> None:
        self._open_unit = open_unit
        self._clock = clock

    async def refused(self, destination: str) -> RefusedEvent | None:
        """The event that holds up a destination now; None where none has failed."""
        async with self._open_unit() as unit:
            known = await unit.shared_rounds.find(round_of(destination))
            return (
                await _refused(unit, destination, DeliveryProgress.load(known.place)) if known and known.place else None
            )

    async def skip(self, destination: Destination, seq: int, by: Actor, reason: str) -> RefusedEvent:
        """Go on behind event ``seq``. Conflict where that is not what holds it up, or is being sent at this moment.

        The lease keeps every replica from sending meanwhile, and the place and the event about it are one transaction.
        """
        now, name = self._clock.now(), destination.value
        async with self._open_unit() as unit:
            claimed = await unit.shared_rounds.claim(round_of(name), now, LEASE, early=True)
            if claimed is None:
                raise Conflict("An event is being sent there at this moment. Try again in half a minute.")
            found = await _refused(unit, name, DeliveryProgress.load(claimed.place)) if claimed.place else None
            if found is None or found.event.seq != seq:
                raise Conflict(f"Event {seq} doesn't hold anything up there{_instead(found)}.")
            place = DeliveryProgress(seq).dump()
            await unit.audit.append(AuditEvent(SKIPPED, now, by, facts=_facts(found, reason)))
            await unit.shared_rounds.release(SharedRound(claimed.name, place, claimed.fence), now)
            await unit.commit()
        return found


def _instead(found: RefusedEvent | None) -> str:
    return f": event {found.event.seq} does" if found else ", and no other does"


async def _refused(unit: UnitOfWork, destination: str, progress: DeliveryProgress) -> RefusedEvent | None:
    events = await unit.audit.page(progress.seq, 1)
    if not events or progress.failing_since is None:
        return None
    return RefusedEvent(destination, events[0], progress.attempts, progress.failing_since, progress.error)


def _facts(found: RefusedEvent, reason: str) -> dict[str, object]:
    """Enough to find the event in the trail, and to hand it over by other means."""
    return {
        "destination": found.destination,
        "event": found.event.seq,
        "event_id": found.event.hash,
        "event_type": found.body["action"],
        "failed_tries": found.attempts,
        "failing_since": found.since.isoformat(),
        "error": found.error,
        "reason": reason,
    }
