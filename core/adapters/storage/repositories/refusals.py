"""Refusals in the audit trail: the first of a kind, and after a minute how many more there were (rule 26)."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from core.adapters.storage.columns import col
from core.adapters.storage.mapping import actor_of, columns_of_actor
from core.adapters.storage.repositories.audit import SqlAuditTrail
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import RefusalRow
from core.domain.audit import AuditEvent
from core.domain.ids import RequestId

TOLD_EVERY = timedelta(minutes=1)

_at, _more = col(RefusalRow.at), col(RefusalRow.more)


class SqlRefusals:
    """Counts in rows, so that all replicas together write one event a minute, and a restart loses no count."""

    def __init__(self, session: StorageSession, trail: SqlAuditTrail) -> None:
        self._session = session
        self._trail = trail

    async def note(self, event: AuditEvent, about: str) -> None:
        key = _key(_who(event), event.action, about)
        again = update(RefusalRow).where(*key, _at > event.at - TOLD_EVERY).values(more=_more + 1)
        if await self._session.run(again):
            return
        before = await self._session.first(select(RefusalRow).where(*key).with_for_update())
        if before is not None and before.at > event.at - TOLD_EVERY:  # elsewhere it was noted at this moment
            await self._session.run(again)
            return
        columns = {"at": event.at, "more": 0, **_columns(event)}
        if before is None:
            new = self._session.insert(RefusalRow).values(who=_who(event), action=event.action, about=about, **columns)
            if await self._session.first(new.on_conflict_do_nothing().returning(RefusalRow)) is None:
                await self._session.run(again)
                return
        else:
            await self._session.run(update(RefusalRow).where(*key).values(**columns))
        await self._trail.append(_with_count(event, before.more if before else 0))

    async def close(self, now: datetime, limit: int) -> int:
        old = select(RefusalRow).where(_at <= now - TOLD_EVERY).order_by(_at).limit(limit)
        rows = await self._session.all(old.with_for_update(skip_locked=True))
        for row in rows:
            await self._session.run(delete(RefusalRow).where(*_key(row.who, row.action, row.about)))
            if row.more:
                await self._trail.append(_with_count(_event(row, now), row.more))
        return len(rows)


def _key(who: str, action: str, about: str) -> tuple[ColumnElement[bool], ...]:
    return (col(RefusalRow.who) == who, col(RefusalRow.action) == action, col(RefusalRow.about) == about)


def _who(event: AuditEvent) -> str:
    user = event.actor.chat_user
    return f"{user.platform}/{user.team}/{user.user}" if user else str(event.actor.principal_id or event.actor.name)


def _columns(event: AuditEvent) -> dict[str, object]:
    return {
        "actor": columns_of_actor(event.actor),
        "request_id": event.request_id,
        "policy_revision": event.policy_revision or 0,
        "facts": dict(event.facts),
    }


def _event(row: RefusalRow, now: datetime) -> AuditEvent:
    request_id = None if row.request_id is None else RequestId(row.request_id)
    return AuditEvent(row.action, now, actor_of(row.actor), request_id, row.policy_revision or None, row.facts)


def _with_count(event: AuditEvent, more: int) -> AuditEvent:
    """``repeated``: so many more of them since the last event that are in the trail by this number alone."""
    return replace(event, facts={**event.facts, "repeated": more}) if more else event
