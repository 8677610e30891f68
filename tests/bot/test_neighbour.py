"""``doctor`` tells how the bot that runs on this machine is."""

from collections.abc import Mapping

import pytest
from aiohttp import web

from bot.metrics import Metrics
from bot.neighbour import ask
from bot.settings import load_settings
from bot.web import create_app, serving


@pytest.mark.usefixtures("env_file")
@pytest.mark.parametrize(
    ("checks", "ok", "words"),
    [
        ({}, True, "ready, at http://127.0.0.1:"),
        ({"slack": "it has no connection to Slack"}, False, "not ready: it has no connection to Slack"),
    ],
)
async def test_a_bot_that_runs_here_says_how_it_is(
    monkeypatch: pytest.MonkeyPatch, checks: dict[str, str], ok: bool, words: str
) -> None:
    async def readiness() -> Mapping[str, str]:
        return checks

    async with serving(create_app(readiness, Metrics("1")), "127.0.0.1", 0) as port:
        monkeypatch.setenv("TEAMBOT_PORT", str(port))
        monkeypatch.setenv("TEAMBOT_HOST", "0.0.0.0")  # noqa: S104 - as in a container; nothing listens there
        found = await ask(load_settings())
    assert found is not None
    assert (found[0], found[1].startswith(words)) == (ok, True)


@pytest.mark.usefixtures("env_file")
async def test_that_none_runs_here_or_that_it_is_something_else_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    app = web.Application()
    async with serving(app, "127.0.0.1", 0) as port:
        monkeypatch.setenv("TEAMBOT_PORT", str(port))
        assert await ask(load_settings()) is None
    assert await ask(load_settings()) is None
