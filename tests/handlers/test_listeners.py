"""The answer that a listener gave stands, whatever happens after it; without an answer Slack learns of the failure."""

from types import SimpleNamespace
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck

from handlers.slack_api import listeners
from handlers.slack_api.listeners import Body, Listeners

COMMAND = {"command": "/team", "text": "home"}


async def answered(acknowledge: bool) -> Any:
    async def fails(ack: AsyncAck, _: Body) -> None:
        if acknowledge:
            await ack("One moment")
        raise KeyError("a fault")

    async def no_other() -> None:
        raise AssertionError("somebody listens to it")

    listening = Listeners()
    listening.command("/team")(fails)
    return await listening.answer(AsyncAck(), COMMAND, no_other)  # type: ignore[no-untyped-call]


async def test_a_failure_after_the_answer_is_logged_and_changes_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[str] = []
    monkeypatch.setattr(listeners, "log", SimpleNamespace(exception=lambda what, **_: logged.append(what)))
    answer = await answered(acknowledge=True)
    assert (answer.status, "One moment" in answer.body) == (200, True)
    assert logged == ["a listener failed after its answer"]


async def test_a_failure_without_an_answer_is_slacks_to_know() -> None:
    with pytest.raises(KeyError):
        await answered(acknowledge=False)
