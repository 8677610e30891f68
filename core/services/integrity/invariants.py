"""Looks every few minutes whether what must always hold does hold, in production as in tests.

It reads, and mends nothing: what it finds is work that others should have done. That the audit trail holds is looked
at by ``trail_watch.py``, which walks all of it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from core.domain.alarm import (
    ARCHIVED_WITHIN,
    EVENTS_WITHIN,
    PAST_END_AFTER,
    WAITING_AFTER,
    AccessPastEnd,
    AlarmKind,
    ArchiveAhead,
    ArchiveBehind,
    EventsWaiting,
    LeasesHeld,
    MessagesWaiting,
    WaitingWork,
    WorkWaiting,
    Wrong,
)
from core.domain.durations import show_duration
from core.domain.errors import Upstream
from core.domain.ids import show_request_id
from core.ports import Clock, OpenUnit, SharedRound
from core.services.audit.archive_files import ArchiveFiles
from core.services.audit.delivery_progress import delivery_states
from core.services.audit.trail_proof import archived_behind
from core.services.notifications.alarms import Alarms
from core.services.runtime.lease_renewal import LEASE, renewing

ROUND = "invariants"
CHECKED_EVERY = timedelta(minutes=2)
NAMED = 5
MOST = 1000
"""Requests that are counted; of more the number says no more than that."""

log = structlog.get_logger()


class Invariants:
    def __init__(
        self,
        look: OpenUnit,
        open_unit: OpenUnit,
        clock: Clock,
        files: ArchiveFiles | None,
        destinations: Sequence[str] = (),
    ) -> None:
        """``files``: where the audit trail is kept a second time, and has to follow it; None where it is not.

        ``destinations``: the names of those that events are delivered to.
        """
        self._destinations = destinations
        self._look = look
        self._open_unit = open_unit
        self._clock = clock
        self._alarms = Alarms(open_unit, clock)
        self._files = files
        self._questions: dict[AlarmKind, Callable[[], Awaitable[Wrong | None]]] = {
            AlarmKind.PAST_END: self._past_end,
            AlarmKind.LEASES: self._leases,
            AlarmKind.MESSAGES: self._messages,
            AlarmKind.WORK: self._work,
            AlarmKind.EVENTS: self._events,
            **({AlarmKind.ARCHIVE: self._archive, AlarmKind.ARCHIVE_AHEAD: self._ahead} if files else {}),
        }

    async def work(self) -> None:
        """Check everything, unless another replica has just done so. One that cannot be checked keeps no other back."""
        claimed = await self._claim()
        if claimed is None:
            return
        faults = await renewing(self._ask(), lambda: self._hold(claimed))
        async with self._open_unit() as unit:
            await unit.shared_rounds.release(claimed, self._clock.now() + CHECKED_EVERY)
            await unit.commit()
        if faults:
            raise faults[0]

    async def _ask(self) -> Sequence[Exception]:
        """Note the answer to each question; returns the faults that questions met."""
        faults: list[Exception] = []
        for kind, question in self._questions.items():
            try:
                await self._alarms.note(kind, await question())
            except Upstream as error:
                log.warning("invariant cannot be checked", invariant=kind.value, because=str(error))
            except Exception as error:  # noqa: BLE001 - raised once all the others were looked at
                faults.append(error)
        return faults

    async def _hold(self, claimed: SharedRound) -> None:
        async with self._open_unit() as unit:
            await unit.shared_rounds.hold(claimed, self._clock.now() + LEASE)
            await unit.commit()

    async def broken(self) -> tuple[Sequence[Wrong], Sequence[Upstream]]:
        """The invariants that are broken now, and what kept others from being looked at. Nobody is told."""
        found: list[Wrong] = []
        unknown: list[Upstream] = []
        for question in self._questions.values():
            try:
                wrong = await question()
            except Upstream as error:
                unknown.append(error)
            else:
                found += [wrong] if wrong is not None else []
        return found, unknown

    async def _claim(self) -> SharedRound | None:
        async with self._open_unit() as unit:
            claimed = await unit.shared_rounds.claim(ROUND, self._clock.now(), LEASE)
            await unit.commit()
        return claimed

    async def _past_end(self) -> AccessPastEnd | None:
        """Access by requests whose time was over more than a minute ago, or that were revoked then (rule 17)."""
        async with self._look() as unit:
            late = await unit.requests.past_end(self._clock.now() - PAST_END_AFTER, MOST)
        if not late:
            return None
        since = min(at for request in late for at in (request.end_at, request.revoking_at) if at is not None)
        named = ", ".join(show_request_id(request.id) for request in late[:NAMED])
        return AccessPastEnd(named, len(late), since)

    async def _leases(self) -> LeasesHeld | None:
        now = self._clock.now()
        async with self._look() as unit:
            stale = await unit.backlog.stale_leases(now, now - WAITING_AFTER)
        where = ", ".join(f"{table} ({count})" for table, count in sorted(stale.items()))
        return LeasesHeld(where) if where else None

    async def _messages(self) -> MessagesWaiting | None:
        async with self._look() as unit:
            since = await unit.backlog.oldest_message()
        return MessagesWaiting(since) if since is not None and self._is_too_old(since) else None

    async def _work(self) -> WorkWaiting | None:
        async with self._look() as unit:
            command = await unit.backlog.oldest_act()
            assignment = await unit.backlog.oldest_assignment(self._clock.now())
        if command is not None and self._is_too_old(command):
            return WorkWaiting(WaitingWork.COMMANDS, command)
        if assignment is not None and self._is_too_old(assignment):
            return WorkWaiting(WaitingWork.ASSIGNMENTS, assignment)
        return None

    def _is_too_old(self, since: datetime) -> bool:
        return self._clock.now() - since > WAITING_AFTER

    async def _archive(self) -> ArchiveBehind | None:
        behind = await archived_behind(self._look, self._clock)
        return ArchiveBehind(show_duration(behind)) if behind > ARCHIVED_WITHIN else None

    async def _events(self) -> EventsWaiting | None:
        """Asked where events go nowhere as well: an alarm about a destination that was taken out is over."""
        now = self._clock.now()
        states = await delivery_states(self._look, self._destinations)
        late = {state.name: state.since for state in states if state.since and state.behind(now) > EVENTS_WITHIN}
        return EventsWaiting(", ".join(late), min(late.values())) if late else None

    async def _ahead(self) -> ArchiveAhead | None:
        """A database that was restored knows less than its archive."""
        ahead = await self._files.ahead() if self._files else None
        return ArchiveAhead(ahead.end.seq, ahead.day.isoformat(), ahead.key) if ahead else None
