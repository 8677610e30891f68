"""The process when it starts to serve, and once it does."""

import gc

import pytest
from structlog.testing import capture_logs

from bot import serve
from bot.serve import _keep_what_was_loaded
from core.domain.errors import UpstreamBusy, UpstreamRefused


def test_the_garbage_collector_looks_no_more_through_what_was_loaded() -> None:
    """A walk through all of it stops everybody for a quarter of a second."""
    before = len(gc.get_objects())
    try:
        _keep_what_was_loaded()
        assert len(gc.get_objects()) < before / 10
    finally:
        gc.unfreeze()


BUSY = UpstreamBusy("The database is away or busy: canceling statement due to lock timeout")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "DATABASE_ASKED_EVERY", 0.01)


@pytest.mark.usefixtures("quick")
async def test_the_start_waits_in_words_for_a_database_that_a_lock_keeps_busy() -> None:
    answers: list[UpstreamBusy | str] = [BUSY, BUSY, "ready"]

    async def ask() -> str:
        answer = answers.pop(0)
        if isinstance(answer, UpstreamBusy):
            raise answer
        return answer

    with capture_logs() as said:
        assert await serve._patiently(ask) == "ready"
    assert [each["event"] for each in said] == ["waiting for the database"] * 2
    assert "lock timeout" in said[0]["because"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("error", [BUSY, UpstreamRefused("password authentication failed", code="28P01")])
async def test_the_start_does_not_wait_for_ever_and_not_for_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, error: UpstreamBusy | UpstreamRefused
) -> None:
    monkeypatch.setattr(serve, "DATABASE_WITHIN", 0.05)
    asked = 0

    async def ask() -> None:
        nonlocal asked
        asked += 1
        raise error

    with capture_logs(), pytest.raises(type(error)):
        await serve._patiently(ask)
    assert (asked > 1) == (error is BUSY)
