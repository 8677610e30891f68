"""Facts of the organization in requests that are not over, kept as the organization is now."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, update

from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import RequestRow
from core.domain.ids import AccountId, PermissionSetArn, RequestId
from core.domain.request import TERMINAL, Status

_OPEN = sorted(status.value for status in Status if status not in TERMINAL)

_status = col(RequestRow.status)
_name, _was = col(RequestRow.account_name), col(RequestRow.account_was)
_session = col(RequestRow.session_duration)


class SqlFollowing:
    def __init__(self, session: StorageSession) -> None:
        self._db = session

    async def names(self, label: Callable[[AccountId, str], str]) -> Sequence[RequestId]:
        known = select(col(RequestRow.account_id), _name).where(_status.in_(_OPEN)).distinct()
        changed: list[RequestId] = []
        for account, name in await self._db.tuples(known):
            now_called = label(AccountId(account), name)
            if now_called != name:
                of_it = (_status.in_(_OPEN), col(RequestRow.account_id) == account, _name == name)
                values = {"account_name": now_called, "account_was": case((_was == "", _name), else_=_was)}
                changed += await self._change(of_it, values)
        return changed

    async def sessions(self, longest: Callable[[PermissionSetArn], timedelta], since: datetime) -> None:
        still_told = or_(_status.in_(_OPEN), col(RequestRow.closed_at) >= since)
        known = select(col(RequestRow.permission_set_arn), _session).where(still_told).distinct()
        for arn, length in await self._db.tuples(known):
            now_long = longest(PermissionSetArn(arn))
            if now_long > length:
                of_it = (still_told, col(RequestRow.permission_set_arn) == arn, _session == length)
                await self._change(of_it, {"session_duration": now_long})

    async def _change(self, which: Sequence[ColumnElement[bool]], values: dict[str, Any]) -> list[RequestId]:
        """The version moves too: whoever is about to write what was read before reads it again."""
        version = col(RequestRow.version) + 1
        changed = update(RequestRow).where(*which).values(version=version, **values).returning(col(RequestRow.id))
        return [RequestId(each) for each in await self._db.all(changed)]
