"""Alarms that stand: a row each, from when it is raised until it is cleared."""

from collections.abc import Sequence

import structlog
from sqlalchemy import delete, select, update

from core.adapters.storage.columns import col
from core.adapters.storage.readable import UNREADABLE
from core.adapters.storage.session import StorageSession
from core.adapters.storage.watch_tables import AlarmRow
from core.domain.alarm import Alarm, AlarmKind, dump_wrong, load_wrong

_kind = col(AlarmRow.kind)
log = structlog.get_logger()
_KNOWN = sorted(AlarmKind)


class SqlAlarms:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def all(self) -> Sequence[Alarm]:
        """Those that this release knows: a newer one may have raised others, and clears them."""
        wanted = select(AlarmRow).where(_kind.in_(_KNOWN)).order_by(col(AlarmRow.raised_at), _kind)
        return tuple(filter(None, map(_alarm, await self._session.all(wanted))))

    async def put(self, alarm: Alarm) -> bool:
        facts = dump_wrong(alarm.wrong)
        new = self._session.insert(AlarmRow).values(kind=alarm.kind.value, raised_at=alarm.raised_at, facts=facts)
        if await self._session.run(new.on_conflict_do_nothing(index_elements=["kind"])) == 1:
            return True
        await self._session.run(update(AlarmRow).where(_kind == alarm.kind.value).values(facts=facts))
        return False

    async def remove(self, kind: AlarmKind) -> Alarm | None:
        row = await self._session.first(delete(AlarmRow).where(_kind == kind.value).returning(AlarmRow))
        return _alarm(row) if row else None


def _alarm(row: AlarmRow) -> Alarm | None:
    """None for one whose facts cannot be read: it hides none of the others."""
    try:
        return Alarm(load_wrong(AlarmKind(row.kind), row.facts), row.raised_at)
    except UNREADABLE:
        log.exception("alarm cannot be read", alarm=row.kind)
        return None
