"""The message that shows a request's card, for each place."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from core.adapters.storage.columns import col, param
from core.adapters.storage.mapping import columns_of_ref, key_of, place_of, ref_of
from core.adapters.storage.queue_tables import ButtonRow, CardRow
from core.adapters.storage.session import StorageSession
from core.domain.conversations import Place
from core.domain.ids import RequestId
from core.ports import MessageRef


def _placed(table: type[CardRow | ButtonRow], request_id: RequestId, ref: MessageRef) -> Select[Any]:
    """By the platform's own ids, which are no other platform's."""
    here = (col(table.conversation) == ref.conversation, col(table.message) == ref.message)
    return select(col(table.request_id)).where(col(table.request_id) == request_id, *here)


_OF_REQUEST = (
    select(CardRow)
    .where(col(CardRow.request_id) == param("request"))
    .order_by(col(CardRow.placed_at), col(CardRow.place))
)
_ONE = select(CardRow).where(col(CardRow.request_id) == param("request"), col(CardRow.place) == param("at"))


class SqlCards:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def get(self, request_id: RequestId, place: Place) -> MessageRef | None:
        row = await self._session.first(_ONE, {"request": request_id, "at": key_of(place)})
        return ref_of(row) if row else None

    async def put(self, request_id: RequestId, place: Place, ref: MessageRef, at: datetime) -> None:
        columns = columns_of_ref(ref) | {"placed_at": at}
        new = self._session.insert(CardRow).values(request_id=request_id, place=key_of(place), **columns)
        await self._session.run(new.on_conflict_do_update(index_elements=["request_id", "place"], set_=columns))

    async def note_buttons(self, request_id: RequestId, ref: MessageRef, at: datetime) -> None:
        new = self._session.insert(ButtonRow).values(request_id=request_id, placed_at=at, **columns_of_ref(ref))
        await self._session.run(new.on_conflict_do_nothing())

    async def is_ours(self, request_id: RequestId, ref: MessageRef) -> bool:
        return await self._session.first(_placed(CardRow, request_id, ref)) is not None or (
            await self._session.first(_placed(ButtonRow, request_id, ref)) is not None
        )

    async def of(self, request_id: RequestId) -> Mapping[Place, MessageRef]:
        rows = await self._session.all(_OF_REQUEST, {"request": request_id})
        return {place_of(row.place): ref_of(row) for row in rows}
