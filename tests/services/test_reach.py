"""Approvers and admins whom no message reaches: they are found before somebody waits for them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from core.adapters.storage.engine import Database
from core.domain.platforms import SLACK, TEAMS
from core.services.context.identity import Identity
from core.services.context.lasting_members import LastingMembers
from core.services.policies.reach import deciders, unreached
from tests.services.company import Member
from tests.services.two_platforms import TwoPlatforms, both


@pytest.fixture
async def world(database: Database) -> AsyncIterator[TwoPlatforms]:
    async with both(database) as world:
        yield world


async def missing(world: TwoPlatforms, *platforms: str) -> list[str]:
    world.serve(*platforms)
    chats = world._platforms()
    lasting = LastingMembers(world.principals, world.database.open, world.clock)
    identity = Identity(world.database.open, world.database.look, lasting, chats, world.clock)
    return [*await unreached(identity, chats, await deciders(world.principals, world.book()))]


def shown_nowhere(world: TwoPlatforms, who: Member) -> None:
    chat = replace(who.chat, platform=TEAMS)
    world.teams_chat.profiles[chat] = replace(world.teams_chat.profiles[chat], is_stranger=True)


async def test_everybody_who_decides_is_looked_at_and_nobody_who_is_disabled(world: TwoPlatforms) -> None:
    found = await deciders(world.principals, world.book())
    assert {world.bob.id, world.carol.id, world.frank.id} <= set(found)
    assert world.ada.id not in found
    world.principals.disable(world.bob.id)
    assert world.bob.id not in await deciders(world.principals, world.book())


async def test_whom_teams_shows_the_bot_nowhere_is_named(world: TwoPlatforms) -> None:
    assert await missing(world, TEAMS) == []
    shown_nowhere(world, world.bob)
    assert await missing(world, TEAMS) == [world.bob.id]


async def test_whom_slack_reaches_is_reached(world: TwoPlatforms) -> None:
    shown_nowhere(world, world.bob)
    assert await missing(world, SLACK, TEAMS) == []
