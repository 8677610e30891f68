"""A lease of seconds is held anew while the work under it takes minutes, and ends soon after its process."""

import asyncio
from datetime import timedelta

import pytest

from core.domain.errors import Conflict, Side, UpstreamBusy
from core.services.runtime import lease_renewal
from core.services.runtime.lease_renewal import renewing


class Lease:
    """Counts how often it was held anew; ``enough`` is set at the third time."""

    def __init__(self, error: Exception | None = None) -> None:
        self.count = 0
        self.enough = asyncio.Event()
        self._error = error

    async def hold(self) -> None:
        self.count += 1
        if self.count == 3:
            self.enough.set()
        if self._error is not None:
            raise self._error


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_renewal, "HELD_ANEW_EVERY", timedelta(milliseconds=1))


async def test_it_is_held_anew_as_long_as_the_work_takes() -> None:
    lease = Lease()

    async def work() -> str:
        await lease.enough.wait()
        return "done"

    assert await renewing(work(), lease.hold) == "done"
    assert lease.count >= 3
    count = lease.count
    for _ in range(5):
        await asyncio.sleep(0)
    assert lease.count == count, "and no longer"


async def test_work_that_another_has_taken_over_is_cut_off() -> None:
    was_cut_off = False

    async def work() -> None:
        nonlocal was_cut_off
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cut_off = True
            raise

    with pytest.raises(Conflict):
        await renewing(work(), Lease(Conflict("claimed anew")).hold)
    assert was_cut_off


async def test_a_database_that_is_away_for_a_moment_cuts_nothing_off() -> None:
    lease = Lease(UpstreamBusy("away", side=Side.STORAGE))
    assert await renewing(lease.enough.wait(), lease.hold)


async def test_what_goes_wrong_with_the_work_is_told() -> None:
    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await renewing(work(), Lease().hold)


async def test_whoever_is_cut_off_cuts_off_the_work() -> None:
    lease, ended = Lease(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.ensure_future(renewing(work(), lease.hold))
    await lease.enough.wait()
    waiting.cancel()
    await asyncio.wait({waiting})
    assert ended.is_set()
