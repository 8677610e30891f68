from dataclasses import replace

import pytest

from core.adapters.storage.engine import Database
from core.domain.approval import Verdict, Vote
from core.domain.errors import Conflict, NotFound
from core.domain.ids import RequestId
from core.domain.people import ChatUser
from tests.adapters.storage.samples import ADA, BOB, MINUTE, NOW, PENDING, all_at_once, commit, stored

VOTE = Vote(RequestId(1001), BOB, "Bob", Verdict.APPROVE, "fine", NOW, ChatUser("slack", "T1", "U-BOB"))


async def test_votes_are_read_in_the_order_they_were_given(database: Database) -> None:
    await stored(database, PENDING, PENDING)
    earlier = replace(
        VOTE, principal_id=ADA, verdict=Verdict.REJECT, comment="", chat_user=None, at=NOW - MINUTE, allowed=15 * MINUTE
    )
    for vote in (VOTE, earlier, replace(VOTE, request_id=RequestId(1002))):
        await commit(database, lambda unit, new=vote: unit.votes.add(new))  # type: ignore[misc]
    async with database.open() as unit:
        assert await unit.votes.of(RequestId(1001)) == (VOTE, earlier)
        assert await unit.votes.of(RequestId(1003)) == ()


async def test_a_second_vote_is_a_conflict_and_leaves_the_unit_of_work_usable(database: Database) -> None:
    await stored(database, PENDING)
    async with database.open() as unit:
        await unit.votes.add(VOTE)
        with pytest.raises(Conflict):
            await unit.votes.add(replace(VOTE, verdict=Verdict.REJECT))
        await unit.commit()
    async with database.open() as unit:
        assert await unit.votes.of(RequestId(1001)) == (VOTE,)


async def test_of_ten_simultaneous_votes_of_one_principal_one_counts(database: Database) -> None:
    await stored(database, PENDING)
    outcomes = await all_at_once([commit(database, lambda unit: unit.votes.add(VOTE)) for _ in range(10)])
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 9


async def test_a_vote_on_a_request_that_does_not_exist_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await commit(database, lambda unit: unit.votes.add(VOTE))
