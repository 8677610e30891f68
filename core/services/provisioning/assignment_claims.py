"""Takes up the assignments that are due, and hands the slots that become free to those that wait for one.

What is to be deleted whatever AWS would say has its slot, or its place in line, by the unit of work that claims it. So
when much ends at once no slot is idle for want of a turn at the database.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.domain.assignment import MAX_OUTSTANDING, Assignment, Operation, OperationKind, is_deleted_at_once
from core.ports import Clock, OpenUnit, UnitOfWork
from core.services.provisioning.assignment_book import AssignmentBook, ReconcilePass

LEASE = timedelta(seconds=20)
"""Longer than the calls of one pass take as a rule; a slower pass loses its fence, and with it the right to write."""

UNREADABLE_FOR = timedelta(minutes=1)

log = structlog.get_logger()


class AssignmentClaims:
    def __init__(self, open_unit: OpenUnit, clock: Clock, book: AssignmentBook) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._book = book

    async def due(self, places: int) -> list[ReconcilePass]:
        """Claim what is due. So many places are free, some of them for what is in flight alone."""
        now, limit = self._clock.now(), places - MAX_OUTSTANDING
        async with self._open_unit() as unit:
            passes = await self._passes(unit, await unit.assignments.claim_due(now, LEASE, limit), now)
            await unit.commit()
        return passes

    async def hand_on(self, here: ReconcilePass) -> list[ReconcilePass]:
        """Store that its operation is over, and give the slot to the next in line. Whatever goes on from here."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            await unit.assignments.keep(here.assignment)
            next_ones = await self._passes(unit, await unit.assignments.claim_next_in_line(now, LEASE), now)
            await unit.commit()
        return [*next_ones, here]

    async def _passes(self, unit: UnitOfWork, claimed: Sequence[Assignment], now: datetime) -> list[ReconcilePass]:
        found = [await self._pass(unit, assignment, now) for assignment in claimed]
        return [here for here in found if here is not None]

    async def _pass(self, unit: UnitOfWork, assignment: Assignment, now: datetime) -> ReconcilePass | None:
        """None for what stands in line now, and for what cannot be read: that is put off, and keeps no slot."""
        try:
            live = await unit.requests.live_of(assignment.principal, assignment.target)
        except (ValueError, KeyError, TypeError):
            log.exception("requests cannot be read", assignment=assignment.id, incident=secrets.token_hex(4))
            await unit.assignments.save(replace(assignment, waits_for=None, next_try_at=now + UNREADABLE_FOR))
            return None
        here = ReconcilePass(replace(assignment, waits_for=None), live, now)
        if not is_deleted_at_once(here.assignment, live, now):
            return here
        begun = await unit.assignments.begin(here.assignment, Operation(OperationKind.DELETE, now))
        if begun is None:
            await unit.assignments.save(self._book.in_line(here, OperationKind.DELETE))
            return None
        return replace(here, begun=begun)
