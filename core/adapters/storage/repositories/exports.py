"""Files that are to be made and sent, each by one process at a time."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from core.adapters.storage.claims import NOW, claim, is_free
from core.adapters.storage.columns import col
from core.adapters.storage.mapping import chat_user_of, columns_of_chat_user
from core.adapters.storage.readable import readable
from core.adapters.storage.session import StorageSession, Work
from core.adapters.storage.tables import ExportRow
from core.domain.commands import ExportKind
from core.domain.errors import Conflict
from core.domain.notices import Recipient
from core.domain.people import ChatUser
from core.ports import Export

_id = col(ExportRow.id)
_ahead = col(ExportRow.ahead)
_is_open = col(ExportRow.closed_at).is_(None)
_CLAIM = claim(
    ExportRow,
    select(_id)
    .where(_is_open, col(ExportRow.next_try_at) <= NOW, is_free(col(ExportRow.held_until)))
    .order_by(_ahead, col(ExportRow.next_try_at), _id),
    fence=col(ExportRow.fence) + 1,
)


class SqlExports:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def put(
        self,
        asked_by: ChatUser,
        kind: ExportKind,
        subject: str,
        at: datetime,
        *,
        accepted: Mapping[str, str] | None = None,
    ) -> bool:
        flow = Recipient.chat(asked_by).id
        last = select(func.max(_ahead) + 1).where(_is_open, col(ExportRow.flow) == flow).scalar_subquery()
        turn = {"flow": flow, "ahead": func.coalesce(last, 0)}
        fresh = {"asked_at": at, "next_try_at": at, "attempts": 0, "last_error": "", "fence": 0, "file": ""}
        told = dict(accepted) if accepted else None
        asked = {"asked_by": columns_of_chat_user(asked_by), "kind": kind.value, "subject": subject, "accepted": told}
        key = _key(asked_by, kind, subject, told)
        new = self._session.insert(ExportRow).values(**asked, **fresh, **turn, key=key)
        is_new = new.on_conflict_do_nothing(index_elements=["key"], index_where=_is_open).returning(_id)
        if await self._session.first(is_new) is None:
            return False
        self._session.leaves(Work.EXPORTS)
        return True

    async def get(self, export_id: int) -> Export | None:
        row = await self._session.first(select(ExportRow).where(_id == export_id))
        return _export(row) if row else None

    async def claim(self, now: datetime, lease: timedelta) -> Export | None:
        rows = await self._session.claim(ExportRow, _CLAIM, now, lease, 1)
        return next(iter(await readable(self._session, ExportRow, rows, _export, now)), None)

    async def hold(
        self, export: Export, until: datetime, *, file: str = "", made: Mapping[str, object] | None = None
    ) -> Export:
        held_until = self._session.leases.dated(until)
        noted = {"file": file, "made": dict(made or {})} if file else {}
        return await self._write(export, {"held_until": held_until, **noted})

    async def close(self, export: Export, at: datetime, error: str = "") -> None:
        """Close an export, and delete the address that it might have gone to."""
        await self._write(export, {"closed_at": at, "held_until": None, "last_error": error, "accepted": None})

    async def retry(self, export: Export, at: datetime, error: str) -> None:
        attempts = col(ExportRow.attempts) + 1
        await self._write(export, {"next_try_at": at, "attempts": attempts, "held_until": None, "last_error": error})

    async def forget(self, closed_before: datetime, limit: int) -> int:
        closed_at = col(ExportRow.closed_at)
        old = select(_id).where(closed_at < closed_before).order_by(closed_at).limit(limit)
        return await self._session.run(delete(ExportRow).where(_id.in_(old)))

    async def _write(self, export: Export, changes: dict[str, Any]) -> Export:
        """Under the fence of the claim."""
        under_claim = (_id == export.id, col(ExportRow.fence) == export.fence, _is_open)
        row = await self._session.first(update(ExportRow).where(*under_claim).values(**changes).returning(ExportRow))
        if row is None:
            raise Conflict(f"export {export.id} was claimed anew")
        self._session.leases.note(ExportRow, row)
        return _export(row)


def _key(asked_by: ChatUser, kind: ExportKind, subject: str, accepted: Mapping[str, str] | None) -> str:
    """A digest, because PostgreSQL indexes no long text."""
    wish: list[object] = [asked_by.platform, asked_by.team, asked_by.user, kind.value, subject]
    if accepted:
        wish.append(dict(sorted(accepted.items())))
    return hashlib.sha256(json.dumps(wish).encode()).hexdigest()


def _export(row: ExportRow) -> Export:
    return Export(
        row.id,
        chat_user_of(row.asked_by),
        ExportKind(row.kind),
        row.subject,
        row.asked_at,
        row.attempts,
        row.fence,
        row.file,
        row.accepted or {},
        row.made or {},
    )
