"""Raises and clears alarms: each is told once when something breaks, and once when it is well again."""

from collections.abc import Sequence

import structlog

from core.domain.alarm import Alarm, AlarmKind, Wrong, dump_wrong
from core.domain.audit import AuditEvent
from core.domain.durations import MINUTE
from core.domain.notice_content import AlarmCleared, AlarmRaised
from core.domain.notices import notices_to_admins
from core.domain.request import CLOCKWORK, Actor
from core.ports import Clock, OpenUnit, UnitOfWork

log = structlog.get_logger()


class Alarms:
    """For whoever looks whether something is well: say what was found, every time."""

    def __init__(self, open_unit: OpenUnit, clock: Clock) -> None:
        self._open_unit = open_unit
        self._clock = clock

    async def standing(self) -> Sequence[Alarm]:
        """Oldest first."""
        async with self._open_unit() as unit:
            return await unit.alarms.all()

    async def note(self, kind: AlarmKind, wrong: Wrong | None) -> None:
        """Say what is wrong, or with None that nothing is. Said again it is told to nobody again."""
        async with self._open_unit() as unit:
            if wrong is None:
                await clear(unit, kind, self._clock)
            else:
                await raise_(unit, wrong, self._clock)
            await unit.commit()


async def raise_(unit: UnitOfWork, wrong: Wrong, clock: Clock) -> bool:
    """Raise an alarm in a unit of work of the caller's, who commits. False when it stands already."""
    alarm, kind, facts = Alarm(wrong, clock.now()), wrong.kind.value, dump_wrong(wrong)
    if not await unit.alarms.put(alarm):
        return False
    log.error("alarm raised", alarm=kind, **facts)
    await unit.outbox.put(notices_to_admins(AlarmRaised(wrong)), alarm.raised_at)
    await unit.audit.append(AuditEvent("alarm.raised", alarm.raised_at, facts={"alarm": kind, **facts}))
    return True


async def clear(unit: UnitOfWork, kind: AlarmKind, clock: Clock, by: Actor = CLOCKWORK) -> None:
    """Clear it likewise; nothing happens when it does not stand."""
    alarm, now = await unit.alarms.remove(kind), clock.now()
    if alarm is None:
        return
    log.warning("alarm cleared", alarm=kind.value, stood_for=str(now - alarm.raised_at))
    minutes = max(1, round((now - alarm.raised_at) / MINUTE))
    await unit.outbox.put(notices_to_admins(AlarmCleared(kind.value, minutes)), now)
    facts = {"alarm": kind.value, "raised_at": alarm.raised_at.isoformat()}
    await unit.audit.append(AuditEvent("alarm.cleared", now, by, facts=facts))
