"""A whole sandbox in this process, the bot as its own, and a Chromium in which several people sit.

What a test leaves behind when it fails lies in `out/`: a screenshot of each window, and a trace of all of them.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, async_playwright

from infra.sandbox.folder import holding
from infra.sandbox.ports import HeldPort
from infra.sandbox.run import Setup, standing
from infra.sandbox.startup_checks import address_of, listening
from infra.sandbox.terminal import Terminal
from infra.sandbox.window import WindowServices, application
from tests.browser.window.people import PATIENCE, House, People

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
OUT = Path(__file__).parents[3] / "out"
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    del call
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One sandbox for all tests of a worker, in any order; each of them asks for a target of its own."""
    with holding(tmp_path_factory.mktemp("sandbox")) as folder, listening(0) as listener:
        async with standing(folder, listener, Terminal(io.StringIO()), Setup(with_teams=False)) as (
            sandbox,
            supervisor,
        ):
            watch = asyncio.create_task(supervisor.keep())
            yield House(sandbox, supervisor, address_of(listener.getsockname()[1]).rstrip("/"))
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)


async def served(services: WindowServices, port: HeldPort) -> web.AppRunner:
    runner = web.AppRunner(application(services), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port.number).start()
    return runner


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def people(house: House, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[People]:
    """Everybody of the company, each in a window of their own; nothing is open and no trouble on when a test ends."""
    context = await browser.new_context(base_url=house.address, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    await context.tracing.start(snapshots=True)  # its pictures are redrawn from them
    people = People(context)
    yield people
    if request.node.stash.get(FAILED, default=False):
        name = OUT / re.sub(r"\W+", "-", request.node.name)
        OUT.mkdir(exist_ok=True)
        for number, page in enumerate(context.pages):
            await page.screenshot(path=f"{name}-{number}.png")
        await context.tracing.stop(path=f"{name}.zip")
    await context.close()
    await house.tidy()
    assert people.problems == []
