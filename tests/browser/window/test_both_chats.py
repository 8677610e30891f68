"""One person in two chats in one window: asked in Slack, approved beside it in Teams, by the real bot."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from infra.sandbox.company_tenant import PLATFORM, teams_channel
from infra.sandbox.folder import holding
from infra.sandbox.run import standing
from infra.sandbox.startup_checks import address_of, listening
from infra.sandbox.terminal import Terminal
from tests.browser.window.people import PATIENCE
from tests.browser.window.test_accessibility import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


@pytest_asyncio.fixture(loop_scope="session")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A sandbox as `make run` starts it, with both chats."""
    with holding(tmp_path_factory.mktemp("sandbox")) as folder, listening(0) as listener:
        async with standing(folder, listener, Terminal(io.StringIO())) as (sandbox, supervisor):
            watch = asyncio.create_task(supervisor.keep())
            yield address_of(listener.getsockname()[1]).rstrip("/")
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            assert sandbox.stage.teams.complaints == []


async def chosen(page: Page, label: str, typed: str, words: str) -> None:
    form = page.get_by_role("dialog", name="Request access")
    box = form.get_by_role("combobox", name=label)
    await box.click()
    await box.press_sequentially(typed)
    await form.get_by_role("option", name=words).first.click()


async def test_what_is_asked_in_teams_is_approved_in_slack_and_the_other_way_round(
    browser: Browser, address: str
) -> None:
    context = await browser.new_context(base_url=address, viewport={"width": 1500, "height": 900})
    context.set_default_timeout(PATIENCE)
    ada, bob = await context.new_page(), await context.new_page()
    approvals = teams_channel("payments-approvals").removeprefix(PLATFORM)
    await ada.goto("/as/ada/c/C0GENERAL")
    await bob.goto(f"/as/bob/c/C0PAYMENTS?teams={approvals}")
    await expect(ada.get_by_role("log", name="Messages in Teams")).to_contain_text("Ask for access")
    assert await faults_of(ada) == []

    await ada.get_by_role("region", name="Teams").get_by_role("button", name="Request access").last.click()
    await chosen(ada, "Account", "Payments P", "Payments Prod")
    await chosen(ada, "Permission set", "Power", "PowerUserAccess")
    await chosen(ada, "Duration", "1h", "1 h")
    form = ada.get_by_role("dialog", name="Request access")
    await form.get_by_role("textbox", name="Justification").fill("asked in Teams, approved in both")
    assert await faults_of(ada) == []
    await form.get_by_role("button", name="Submit").click()
    await expect(ada.get_by_role("dialog")).to_contain_text("R-10")
    await ada.keyboard.press("Escape")

    in_slack = bob.get_by_role("log", name="Messages", exact=True).get_by_role("article").last
    in_teams = bob.get_by_role("log", name="Messages in Teams").get_by_role("article").last
    await expect(in_slack).to_contain_text("asked in Teams, approved in both")
    await expect(in_teams).to_contain_text("asked in Teams, approved in both")
    assert await faults_of(bob) == []
    await in_teams.get_by_role("button", name="Approve", exact=True).click()
    await expect(in_teams).to_contain_text("Active until")
    await expect(in_slack).to_contain_text("Active until")
    await expect(ada.get_by_role("log", name="Messages in Teams")).to_contain_text("active until")
    await expect(ada.locator(".code-block").last).to_contain_text("aws sso login --profile")
    await expect(ada.locator(".undrawn")).to_have_count(0)
    await context.close()
