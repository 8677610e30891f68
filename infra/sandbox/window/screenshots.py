"""The pictures of the README: `python -m infra.sandbox.window.screenshots FOLDER` starts a sandbox and takes them.

Does what a newcomer does, through the page: Ada fills in the form, Bob has it in both chats and approves, Ada looks at
her Home.
"""

import asyncio
import contextlib
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright

from infra.sandbox.company_tenant import PLATFORM, teams_channel

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync", "--disable-background-networking")
_SIZE = ViewportSize(width=1280, height=800)
_WIDE = ViewportSize(width=1440, height=800)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
_WHY = "Release 4.2 is stuck halfway through its deployment; the pipeline has to be started by hand."


async def take(url: str, folder: Path) -> list[Path]:
    """The pictures, as written."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*_ARGUMENTS])
        try:
            return await _pictures(browser, url.rstrip("/"), folder)
        finally:
            await browser.close()


async def _pictures(browser: Browser, url: str, folder: Path) -> list[Path]:
    context = await browser.new_context(base_url=url, viewport=_SIZE, color_scheme="light", reduced_motion="reduce")
    ada, bob = await context.new_page(), await context.new_page()
    await ada.goto("/as/ada/c/C0GENERAL")
    await ada.get_by_role("button", name="Teams", exact=True).click()  # this browser remembers that it is folded
    await bob.goto("/as/bob/c/C0PAYMENTS")
    form = await _filled_form(ada)
    request_form = await _written(ada, folder / "request-form.png")
    await form.get_by_role("button", name="Submit").click()
    await ada.get_by_role("dialog").get_by_text(re.compile(r"Sent( as R-\d+)?\.|is saved;")).wait_for()
    await ada.keyboard.press("Escape")

    both_chats = await _both_chats(bob, folder)
    card = bob.get_by_role("article").filter(has_text=_WHY).first
    await card.get_by_role("button", name=re.compile("^Approve R-")).click()
    await card.get_by_text("Active until").first.wait_for()
    await bob.get_by_role("button", name="Dismiss").last.click()
    await bob.get_by_role("button", name="Dismiss").wait_for(state="detached")
    await bob.get_by_text("The next event is in").wait_for()
    decided_card = await _written(bob, folder / "decided-card.png")

    await ada.goto("/as/ada/home")
    await ada.get_by_role("heading", name="Live now").wait_for()
    home = await _written(ada, folder / "home.png")
    return [request_form, both_chats, decided_card, home]


async def _both_chats(bob: Page, folder: Path) -> Path:
    """The request before it is decided, in Slack and beside it in Teams."""
    address = bob.url
    await bob.set_viewport_size(_WIDE)
    await bob.goto(f"{address}?teams={teams_channel('payments-approvals').removeprefix(PLATFORM)}")
    await bob.get_by_role("button", name="Teams", exact=True).click()
    await bob.get_by_role("button", name="Behind the scenes").click()
    await bob.locator(".card").get_by_text(_WHY).wait_for()
    written = await _written(bob, folder / "both-chats.png")
    await bob.get_by_role("button", name="Teams", exact=True).click()
    await bob.get_by_role("button", name="Behind the scenes").click()
    await bob.set_viewport_size(_SIZE)
    await bob.goto(address)
    return written


async def _filled_form(page: Page) -> Locator:
    box = page.get_by_role("combobox", name="Message")
    await box.fill("/team request")
    await box.press("Enter")
    form = page.get_by_role("dialog", name="Request access")
    for label, words in (("Account", "Payments Prod"), ("Permission set", "PowerUserAccess"), ("Duration", "2 h")):
        await form.get_by_role("combobox", name=label, exact=True).press_sequentially(words)
        await form.get_by_role("option", name=words).first.click()
    await form.get_by_text("approved by").wait_for()
    await form.get_by_role("textbox", name="Justification").fill(_WHY)
    return form


async def _written(page: Page, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=file, animations="disabled", caret="hide")
    return file


@contextlib.asynccontextmanager
async def sandbox() -> AsyncIterator[str]:
    """A sandbox of its own, in a folder of its own; its address."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "sandbox", "--no-walkthrough", "--port", "0"),
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            yield await _address(process)
        finally:
            process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """The sandbox prints it once everything is ready."""
    told = process.stdout
    while told is not None and (line := await told.readline()):
        if found := _ADDRESS.search(line.decode()):
            return found[0]
    raise SystemExit("The sandbox ended before it was ready; `teambot sandbox` says why.")


async def _main(folder: Path) -> None:
    async with sandbox() as url:
        for file in await take(url, folder):
            sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m infra.sandbox.window.screenshots FOLDER")
    asyncio.run(_main(Path(sys.argv[1])))
