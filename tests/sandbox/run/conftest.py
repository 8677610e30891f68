"""A stage with its page, in this process and without a bot."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from infra.sandbox.company import example_company
from infra.sandbox.keeper import SandboxBot
from infra.sandbox.page import application
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    clock = SandboxClock(tmp_path / "clock")
    async with Stage(example_company(), clock=clock.timestamp) as stage:
        yield Sandbox(stage, SandboxBot({}, tmp_path / "bot.log"), clock)


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    """A client at the address of the page."""
    runner = web.AppRunner(application(sandbox), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        yield session
    await runner.cleanup()
