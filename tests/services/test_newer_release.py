"""Policies that a newer release has saved are refused in words, never read with parts left out; access still ends."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from core.domain.errors import NewerRelease
from core.domain.request import Status
from handlers.words import sentences
from tests.services.company import HOUR, MINUTE, TARGET
from tests.services.world import World

Change = Callable[[dict[str, Any]], None]
NEWER: dict[str, Change] = {
    "a format": lambda book: book.update(format=2),
    "a section": lambda book: book.update(break_glass=[]),
    "a setting": lambda book: book["settings"].update(four_eyes=True),
    "a choice": lambda book: book["settings"].update(policy_changes="third_admin"),
    "a field of an eligibility policy": lambda book: book["eligibility"][0].update(only_at_night=True),
    "a field of an approval policy": lambda book: book["approval"][0].update(not_alone=True),
}


async def saved_by_a_newer_release(world: World, change: Change) -> None:
    async with world.database.engine.begin() as connection:
        stored = (
            await connection.execute(text("SELECT book FROM policy_revision ORDER BY revision DESC"))
        ).scalar_one()
        book = json.loads(stored)
        change(book)
        book["revision"] = 2
        await connection.execute(
            text(
                "INSERT INTO policy_revision (revision, book, written_at, author, why) "
                "SELECT 2, :book, written_at, author, 'newer' FROM policy_revision WHERE revision = 1"
            ),
            {"book": json.dumps(book)},
        )
    world.start()


@pytest.mark.parametrize("change", NEWER.values(), ids=NEWER)
async def test_whatever_is_not_known_is_refused_in_words(world: World, change: Change) -> None:
    await saved_by_a_newer_release(world, change)
    with pytest.raises(NewerRelease, match="newer release of TEAM Bot"):
        await world.services.policies.current()
    with pytest.raises(NewerRelease):
        await world.services.policies.history()
    with pytest.raises(NewerRelease) as raised:
        await world.services.explainer.explain("ada@example.com", TARGET.account, "PowerUserAccess")
    assert "saved by a newer release" in sentences.error(raised.value)
    with pytest.raises(NewerRelease):
        await world.services.policies.install("Admins", "Auditors")


async def test_what_was_asked_for_is_kept_for_a_replica_that_knows_them(world: World) -> None:
    await saved_by_a_newer_release(world, NEWER["a setting"])
    assert await world.do(world.form(world.ada)) is None
    assert [command["outcome"] for command in await world.acts()] == [None]
    with pytest.raises(NewerRelease):
        await world.services.administration.admins.require(world.frank.chat)
    assert await world.do(world.saving(1)) is None


async def test_access_ends_by_time_all_the_same(world: World) -> None:
    request = await world.active(minutes=60)
    await saved_by_a_newer_release(world, NEWER["a field of an approval policy"])
    world.clock.move(HOUR + MINUTE)
    for _ in range(3):
        await world.services.schedule.end()
        await world.services.reconciler.work()
        world.clock.move(MINUTE)
    assert await world.status(request) is Status.ENDED
    assert not world.holds()
