"""A person who waits for an act is told what it waits for: the side that was asked and has not answered, or refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.outcome import InHand, Outcome
from core.ports import Pending, waiting_for, watching
from tests.services.world import World

MOMENT = timedelta(seconds=0.2)
Ask = Callable[[], Awaitable[None]]


async def never() -> None:
    await asyncio.Event().wait()


async def asked(side: Side, answer: Ask) -> None:
    with waiting_for(side):
        await answer()


async def of_several() -> None:
    await asyncio.gather(asked(Side.CHAT, lambda: asyncio.sleep(0)), asked(Side.AWS, never))


WAITS: dict[str, tuple[Ask, Side | None]] = {
    "one": (lambda: asked(Side.CHAT, never), Side.CHAT),
    "the outer of two": (lambda: asked(Side.AWS, lambda: asked(Side.STORAGE, never)), Side.AWS),
    "the one of several that is left": (of_several, Side.AWS),
    "nobody outside": (never, None),
}


@pytest.mark.parametrize("case", WAITS)
async def test_an_act_that_takes_longer_says_for_whom(world: World, case: str) -> None:
    wait, side = WAITS[case]
    answer = asyncio.Event()

    async def slow() -> None:
        waiting = asyncio.ensure_future(wait())
        await asyncio.wait({waiting, asyncio.ensure_future(answer.wait())}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    world.principals.before = slow
    came = await world.services.commands.perform(world.form(world.ada), MOMENT)
    answer.set()
    assert came == InHand(side)
    await world.background.drained()


FAILS: dict[Upstream, InHand] = {
    UpstreamBusy("throttled", side=Side.AWS): InHand(Side.AWS),
    UpstreamRefused("AccessDenied", side=Side.AWS): InHand(Side.AWS, refused=True),
    UpstreamBusy("away", side=Side.STORAGE): InHand(Side.STORAGE),
}


@pytest.mark.parametrize("error", FAILS, ids=str)
async def test_an_act_that_fails_for_now_says_on_whose_side(world: World, error: Upstream) -> None:
    world.principals.down = error
    assert await world.services.commands.perform(world.form(world.ada), timedelta(seconds=30)) == FAILS[error]
    world.principals.down = None
    await world.settle()
    assert len(await world.requests()) == 1


async def test_slack_being_away_is_named_too(world: World) -> None:
    world.chat.down = UpstreamBusy("away", side=Side.CHAT)
    assert await world.services.commands.perform(world.form(world.ada), timedelta(seconds=30)) == InHand(Side.CHAT)


async def test_what_is_answered_is_an_outcome_and_nothing_is_waited_for(world: World) -> None:
    assert isinstance(await world.services.commands.perform(world.form(world.ada), timedelta(seconds=30)), Outcome)
    with watching() as pending:
        await world.asked(minutes=30)
    assert pending.side is None


async def test_work_that_was_given_up_leaves_what_it_waited_for() -> None:
    with watching() as pending, pytest.raises(TimeoutError):
        await asyncio.wait_for(asked(Side.AWS, lambda: asked(Side.STORAGE, never)), 0.01)
    assert pending.side is Side.STORAGE


async def test_nobody_is_told_of_what_others_wait_for() -> None:
    task = asyncio.ensure_future(asked(Side.AWS, never))
    await asyncio.sleep(0)
    with watching() as pending:
        await asyncio.sleep(0)
        assert pending.side is None
    task.cancel()
    assert Pending().side is None
