"""The instance of IAM Identity Center that the book belongs to: one row, written once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from core.adapters.storage.columns import col
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import AssignmentRow, InstanceRow
from core.domain.ids import PermissionSetArn


class SqlInstance:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def get(self) -> str:
        row = await self._session.first(select(InstanceRow))
        return row.instance_arn if row else ""

    async def bind(self, instance_arn: str, at: datetime) -> str:
        first = self._session.insert(InstanceRow).values(id=1, instance_arn=instance_arn, bound_at=at)
        await self._session.run(first.on_conflict_do_nothing())
        return await self.get()

    async def permission_sets_of_ours(self) -> Sequence[PermissionSetArn]:
        ours = select(col(AssignmentRow.permission_set_arn)).where(col(AssignmentRow.ours)).distinct()
        return [PermissionSetArn(arn) for arn in await self._session.all(ours)]
