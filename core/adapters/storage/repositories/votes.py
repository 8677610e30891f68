"""Votes: one per principal and request (rule 12)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from core.adapters.storage.columns import col, param
from core.adapters.storage.mapping import columns_of_vote, vote_of
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import VoteRow
from core.domain.approval import Vote
from core.domain.errors import Conflict
from core.domain.ids import RequestId, show_request_id

_OF_REQUEST = select(VoteRow).where(col(VoteRow.request_id) == param("request")).order_by(col(VoteRow.id))


class SqlVotes:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def add(self, vote: Vote) -> None:
        statement = self._session.insert(VoteRow).values(**columns_of_vote(vote))
        once = statement.on_conflict_do_nothing(index_elements=["request_id", "principal_id"])
        if await self._session.run(once) == 0:
            raise Conflict(f"{vote.name} has decided {show_request_id(vote.request_id)} already")

    async def of(self, request_id: RequestId) -> Sequence[Vote]:
        return tuple(vote_of(row) for row in await self._session.all(_OF_REQUEST, {"request": request_id}))

    async def of_several(self, request_ids: Sequence[RequestId]) -> Mapping[RequestId, Sequence[Vote]]:
        wanted = select(VoteRow).where(col(VoteRow.request_id).in_(request_ids)).order_by(col(VoteRow.id))
        votes: dict[RequestId, list[Vote]] = {}
        for row in await self._session.all(wanted):
            votes.setdefault(RequestId(row.request_id), []).append(vote_of(row))
        return votes
