"""A judgement that hangs holds up no other, and is under way once (rules 17 and 26)."""

import asyncio
from datetime import timedelta

import pytest

from core.domain.people import Principal
from core.domain.request import Request
from core.services.requests import second_judgement
from core.services.requests.second_judgement import AT_ONCE_OF_ONE, SecondJudgement
from core.services.runtime import lease_renewal
from core.services.runtime.lease_renewal import LEASE
from tests.services.company import MINUTE, TARGET, Member
from tests.services.world import World

PATIENCE = timedelta(seconds=30)


class Hanging:
    """Judgements of what this person asks for hang until they are let go."""

    def __init__(self, patch: pytest.MonkeyPatch, who: Principal) -> None:
        self.tried: list[int] = []
        self.let_go, self.held, self.reached = asyncio.Event(), asyncio.Event(), asyncio.Event()
        judge, hold = SecondJudgement._judgement, SecondJudgement._hold

        async def judgement(of: SecondJudgement, request: Request) -> object:
            if request.requester == who.id:
                self.tried.append(request.id)
                self.reached.set()
                await self.let_go.wait()
            return await judge(of, request)

        async def held(of: SecondJudgement, request: Request) -> None:
            await hold(of, request)
            self.held.set()

        patch.setattr(SecondJudgement, "_judgement", judgement)
        patch.setattr(SecondJudgement, "_hold", held)


async def filed(world: World, who: Member, minutes: int = 60) -> Request:
    await world.services.form_options.look_ahead(who.chat, TARGET)
    request = await world.services.commands.file(world.form(who, minutes=minutes), PATIENCE)
    assert request is not None
    return request


async def test_what_is_still_being_judged_is_taken_up_nowhere_else(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = Hanging(monkeypatch, world.ada.principal)
    monkeypatch.setattr(lease_renewal, "HELD_ANEW_EVERY", timedelta(milliseconds=1))
    stuck = await filed(world, world.ada)
    here, there = world.services.second_judgement, world._services().second_judgement
    judging = asyncio.create_task(here.work())
    await hanging.reached.wait()
    for _ in range(4):
        world.clock.move(LEASE * 0.6)
        hanging.held.clear()
        await hanging.held.wait()
        assert await there.work() == 0
    assert hanging.tried == [stuck.id]
    hanging.let_go.set()
    await judging
    assert not (await world.request(stuck.id)).unjudged


async def test_however_many_of_one_person_hang_those_of_others_are_judged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = Hanging(monkeypatch, world.ada.principal)
    monkeypatch.setattr(second_judgement, "AT_ONCE", AT_ONCE_OF_ONE + 1)
    for number in range(AT_ONCE_OF_ONE + 3):
        await filed(world, world.ada, 15 + number)
    others = await filed(world, world.dan)
    told = asyncio.Event()
    tell = SecondJudgement._tell

    async def telling(of: SecondJudgement, request: Request, *rest: object) -> None:
        await tell(of, request, *rest)  # type: ignore[arg-type]
        told.set()

    monkeypatch.setattr(SecondJudgement, "_tell", telling)
    judging = asyncio.create_task(world._services().second_judgement.work())
    await asyncio.wait_for(told.wait(), 60)
    assert not (await world.request(others.id)).unjudged
    assert len(hanging.tried) == AT_ONCE_OF_ONE
    hanging.let_go.set()
    await judging
    await world.settle()
    assert not [one for one in await world.requests() if one.unjudged], "and theirs are judged after that"


async def test_what_hangs_for_too_long_gives_its_place_up_and_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = Hanging(monkeypatch, world.ada.principal)
    stuck = await filed(world, world.ada)
    with monkeypatch.context() as patch:
        patch.setattr(second_judgement, "TRIED_FOR", timedelta())
        await world.services.second_judgement.work()
    assert (await world.request(stuck.id)).unjudged
    assert world.services.second_judgement.stuck() == {}, "it is nobody's fault here"
    hanging.let_go.set()
    world.clock.move(MINUTE)
    await world.settle()
    assert not (await world.request(stuck.id)).unjudged
