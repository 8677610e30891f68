"""Pairs that wait are shown with both their users; after a change of the identity source they are released together."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from core.adapters.storage.columns import col
from core.adapters.storage.tables import OutgoingRow
from core.domain.audit import told
from core.domain.errors import Conflict, NotFound, Refused
from core.domain.ids import PrincipalId
from core.domain.notices import Form, Topic
from core.domain.pairing import Likeness
from core.domain.people import PinState
from core.domain.request import Actor
from handlers.words import pair_words
from tests.services.commits import seen_after_commits
from tests.services.company import AUDIT_CHANNEL, Member
from tests.services.world import World

ADMIN = Actor("operator root")


async def wait(world: World, *people: Member) -> None:
    """Let the next morning come: everybody looks, and is suspended."""
    for who in people:
        with pytest.raises(Refused):
            await world.services.identity.identify(who.chat)


async def provision_anew(world: World, *people: Member, **changed: Any) -> None:
    """The same people under other UserIds."""
    for who in people:
        await world.services.identity.identify(who.chat)
        made = replace(world.principals.users.pop(who.id), id=PrincipalId(f"{who.id}-anew"), **changed)
        world.principals.users[made.id] = made
        for members in world.principals.members.values():
            if who.id in members:
                members.symmetric_difference_update({who.id, made.id})


async def test_all_are_released_together_with_one_line_and_a_reason_each(world: World) -> None:
    people = (world.ada, world.bob, world.frank)
    await provision_anew(world, *people)
    await wait(world, *people)
    releasing = world.services.administration.pair_release
    waiting = await releasing.waiting()
    assert [(each.pin.chat_user.user, each.is_sure) for each in waiting] == [
        ("UADA", True),
        ("UBOB", True),
        ("UFRANK", True),
    ]
    assert pair_words.told(waiting[0]) == (
        "was ada@example.com (user-ada, gone); its address now leads to ada@example.com (user-ada-anew) (same user "
        "name, e-mail address)"
    )
    assert await releasing.release_all(waiting, ADMIN, "moved to another identity provider") == 3
    assert await releasing.waiting() == ()
    for who in people:
        assert (await world.services.identity.identify(who.chat)).id == f"{who.id}-anew"
    released = [event for event in await world.events() if event["action"] == "identity.released"]
    assert {event["facts"]["why"] for event in released} == {"moved to another identity provider"}
    assert len(released) == 3
    await world.settle()
    assert world.messenger.topics(AUDIT_CHANNEL).count("pair_released") == 1


async def test_no_pair_that_is_released_with_others_is_without_its_line(world: World) -> None:
    """Wherever the process ends: the line says how many were released by then."""
    people = (world.ada, world.bob, world.frank)
    await provision_anew(world, *people)
    await wait(world, *people)

    async def look() -> tuple[int, int]:
        async with world.database.look() as unit:
            events = [told(event)["action"] async for event in unit.audit.chain()]
        is_line = (col(OutgoingRow.topic) == Topic.PAIR_RELEASED, col(OutgoingRow.form) == Form.LINE)
        async with world.database.engine.connect() as connection:
            lines = await connection.execute(select(col(OutgoingRow.facts)).where(*is_line))
            return events.count("identity.released"), sum(int(facts["count"]) for (facts,) in lines)

    seen = seen_after_commits(world, look)
    releasing = world.services.administration.pair_release
    assert await releasing.release_all(await releasing.waiting(), ADMIN, "") == 3
    assert {released - said for released, said in seen} == {0}


@pytest.mark.parametrize("likeness", Likeness)
async def test_one_thing_in_common_is_enough(world: World, likeness: Likeness) -> None:
    world.principals.change(world.ada.id, external_ids=("https://idp.example 1",), emails=("ada@example.com", "a@x.y"))
    await world.services.identity.identify(world.ada.chat)
    kept: dict[Likeness, dict[str, Any]] = {
        Likeness.USER_NAME: {"emails": ("countess@new.example",), "external_ids": ()},
        Likeness.EMAIL: {"user_name": "al", "emails": ("countess@new.example", "A@X.Y"), "external_ids": ()},
        Likeness.EXTERNAL_ID: {"user_name": "al", "emails": ("countess@new.example",)},
    }
    await provision_anew(world, world.ada, **kept[likeness])
    world.chat.change(world.ada.chat, email="countess@new.example")
    await wait(world, world.ada)
    (pairing,) = await world.services.administration.pair_release.waiting()
    assert (pairing.alike, pairing.is_sure) == ((likeness,), True)


async def test_whoever_only_points_at_somebody_else_is_not_released_with_the_others(world: World) -> None:
    await provision_anew(world, world.bob)
    await world.services.identity.identify(world.ada.chat)
    world.chat.change(world.ada.chat, email="grace@example.com")
    await wait(world, world.ada, world.bob)
    releasing = world.services.administration.pair_release
    assert await releasing.release_all(await releasing.waiting(), ADMIN, "") == 1
    (left,) = await releasing.waiting()
    assert (left.pin.chat_user, left.alike) == (world.ada.chat, ())
    assert "nothing in common" in pair_words.told(left)


async def test_several_accounts_of_one_new_user_are_looked_at_one_by_one(world: World) -> None:
    """Or the second account of somebody, which may only ask, would be released with the first."""
    await world.services.identity.identify(world.ada.chat)
    second = Member(world.ada.principal, world.chat.add(world.ada.principal, suffix="2"))
    await world.services.identity.identify(second.chat)
    await provision_anew(world, world.ada)
    await wait(world, world.ada, second)
    releasing = world.services.administration.pair_release
    waiting = await releasing.waiting()
    assert [each.is_sure for each in waiting] == [False, False]
    assert "several accounts lead there" in pair_words.told(waiting[0])
    assert await releasing.release_all(waiting, ADMIN, "") == 0


async def test_nobody_is_released_with_others_while_the_old_user_is_still_there(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.principals.change(world.ada.id, emails=("old@example.com",))
    world.principals.users[PrincipalId("user-twin")] = replace(
        world.ada.principal, id=PrincipalId("user-twin"), emails=("ada@example.com",)
    )
    await wait(world, world.ada)
    (pairing,) = await world.services.administration.pair_release.waiting()
    assert (bool(pairing.alike), pairing.is_sure) == (True, False)


@pytest.mark.parametrize(
    "words", [("UADA",), ("T1", "UADA"), ("T-OLD", "UADA"), ("Ada@Example.com",), ("grace@example.com",)]
)
async def test_a_pair_is_named_by_its_chat_user_or_by_either_user_of_identity_center(
    world: World, words: tuple[str, ...]
) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.change(world.ada.chat, email="grace@example.com")
    await wait(world, world.ada)
    assert (await world.services.administration.pair_release.find(*words)).pin.chat_user == world.ada.chat


async def test_a_name_of_nobody_or_of_several_releases_nobody(world: World) -> None:
    for who in (world.ada, world.bob):
        await world.services.identity.identify(who.chat)
        world.chat.change(who.chat, email="grace@example.com")
    await wait(world, world.ada, world.bob)
    releasing = world.services.administration.pair_release
    with pytest.raises(Conflict, match="UADA, UBOB"):
        await releasing.find("grace@example.com")
    with pytest.raises(NotFound):
        await releasing.find("UCAROL")


async def test_what_leads_elsewhere_by_now_is_not_released_as_it_was_shown(world: World) -> None:
    await world.services.identity.identify(world.ada.chat)
    world.chat.change(world.ada.chat, email="grace@example.com")
    await wait(world, world.ada)
    releasing = world.services.administration.pair_release
    shown = await releasing.find("UADA")
    await releasing.release(shown, ADMIN, "")
    world.chat.change(world.ada.chat, email="bob@example.com")
    await wait(world, world.ada)
    with pytest.raises(Conflict):
        await releasing.release(shown, ADMIN, "")
    assert (await releasing.find("UADA")).pin.state is PinState.SUSPENDED
