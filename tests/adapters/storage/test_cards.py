from dataclasses import replace

from sqlalchemy import insert

from core.adapters.storage.engine import Database
from core.adapters.storage.queue_tables import CardRow
from core.domain.ids import ConversationId, RequestId
from core.domain.people import ChatUser
from core.ports import MessageRef
from tests.adapters.storage.samples import ADA_IN_CHAT, MINUTE, NOW, PENDING, commit, stored

CHANNEL = ConversationId("C1")
ON_TEAMS = ChatUser("teams", "9d0c1e9e-tenant", "41c58b1f-object")
FIRST, SECOND = RequestId(1001), RequestId(1002)
HERE, THERE = MessageRef("slack", "C1", "1.1"), MessageRef("slack", "D2", "2.2")
ELSEWHERE = MessageRef("teams", "a:1personal", "1732870000000")


async def test_a_card_is_known_by_request_and_place(database: Database) -> None:
    await stored(database, PENDING, PENDING)
    async with database.open() as unit:
        await unit.cards.put(FIRST, CHANNEL, HERE, NOW)
        await unit.cards.put(FIRST, ADA_IN_CHAT, THERE, NOW + MINUTE)
        await unit.cards.put(FIRST, ON_TEAMS, ELSEWHERE, NOW + 2 * MINUTE)
        await unit.commit()
    async with database.open() as unit:
        assert await unit.cards.get(FIRST, CHANNEL) == HERE
        assert await unit.cards.get(FIRST, ADA_IN_CHAT) == THERE
        assert await unit.cards.get(FIRST, replace(ADA_IN_CHAT, platform="teams")) is None
        assert await unit.cards.get(FIRST, ConversationId("C2")) is None
        assert await unit.cards.get(SECOND, CHANNEL) is None
        assert dict(await unit.cards.of(FIRST)) == {CHANNEL: HERE, ADA_IN_CHAT: THERE, ON_TEAMS: ELSEWHERE}


async def test_a_card_posted_again_replaces_the_one_known(database: Database) -> None:
    await stored(database, PENDING)
    await commit(database, lambda unit: unit.cards.put(FIRST, CHANNEL, HERE, NOW))
    await commit(database, lambda unit: unit.cards.put(FIRST, CHANNEL, THERE, NOW + MINUTE))
    async with database.open() as unit:
        assert dict(await unit.cards.of(FIRST)) == {CHANNEL: THERE}


async def test_a_place_of_before_there_were_other_platforms_is_of_slack(database: Database) -> None:
    await stored(database, PENDING)
    columns = {"platform": "slack", "conversation": "D2", "message": "2.2", "placed_at": NOW}
    async with database.engine.begin() as connection:
        await connection.execute(insert(CardRow).values(request_id=FIRST, place="user:T1/U-ADA", **columns))
    async with database.open() as unit:
        assert await unit.cards.get(FIRST, ADA_IN_CHAT) == THERE
        assert dict(await unit.cards.of(FIRST)) == {ADA_IN_CHAT: THERE}
