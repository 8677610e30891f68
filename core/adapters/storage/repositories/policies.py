"""The policy book, revision by revision. None is ever changed."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import Text, func, select, type_coerce

from core.adapters.storage.columns import col
from core.adapters.storage.documents import dump_book, load_book
from core.adapters.storage.mapping import actor_of, columns_of_actor
from core.adapters.storage.session import StorageSession, Work
from core.adapters.storage.tables import PolicyRevisionRow
from core.adapters.storage.types import read_json
from core.domain.errors import Conflict
from core.domain.policy import PolicyBook
from core.ports import Revision

_revision = col(PolicyRevisionRow.revision)
_NEWEST = select(type_coerce(col(PolicyRevisionRow.book), Text)).order_by(_revision.desc()).limit(1)


class SqlPolicies:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def current(self) -> PolicyBook:
        document = await self._session.first(_NEWEST)
        return PolicyBook() if document is None else _book_of(document)

    async def add(self, revision: Revision) -> None:
        newest = await self._session.first(select(func.max(_revision))) or 0
        if revision.book.revision != newest + 1 or not await self._added(revision):
            raise Conflict(f"revision {revision.book.revision} of the policies is not the one after the newest")
        self._session.leaves(Work.POLICIES)

    async def _added(self, revision: Revision) -> bool:
        new = self._session.insert(PolicyRevisionRow).values(
            revision=revision.book.revision,
            book=dump_book(revision.book),
            written_at=revision.at,
            author=columns_of_actor(revision.author),
            why=revision.why,
        )
        return await self._session.run(new.on_conflict_do_nothing(index_elements=["revision"])) == 1

    async def history(self, limit: int, before: int | None = None) -> Sequence[Revision]:
        newest = select(PolicyRevisionRow).order_by(_revision.desc()).limit(limit)
        rows = await self._session.all(newest if before is None else newest.where(_revision < before))
        return tuple(_revision_of(row) for row in rows)

    async def get(self, revision: int) -> Revision | None:
        row = await self._session.first(select(PolicyRevisionRow).where(_revision == revision))
        return _revision_of(row) if row else None


@lru_cache(maxsize=4)
def _book_of(document: str) -> PolicyBook:
    """Load a book once, however often it is read: that takes 90 ms at 10,000 policies, and nothing changes a book."""
    return load_book(read_json(document))


def _revision_of(row: PolicyRevisionRow) -> Revision:
    return Revision(load_book(row.book), row.written_at, actor_of(row.author), row.why)
