"""Tokens of the HTTP API, and the signatures that people at a terminal have used."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, delete, func, select, update

from core.adapters.storage.columns import col
from core.adapters.storage.machine_tables import ApiTokenRow, SignedCallRow
from core.adapters.storage.mapping import chat_user_of, columns_of_chat_user
from core.adapters.storage.session import StorageSession
from core.domain.ids import PrincipalId
from core.domain.machines import ApiToken, Scope

MOST = 1000
"""Tokens that are read at once: far more than admins can make and keep apart."""
_id, _revoked_at = col(ApiTokenRow.id), col(ApiTokenRow.revoked_at)
_used_at = col(SignedCallRow.used_at)


class SqlApiTokens:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def add(self, token: ApiToken) -> ApiToken:
        new = self._session.insert(ApiTokenRow).values(**_columns(token)).returning(ApiTokenRow)
        return _token(cast("ApiTokenRow", await self._session.first(new)))

    async def get(self, token_id: int) -> ApiToken | None:
        return await self._one(_id == token_id)

    async def with_digest(self, digest: str) -> ApiToken | None:
        return await self._one(col(ApiTokenRow.digest) == digest)

    async def alive(self, now: datetime, maker: PrincipalId | None = None) -> Sequence[ApiToken]:
        if maker is not None:
            await self._session.take_turn_of(f"tokens of {maker}")
        living = (_revoked_at.is_(None), col(ApiTokenRow.expires_at) > now)
        whose = () if maker is None else (col(ApiTokenRow.maker) == maker,)
        order = (col(ApiTokenRow.name), _id)
        rows = await self._session.all(select(ApiTokenRow).where(*living, *whose).order_by(*order).limit(MOST))
        return tuple(map(_token, rows))

    async def lately(self, limit: int) -> Sequence[ApiToken]:
        rows = await self._session.all(select(ApiTokenRow).order_by(_id.desc()).limit(limit))
        return tuple(map(_token, rows))

    async def use(self, token_id: int, at: datetime) -> None:
        await self._session.run(update(ApiTokenRow).where(_id == token_id).values(used_at=at))

    async def revoke(self, token_id: int, by: str, at: datetime) -> bool:
        one = update(ApiTokenRow).where(_id == token_id, _revoked_at.is_(None))
        return bool(await self._session.run(one.values(revoked_at=at, revoked_by=by)))

    async def _one(self, which: ColumnElement[bool]) -> ApiToken | None:
        row = await self._session.first(select(ApiTokenRow).where(which))
        return _token(row) if row is not None else None


class SqlSignedCalls:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def use(self, signature: str, at: datetime) -> bool:
        new = self._session.insert(SignedCallRow).values(signature=signature, used_at=at)
        return bool(await self._session.run(new.on_conflict_do_nothing(index_elements=["signature"])))

    async def forget(self, older: timedelta) -> int:
        newest = await self._session.first(select(func.max(_used_at)))
        return 0 if newest is None else await self._session.run(delete(SignedCallRow).where(_used_at < newest - older))


def _columns(token: ApiToken) -> dict[str, object]:
    return {
        "name": token.name,
        "maker": token.maker,
        "maker_name": token.maker_name,
        "account": columns_of_chat_user(token.account),
        "scopes": sorted(token.scopes),
        "made_at": token.made_at,
        "expires_at": token.expires_at,
        "digest": token.digest,
        "revoked_by": token.revoked_by,
    }


def _token(row: ApiTokenRow) -> ApiToken:
    return ApiToken(
        id=row.id,
        name=row.name,
        maker=PrincipalId(row.maker),
        maker_name=row.maker_name,
        account=chat_user_of(row.account),
        scopes=frozenset(Scope(each) for each in row.scopes if each in set(Scope)),
        made_at=row.made_at,
        expires_at=row.expires_at,
        digest=row.digest,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
    )
