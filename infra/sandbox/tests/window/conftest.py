"""A stage with the window on it, and no bot."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from infra.sandbox.company import example_company
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage
from infra.sandbox.window import WindowServices, application
from infra.sandbox.window.drawing import Reader


class FakeBot:
    """A bot that runs or does not; `refuses` makes it not start."""

    def __init__(self) -> None:
        self.is_running = True
        self.is_starting = False
        self.refuses = False

    async def kill(self) -> None:
        self.is_running = False

    async def start(self) -> None:
        if self.refuses:
            raise RuntimeError("no database")
        self.is_running = True


@pytest.fixture
def bot() -> FakeBot:
    return FakeBot()


@pytest.fixture
async def services(tmp_path: Path, bot: FakeBot) -> AsyncIterator[WindowServices]:
    clock = SandboxClock(tmp_path / "clock", machine=lambda: 1_800_000_000.0)
    async with Stage(example_company(), clock=clock.timestamp) as stage:
        yield WindowServices(stage.company, stage.slack, stage.aws, clock, bot)


@pytest.fixture
def ada(services: WindowServices) -> Reader:
    workspace = services.slack.workspace
    return Reader(workspace, workspace.user("ada"))


@pytest.fixture
async def window(services: WindowServices) -> AsyncIterator[aiohttp.ClientSession]:
    """A client at the address of the window."""
    async with contextlib.AsyncExitStack() as stack:
        runner = web.AppRunner(application(services), shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield await stack.enter_async_context(aiohttp.ClientSession(address))
