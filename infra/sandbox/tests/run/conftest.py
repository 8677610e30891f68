"""A stage in this process, without a bot and without a page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from infra.sandbox.bot_supervisor import SandboxBot
from infra.sandbox.company import example_company
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    clock = SandboxClock(tmp_path / "clock")
    async with Stage(example_company(), clock=clock.timestamp) as stage:
        yield Sandbox(stage, SandboxBot({}, tmp_path / "bot.log"), clock)
