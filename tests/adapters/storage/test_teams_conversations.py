"""Conversations in Microsoft Teams: as they were learnt last, and one writer at a time over all replicas."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from core.adapters.storage.engine import Database
from core.ports import ConversationKind, LearntConversation
from tests.adapters.storage.samples import LEASE, MINUTE, NOW, commit

TENANT = "tenant-1"
WITH_ADA = LearntConversation(
    TENANT,
    "a:1",
    ConversationKind.PERSONAL,
    "https://smba.trafficmanager.net/emea/",
    NOW,
    user="aad-ada",
    mri="29:ada",
    email="ada@example.com",
    zone="Europe/Berlin",
)
APPROVALS = LearntConversation(
    TENANT,
    "19:approvals@thread.tacv2",
    ConversationKind.CHANNEL,
    "https://smba.trafficmanager.net/emea/",
    NOW + MINUTE,
    name="approvals",
    team="19:general@thread.tacv2",
    team_name="Payments",
    team_group="group-1",
    channel_type="standard",
)
GENERAL = replace(APPROVALS, id=APPROVALS.team, name="", seen_at=NOW)


async def put(database: Database, *learnt: LearntConversation) -> None:
    for each in learnt:
        await commit(database, lambda unit, new=each: unit.teams_conversations.put(new))  # type: ignore[misc]


async def test_one_is_found_as_it_was_learnt_last(database: Database) -> None:
    await put(database, WITH_ADA, APPROVALS)
    moved = replace(APPROVALS, service_url="https://smba.trafficmanager.net/amer/", archived=True, installed=False)
    async with database.open() as unit:
        assert await unit.teams_conversations.get(TENANT, APPROVALS.id) == APPROVALS
        assert await unit.teams_conversations.get("tenant-2", APPROVALS.id) is None
    await put(database, moved)
    async with database.open() as unit:
        assert await unit.teams_conversations.get(TENANT, APPROVALS.id) == moved


async def test_what_was_noted_stays_when_something_else_is_learnt(database: Database) -> None:
    await put(database, WITH_ADA)
    noted = replace(WITH_ADA, email="ada.l@example.com", home_card="m7")
    note_of = (noted.tenant, noted.id)
    await commit(database, lambda unit: unit.teams_conversations.note(*note_of, email=noted.email))
    await commit(database, lambda unit: unit.teams_conversations.note(*note_of, home_card=noted.home_card))
    await put(database, replace(WITH_ADA, zone="Asia/Kathmandu"))
    async with database.open() as unit:
        assert await unit.teams_conversations.get(TENANT, WITH_ADA.id) == replace(noted, zone="Asia/Kathmandu")


async def test_a_person_is_found_by_id_and_by_address_the_last_seen_first(database: Database) -> None:
    again = replace(WITH_ADA, id="a:2", seen_at=NOW + MINUTE)
    await put(database, WITH_ADA, again, APPROVALS)
    async with database.open() as unit:
        found = unit.teams_conversations
        assert await found.of_user(TENANT, "aad-ada") == again
        assert await found.of_user(TENANT, "aad-bob") is None
        assert await found.of_email(TENANT, "ada@example.com") == (again, WITH_ADA)


async def test_channels_are_found_by_team_and_where_the_bot_is(database: Database) -> None:
    left = replace(APPROVALS, id="19:left@thread.tacv2", installed=False, team="19:other@thread.tacv2")
    await put(database, WITH_ADA, APPROVALS, GENERAL, left)
    async with database.open() as unit:
        found = unit.teams_conversations
        assert set(await found.of_team(TENANT, APPROVALS.team)) == {APPROVALS, GENERAL}
        assert await found.channels(TENANT, 10) == (APPROVALS, GENERAL)
        assert await found.channels(TENANT, 1) == (APPROVALS,)
        assert (await found.newest(TENANT)) in {APPROVALS, left}


async def test_one_process_at_a_time_writes_to_a_conversation(database: Database) -> None:
    await put(database, APPROVALS, WITH_ADA)

    async def take(by: str, conversation: str = APPROVALS.id, after: timedelta = timedelta()) -> bool:
        return await commit(
            database, lambda unit: unit.teams_conversations.hold(TENANT, conversation, by, NOW + after, LEASE)
        )

    taken = await asyncio.gather(take("one"), take("two"))
    assert sorted(taken) == [False, True]
    first, second = ("one", "two") if taken[0] else ("two", "one")
    assert await take(second, WITH_ADA.id), "another conversation is free"
    await commit(database, lambda unit: unit.teams_conversations.release(TENANT, APPROVALS.id, second))
    assert not await take(second), "nobody gives back what another holds"
    await commit(database, lambda unit: unit.teams_conversations.release(TENANT, APPROVALS.id, first))
    assert await take(second)
    assert await take(first, after=LEASE + MINUTE), "whoever died holds it no longer than its lease"


async def test_a_turn_stays_when_something_is_learnt_meanwhile(database: Database) -> None:
    await put(database, APPROVALS)

    async def take(by: str, conversation: str = APPROVALS.id) -> bool:
        return await commit(database, lambda unit: unit.teams_conversations.hold(TENANT, conversation, by, NOW, LEASE))

    assert await take("one")
    await put(database, replace(APPROVALS, name="renamed"))
    assert not await take("two")
    assert not await take("one", "19:unknown"), "what is not known cannot be held"
