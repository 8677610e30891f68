import asyncio

import pytest

from core.adapters.aws.concurrently import concurrently
from core.domain.errors import UpstreamBusy


async def test_answers_come_in_the_order_of_the_questions() -> None:
    async def after(turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return turns

    assert await concurrently(after(turns) for turns in (3, 1, 2)) == [3, 1, 2]


async def test_the_first_failure_ends_the_others_and_is_raised_itself_with_its_cause() -> None:
    ended = []

    async def fail() -> None:
        raise UpstreamBusy("throttled") from KeyError("what AWS said")

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(UpstreamBusy, match="throttled") as raised:
        await concurrently([wait(), fail(), wait()])
    assert isinstance(raised.value.__cause__, KeyError)
    assert ended == [True, True]
