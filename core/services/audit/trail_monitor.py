"""Proves the audit trail over and over while the bot runs, and tells where it is broken (rule 23).

Both ends are looked at in every pass; everything in between is walked a stretch at a time, so that a trail of any
length costs the same each second. Each replica walks for itself; what one finds is told once.
"""

from datetime import timedelta

import structlog

from core.domain.audit import Anchor, ChainBreak, Walk
from core.domain.notice_content import TrailBroken, TrailWhole
from core.domain.notices import notices_to_admins
from core.ports import Clock, OpenUnit
from core.services.audit.trail_proof import look_at_ends

STRETCH, STRETCHES = 500, 4
"""Events read at once, and how often in one pass."""
WALK_AGAIN_AFTER = timedelta(hours=1)
BEFORE_ALL = -(2**63)
"""A number below the first event would hide from a walk that begins at it."""

log = structlog.get_logger()


class TrailMonitor:
    """``look`` is called every few seconds. What it finds stands until a whole walk has found nothing."""

    def __init__(self, look: OpenUnit, open_unit: OpenUnit, clock: Clock) -> None:
        self._look = look
        self._open_unit = open_unit
        self._clock = clock
        self._walk: Walk | None = None
        self._after = BEFORE_ALL
        self._began_at = self._walk_at = clock.now()

    async def look(self) -> bool:
        """Look at the ends, walk on, tell what is new. Says whether the trail is known to be broken."""
        at_ends = await look_at_ends(self._look)
        if at_ends is not None:
            await self._tell(at_ends)
        if self._clock.now() >= self._walk_at:
            await self._walk_on()
        async with self._look() as unit:
            return bool(await unit.breaks.all())

    async def _walk_on(self) -> None:
        for _ in range(STRETCHES):
            verdict = await self._stretch()
            if verdict is None:
                continue
            self._walk, self._after = None, BEFORE_ALL
            await (self._tell(verdict) if isinstance(verdict, ChainBreak) else self._tell_mended(verdict))
            self._walk_at = self._clock.now() + WALK_AGAIN_AFTER  # sooner where it could not be told
            return

    async def _stretch(self) -> ChainBreak | Anchor | None:
        """Walk on by some events: the break that was met, the end of a trail that is whole, or None to go on."""
        if self._walk is None:
            self._began_at = self._clock.now()
        async with self._look() as unit:
            anchor = await unit.audit.anchor()
            archived = (await unit.archive.get()).end
            events = await unit.audit.page(self._after, STRETCH)
        walk = self._walk = self._walk or Walk(archived)
        for event in events:
            if (broken := walk.step(event)) is not None:
                return broken
            self._after = event.seq
        if len(events) == STRETCH:
            return None
        return walk.finish(anchor)

    async def _tell(self, found: ChainBreak) -> None:
        """Once for each event at which it breaks, whichever replica finds it, and over restarts.

        Nothing is sealed into a trail that is broken: at its end it might not take anything.
        """
        now = self._clock.now()
        async with self._open_unit() as unit:
            if not await unit.breaks.note(found, now):
                return
            await unit.outbox.put(notices_to_admins(TrailBroken(found.seq, found.what)), now)
            await unit.commit()
        log.error("audit trail is broken", seq=found.seq, what=found.what)

    async def _tell_mended(self, end: Anchor) -> None:
        now = self._clock.now()
        async with self._open_unit() as unit:
            if not await unit.breaks.clear(self._began_at):
                return
            await unit.outbox.put(notices_to_admins(TrailWhole(end.seq)), now)
            await unit.commit()
        log.warning("audit trail is whole again", events=end.seq)
