"""Policy books that somebody is editing and has not saved."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select

from core.adapters.storage.columns import col
from core.adapters.storage.documents import dump_book, load_book
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import DraftRow
from core.domain.ids import PrincipalId
from core.ports import Draft


class SqlDrafts:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def add(self, draft: Draft) -> Draft:
        new = self._session.insert(DraftRow).values(
            author=draft.author, book=dump_book(draft.book), based_on=draft.based_on, made_at=draft.at
        )
        ids = await self._session.all(new.returning(col(DraftRow.id)))
        return replace(draft, id=ids[0])

    async def get(self, draft_id: int) -> Draft | None:
        row = await self._session.first(select(DraftRow).where(col(DraftRow.id) == draft_id))
        return _draft_of(row) if row else None

    async def prune(self, before: datetime) -> int:
        return await self._session.run(delete(DraftRow).where(col(DraftRow.made_at) < before))


def _draft_of(row: DraftRow) -> Draft:
    return Draft(PrincipalId(row.author), load_book(row.book), row.based_on, row.made_at, row.id)
