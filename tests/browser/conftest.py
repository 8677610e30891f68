"""A whole sandbox in this process, its walkthrough played once, and a Chromium that looks at its page.

What a test left behind when it failed, a screenshot and a trace, lies in `out/`.
"""

import io
import re
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from infra.sandbox.folder import holding
from infra.sandbox.run import listening, standing
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.terminal import Terminal
from infra.sandbox.walkthrough import play

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
OUT = Path(__file__).parents[2] / "out"
#: Milliseconds for anything to appear, on a machine that runs other tests.
PATIENCE = 60_000
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    del call
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Sandbox, str]]:
    """The sandbox after its walkthrough, and where its page is."""
    terminal = Terminal(io.StringIO())
    with holding(tmp_path_factory.mktemp("sandbox")) as folder, listening(0) as door:
        async with standing(folder, door, terminal) as sandbox:
            await play(sandbox, terminal)
            yield sandbox, f"http://127.0.0.1:{door.getsockname()[1]}/"


@pytest.fixture(scope="module")
def sandbox(address: tuple[Sandbox, str]) -> Sandbox:
    return address[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, address: tuple[Sandbox, str], request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """The page of the sandbox, opened."""
    context = await browser.new_context(base_url=address[1])
    context.set_default_timeout(PATIENCE)
    await context.tracing.start(screenshots=True, snapshots=True)
    page = await context.new_page()
    await page.goto("/")
    yield page
    if request.node.stash.get(FAILED, default=False):
        name = OUT / re.sub(r"\W+", "-", request.node.name)
        OUT.mkdir(exist_ok=True)
        await page.screenshot(path=f"{name}.png", full_page=True)
        await context.tracing.stop(path=f"{name}.zip")
    await context.close()
