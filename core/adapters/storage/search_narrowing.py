"""The ids of the requests that a search can mean, where they are few: from an index of words, or of who decided.

A word that many requests have is found by reading the list from its newest end, where the next hit is never far. For
a word that few have, or none, that would read all of them; so the index is asked first, for as many as are few.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Integer, Select, column, func, or_, select, text
from sqlalchemy import table as sql_table

from core.adapters.storage.columns import col
from core.adapters.storage.search_conditions import contains, looked_for
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import RequestRow, VoteRow
from core.adapters.storage.text_index import POSTGRESQL_INDEX, SHORTEST, SQLITE_TABLE, SQLITE_TRIGGER
from core.domain.search import Key, Search, fold, names_one

FEW = 900
"""Ids that a search may be narrowed to. What more have than that, of a million, is in every thousand or so."""
CANDIDATES = 30_000
"""Requests whose text is looked at, at most, because they have all trigrams of a word and perhaps not the word.

Of tickets with consecutive numbers, one in fifty has the trigrams of any one of them. So many are looked at in a
twentieth of the time that a million take.
"""
_id, _of, _sought = col(RequestRow.id), col(VoteRow.request_id), col(VoteRow.sought)
_schema = sql_table("sqlite_master", column("name"))
_IS_KEPT = {
    True: select(func.to_regclass(POSTGRESQL_INDEX).is_not(None)),
    False: select(_schema.c.name).where(_schema.c.name == SQLITE_TRIGGER),
}
"""By whether it is PostgreSQL."""
_MATCHING = (
    select(column("rowid", Integer)).select_from(sql_table(SQLITE_TABLE)).where(text(f"{SQLITE_TABLE} MATCH :trigrams"))
)


async def few(session: StorageSession, search: Search) -> frozenset[int] | None:
    """Ids among which everything is that fits; None: they may be many, or there is no index."""
    found: frozenset[int] | None = None
    for ids in (await _by_words(session, search), await _by_approvers(session, search.approvers)):
        if ids is not None:
            found = ids if found is None else found & ids
    return found


async def _by_words(session: StorageSession, search: Search) -> frozenset[int] | None:
    groups = [group for group in looked_for(search) if all(len(fold(word)) >= SHORTEST for word in group)]
    if not groups or not await session.first(_IS_KEPT[session.is_postgresql]):
        return None
    hits = [or_(*map(contains, group)) for group in groups]
    if not session.is_postgresql:
        alternatives = (f"({' OR '.join(map(_trigrams, group))})" for group in groups)
        given = {"trigrams": " AND ".join(alternatives)}
        counted = select(func.count()).select_from(_MATCHING.limit(CANDIDATES + 1).subquery())
        if (await session.first(counted, given) or 0) > CANDIDATES:
            return None
        hits.append(_id.in_(_MATCHING))
    else:
        given = {}
    return _if_few(await session.all(select(_id).where(*hits).limit(FEW + 1), given))


def _trigrams(word: str) -> str:
    """A word as FTS5 is asked for it: all of its trigrams, in any place."""
    folded = fold(word)
    grams = dict.fromkeys(folded[at : at + SHORTEST] for at in range(len(folded) - SHORTEST + 1))
    return "(" + " AND ".join(f'"{gram.replace(chr(34), chr(34) * 2)}"' for gram in grams) + ")"


async def _by_approvers(session: StorageSession, approvers: Sequence[str]) -> frozenset[int] | None:
    """Votes by id, and by the names that a part of a name stands in: there are few names among many votes."""
    if not approvers:
        return None
    parts = [value for value in approvers if not names_one(Key.APPROVER, value)]
    names = await session.all(_names_with(parts)) if parts else ()
    found = set[int]()
    for is_theirs in (col(VoteRow.principal_id).in_(approvers), _sought.in_(names)):
        found |= set(await session.all(select(_of).where(is_theirs).limit(FEW + 1)))
    return _if_few(found)


def _names_with(parts: Iterable[str]) -> Select[str]:
    """The different names of those who decided, one jump along the index for each."""
    names = select(func.min(_sought).label("name")).cte("names", recursive=True)
    later = select(func.min(_sought)).where(_sought > names.c.name).scalar_subquery()
    names = names.union_all(select(later).where(names.c.name.is_not(None)))
    return select(names.c.name).where(or_(*(contains(part, names.c.name) for part in parts)))


def _if_few(found: Iterable[int]) -> frozenset[int] | None:
    ids = frozenset(found)
    return ids if len(ids) <= FEW else None
