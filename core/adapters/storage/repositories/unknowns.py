"""Assignments in AWS that no request accounts for (rule 19)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update

from core.adapters.storage.columns import col, param
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import UnknownRow
from core.domain.drift import Ignored, Unknown
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target

_KEY = ("account_id", "permission_set_arn", "principal_id")
_found_at, _told_at = col(UnknownRow.found_at), col(UnknownRow.told_at)
_ON_TARGET = (
    select(UnknownRow)
    .where(col(UnknownRow.account_id) == param("account"))
    .where(col(UnknownRow.permission_set_arn) == param("permission_set"))
    .order_by(col(UnknownRow.principal_id))
)


class SqlUnknowns:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def all(self) -> Sequence[Unknown]:
        order = (_found_at, *(col(getattr(UnknownRow, name)) for name in _KEY))
        return tuple(_unknown(row) for row in await self._session.all(select(UnknownRow).order_by(*order)))

    async def counts(self) -> tuple[int, int]:
        ((found, ignored),) = await self._session.tuples(select(func.count(), func.count(col(UnknownRow.ignored))))
        return found - ignored, ignored

    async def of(self, target: Target) -> Sequence[Unknown]:
        given = {"account": target.account, "permission_set": target.permission_set}
        return tuple(_unknown(row) for row in await self._session.all(_ON_TARGET, given))

    async def put(self, unknown: Unknown) -> None:
        new = self._session.insert(UnknownRow).values(
            account_id=unknown.target.account,
            permission_set_arn=unknown.target.permission_set,
            principal_id=unknown.principal,
            found_at=unknown.found_at,
            told_at=unknown.told_at,
            confirmed_at=unknown.confirmed_at,
        )
        await self._session.run(new.on_conflict_do_nothing(index_elements=list(_KEY)))

    async def confirm(self, unknown: Unknown, at: datetime) -> None:
        await self._session.run(update(UnknownRow).where(*_held(unknown)).values(confirmed_at=at))

    async def ignore(self, unknown: Unknown, ignored: Ignored) -> None:
        document = [ignored.at.isoformat(), ignored.by, ignored.why]
        await self._session.run(update(UnknownRow).where(*_held(unknown)).values(ignored=document))

    async def tell(self, unknowns: Sequence[Unknown], at: datetime) -> Sequence[Unknown]:
        told: list[UnknownRow] = []
        for unknown in unknowns:
            new = update(UnknownRow).where(*_held(unknown), _told_at.is_(None))
            told += await self._session.all(new.values(told_at=at).returning(UnknownRow))
        return tuple(_unknown(row) for row in told)

    async def remove(self, unknown: Unknown) -> None:
        await self._session.run(delete(UnknownRow).where(*_held(unknown)))


def _held(unknown: Unknown) -> tuple[ColumnElement[bool], ...]:
    key = (unknown.target.account, unknown.target.permission_set, unknown.principal)
    return tuple(col(getattr(UnknownRow, name)) == value for name, value in zip(_KEY, key, strict=True))


def _unknown(row: UnknownRow) -> Unknown:
    target = Target(AccountId(row.account_id), PermissionSetArn(row.permission_set_arn))
    ignored = None
    if row.ignored:
        at, by, why = row.ignored
        ignored = Ignored(datetime.fromisoformat(at), by, why)
    return Unknown(PrincipalId(row.principal_id), target, row.found_at, row.told_at, row.confirmed_at, ignored)
