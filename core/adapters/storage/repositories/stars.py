"""Targets that people starred."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from core.adapters.storage.columns import col
from core.adapters.storage.home_tables import StarRow
from core.adapters.storage.session import StorageSession
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target

_KEY = ("principal_id", "account_id", "permission_set_arn")
_principal_id, _starred_at = col(StarRow.principal_id), col(StarRow.starred_at)


class SqlStars:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def of(self, principal: PrincipalId) -> Sequence[Target]:
        order = (_starred_at.desc(), col(StarRow.account_id), col(StarRow.permission_set_arn))
        rows = await self._session.all(select(StarRow).where(_principal_id == principal).order_by(*order))
        return tuple(Target(AccountId(row.account_id), PermissionSetArn(row.permission_set_arn)) for row in rows)

    async def put(self, principal: PrincipalId, target: Target, at: datetime) -> None:
        values = dict(zip(_KEY, (principal, target.account, target.permission_set), strict=True))
        new = self._session.insert(StarRow).values(**values, starred_at=at)
        await self._session.run(new.on_conflict_do_nothing(index_elements=list(_KEY)))

    async def remove(self, principal: PrincipalId, target: Target) -> None:
        one = (
            _principal_id == principal,
            col(StarRow.account_id) == target.account,
            col(StarRow.permission_set_arn) == target.permission_set,
        )
        await self._session.run(delete(StarRow).where(*one))
