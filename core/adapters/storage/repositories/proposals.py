"""Policy books that wait for a second admin."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select, update

from core.adapters.storage.columns import col
from core.adapters.storage.documents import dump_book, load_book
from core.adapters.storage.mapping import actor_of, columns_of_actor
from core.adapters.storage.session import StorageSession
from core.adapters.storage.tables import ProposalRow
from core.domain.errors import Conflict
from core.ports import Proposal, ProposalState

_is_waiting = col(ProposalRow.state) == ProposalState.WAITING.value


class SqlProposals:
    def __init__(self, session: StorageSession) -> None:
        self._session = session

    async def add(self, proposal: Proposal) -> Proposal:
        new = self._session.insert(ProposalRow).values(
            book=dump_book(proposal.book),
            based_on=proposal.based_on,
            author=columns_of_actor(proposal.author),
            why=proposal.why,
            made_at=proposal.at,
            expires_at=proposal.expires_at,
            state=proposal.state.value,
            closed_by=proposal.closed_by,
            closed_at=proposal.closed_at,
        )
        ids = await self._session.all(new.returning(col(ProposalRow.id)))
        return replace(proposal, id=ids[0])

    async def get(self, proposal_id: int) -> Proposal | None:
        row = await self._session.first(select(ProposalRow).where(col(ProposalRow.id) == proposal_id))
        return _proposal_of(row) if row else None

    async def waiting(self) -> Sequence[Proposal]:
        rows = await self._session.all(select(ProposalRow).where(_is_waiting).order_by(col(ProposalRow.id)))
        return tuple(_proposal_of(row) for row in rows)

    async def close(self, proposal: Proposal) -> None:
        closing = (
            update(ProposalRow)
            .where(col(ProposalRow.id) == proposal.id, _is_waiting)
            .values(state=proposal.state.value, closed_by=proposal.closed_by, closed_at=proposal.closed_at)
        )
        if await self._session.run(closing) == 0:
            raise Conflict(f"the change of policies {proposal.id} waits no longer")


def _proposal_of(row: ProposalRow) -> Proposal:
    return Proposal(
        book=load_book(row.book),
        based_on=row.based_on,
        author=actor_of(row.author),
        why=row.why,
        at=row.made_at,
        expires_at=row.expires_at,
        state=ProposalState(row.state),
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        id=row.id,
    )
