"""Follows the audit trail for every destination outside: in order, at least once, by one replica at a time.

How far each has come is a number in the database, and nothing of the trail is stored a second time. One that takes
nothing holds up neither the trail nor another one.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from core.domain.audit import Sealed
from core.domain.errors import Conflict, Upstream
from core.domain.settings import Settings
from core.ports import Background, Clock, OpenUnit, SharedRound
from core.services.audit.delivery_progress import DeliveryProgress, round_of
from core.services.audit.event_deliveries import Delivery
from core.services.runtime.lease_renewal import LEASE, renewing
from core.services.runtime.retries import asked_pause, doubled

PAGE = 500
"""Events of one turn: what is left is the next turn's, perhaps another replica's."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
LOOK_AGAIN_AFTER = timedelta(seconds=5)
"""The pause before a turn is asked for again: another replica has it, or it is not due yet."""

DELIVERED, FAILED = "delivered", "failed"
ObserveDelivery = Callable[[str, str, int], None]
"""Told of every try: the destination, what came of it, and of how many events."""

log = structlog.get_logger()


def unobserved(destination: str, outcome: str, events: int) -> None:
    """Nobody counts."""


@dataclass(slots=True)
class _Turn:
    """A turn at one destination, as long as its lease lasts."""

    claimed: SharedRound
    progress: DeliveryProgress
    until: datetime


class TrailFollower:
    """``work`` is called every second; nobody waits for what it begins."""

    def __init__(
        self,
        look: OpenUnit,
        open_unit: OpenUnit,
        deliveries: Sequence[Delivery],
        clock: Clock,
        background: Background,
        observe: ObserveDelivery = unobserved,
    ) -> None:
        self._look = look
        self._open_unit = open_unit
        self._deliveries = deliveries
        self._clock = clock
        self._background = background
        self._observe = observe
        self._working: dict[str, asyncio.Task[None]] = {}
        self._not_before: dict[str, datetime] = {}

    @property
    def destinations(self) -> Sequence[str]:
        return [delivery.name for delivery in self._deliveries]

    async def work(self) -> int:
        """Begin a turn at each destination that is behind and has none; returns how many were begun."""
        behind = [each for each in self._deliveries if self._is_free(each.name)]
        if behind:
            behind = await self._behind(behind)
        for each in behind:
            self._working[each.name] = self._background.start(self._follow(each), round_of(each.name))
        return len(behind)

    async def done(self) -> None:
        """Wait for what was begun here."""
        for working in tuple(self._working.values()):
            await working

    def _is_free(self, name: str) -> bool:
        working = self._working.get(name)
        is_idle = working is None or working.done()
        rests = self._not_before[name] - self._clock.now() if name in self._not_before else timedelta()
        return is_idle and not timedelta() < rests <= LOOK_AGAIN_AFTER  # longer: the clock was set back since

    async def _behind(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        async with self._look() as unit:
            end = (await unit.audit.anchor()).seq
            known = {each.name: await unit.shared_rounds.find(round_of(each.name)) for each in deliveries}
        return [each for each in deliveries if _is_behind(known[each.name], end)]

    async def _follow(self, delivery: Delivery) -> None:
        try:
            await self._take_turn(delivery)
        except Conflict:  # it took longer than the lease, and another replica goes on from where this one was
            log.warning("deliveries were taken over", destination=delivery.name)
        except Upstream as error:  # the database is away
            self._rest(delivery, LOOK_AGAIN_AFTER)
            log.warning("deliveries put off", destination=delivery.name, because=str(error))

    async def _take_turn(self, delivery: Delivery) -> None:
        turn = await self._claim(delivery)
        if turn is None:
            self._rest(delivery, LOOK_AGAIN_AFTER)
            return
        async with self._look() as unit:
            settings = (await unit.policies.current()).settings
            events = await unit.audit.page(turn.progress.seq, PAGE)
        for stretch in _stretches(events, delivery.at_once):
            if not await self._deliver(delivery, turn, stretch, settings):
                return
        await self._release(delivery, turn, delivery.every)

    async def _claim(self, delivery: Delivery) -> _Turn | None:
        """A destination that is new gets what happens from its first turn on, whatever becomes of that turn."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            claimed = await unit.shared_rounds.claim(round_of(delivery.name), now, LEASE)
            end = (await unit.audit.anchor()).seq
            if claimed is not None and not claimed.place:
                claimed = replace(claimed, place=DeliveryProgress(end).dump())
                await unit.shared_rounds.hold(claimed, now + LEASE)
            await unit.commit()
        if claimed is None:
            return None
        progress = DeliveryProgress.load(claimed.place)
        if progress.seq > end:  # else the next events, under the same numbers, would be passed over
            log.error("the trail ends before what was delivered", destination=delivery.name, end=end, at=progress.seq)
            progress = DeliveryProgress(end)
        return _Turn(claimed, progress, now + LEASE)

    async def _deliver(self, delivery: Delivery, turn: _Turn, stretch: Sequence[Sealed], settings: Settings) -> bool:
        """Deliver a stretch and note that it was; False when it has to be tried again, which is noted too."""
        wanted = [event for event in stretch if delivery.wants(event, settings)]
        try:
            if wanted:
                self._refuse_when_late(turn)
                await renewing(delivery.deliver(wanted), lambda: self._hold(turn))
        except Conflict:
            raise
        except Upstream as error:
            await self._put_off(delivery, turn, error, str(error))
            return False
        except Exception as error:  # one event that meets a fault of this program keeps to its own destination
            incident = secrets.token_hex(4)
            log.exception("a delivery met a fault", destination=delivery.name, incident=incident)
            await self._put_off(delivery, turn, error, f"a fault of TEAM Bot, incident {incident}")
            return False
        turn.progress = DeliveryProgress(stretch[-1].seq)
        if wanted:
            await self._hold(turn)
            self._observe(delivery.name, DELIVERED, len(wanted))
        return True

    def _refuse_when_late(self, turn: _Turn) -> None:
        """A process may have been suspended, and another replica has gone on since."""
        if self._clock.now() >= turn.until:
            raise Conflict("the lease is over")

    async def _put_off(self, delivery: Delivery, turn: _Turn, error: Exception, because: str) -> None:
        now, before = self._clock.now(), turn.progress
        pause = asked_pause(error) or doubled(before.attempts, FIRST_PAUSE, LONGEST_PAUSE)
        turn.progress = before.failed(because, now)
        self._observe(delivery.name, FAILED, 1)
        log.warning(
            "events wait for a destination",
            destination=delivery.name,
            after=before.seq,
            again_in=str(pause),
            because=because,
        )
        await self._release(delivery, turn, pause)

    async def _hold(self, turn: _Turn) -> None:
        until = self._clock.now() + LEASE
        async with self._open_unit() as unit:
            await unit.shared_rounds.hold(replace(turn.claimed, place=turn.progress.dump()), until)
            await unit.commit()
        turn.until = until

    async def _release(self, delivery: Delivery, turn: _Turn, pause: timedelta) -> None:
        self._rest(delivery, min(pause, LOOK_AGAIN_AFTER))  # an operator may pass over an event meanwhile
        async with self._open_unit() as unit:
            await unit.shared_rounds.release(
                replace(turn.claimed, place=turn.progress.dump()), self._clock.now() + pause
            )
            await unit.commit()

    def _rest(self, delivery: Delivery, pause: timedelta) -> None:
        self._not_before[delivery.name] = self._clock.now() + pause


def _is_behind(known: SharedRound | None, end: int) -> bool:
    return known is None or not known.place or DeliveryProgress.load(known.place).seq != end


def _stretches(events: Sequence[Sealed], length: int) -> Iterator[Sequence[Sealed]]:
    return (events[start : start + length] for start in range(0, len(events), length))
