"""Teams beside Slack in a browser: cards drawn by Microsoft's package, dialogs and type-aheads, for everybody."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, Route, expect

from infra.sandbox.company import example_company
from infra.sandbox.local_teams import LocalTeams
from infra.sandbox.ports import HeldPort
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.stage import Stage
from infra.sandbox.tests.teams.connector_client import ConnectorClient
from infra.sandbox.tests.teams.sample_bot import SampleBot, attached, card, text
from infra.sandbox.window import WindowServices
from tests.browser.window.conftest import served
from tests.browser.window.test_accessibility import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


@pytest_asyncio.fixture(loop_scope="session")
async def teams(tmp_path: Path) -> AsyncIterator[tuple[LocalTeams, str]]:
    """The company's Teams with the sample bot, and the address of its window."""
    clock, port = SandboxClock(tmp_path / "clock"), HeldPort()
    async with contextlib.AsyncExitStack() as stack:
        stage = await stack.enter_async_context(Stage(example_company(), clock=clock.timestamp))
        client = await stack.enter_async_context(ConnectorClient(stage.teams))
        runner = web.AppRunner(SampleBot(stage.teams, client).application())
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stage.teams.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/teams/messages")
        services = WindowServices(stage.company, stage.slack, stage.aws, clock, teams=stage.teams)
        window = await served(services, port)
        stack.push_async_callback(window.cleanup)
        yield stage.teams, f"http://127.0.0.1:{port.number}"


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, teams: tuple[LocalTeams, str]) -> AsyncIterator[Page]:
    context = await browser.new_context(base_url=teams[1], viewport={"width": 1400, "height": 850})
    yield await context.new_page()
    await context.close()


async def says(page: Page, line: str) -> None:
    box = page.get_by_role("textbox", name="Message in Teams")
    await box.fill(line)
    await box.press("Enter")


async def test_a_card_is_drawn_pressed_and_followed(page: Page, teams: tuple[LocalTeams, str]) -> None:
    del teams
    await page.goto("/as/ada")
    await says(page, "card")
    shown = page.get_by_role("log", name="Messages in Teams").locator(".card").last
    await expect(shown).to_contain_text("@Ada Lovelace is requesting access")
    await expect(shown).to_contain_text("*not bold*")
    assert await faults_of(page) == []
    await shown.get_by_role("button", name="Approve").click()
    await expect(shown).to_contain_text("Approved by Ada Lovelace")
    await expect(shown.get_by_role("button")).to_have_count(0)


async def test_nothing_can_be_said_before_somebody_listens(page: Page, teams: tuple[LocalTeams, str]) -> None:
    del teams
    is_let = asyncio.Event()

    async def late(route: Route) -> None:
        await is_let.wait()
        await route.continue_()

    await page.route("**/static/teams.js", late)
    await page.goto("/as/ada", wait_until="commit")
    box = page.locator("#teams-line")
    await expect(box).to_have_count(1)
    await expect(box).to_be_hidden()
    is_let.set()
    await says(page, "card")
    await expect(page.get_by_role("log", name="Messages in Teams").locator(".card")).to_have_count(1)


@pytest.mark.parametrize(("width", "height"), [(1400, 850), (390, 844)])
async def test_a_form_is_filled_by_type_ahead_refused_and_sent(
    page: Page, teams: tuple[LocalTeams, str], width: int, height: int
) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto("/as/ada")
    if width < 500:
        await page.get_by_role("button", name="Teams", exact=True).click()
    await page.get_by_role("button", name="Request access").click()
    form = page.get_by_role("dialog", name="Request access")
    account = form.get_by_role("combobox", name="Account")
    await expect(account).to_be_focused()
    await account.press_sequentially("payments")
    await expect(form.get_by_role("option", name="Web Prod")).to_have_count(0)
    assert await faults_of(page) == []
    await account.press("ArrowDown")
    await account.press("Enter")
    await expect(account).to_have_value("Payments Prod")
    await form.get_by_role("combobox", name="Permission set").click()
    await form.get_by_role("option", name="ReadOnly").click()
    await form.get_by_role("button", name="Submit").click()
    await expect(form.get_by_role("textbox", name="Justification")).to_be_focused()
    await form.get_by_role("textbox", name="Justification").fill("no")
    await form.get_by_role("button", name="Submit").click()
    await expect(form).to_contain_text("Give a real reason.")
    await expect(form.get_by_role("textbox", name="Justification")).to_have_value("no")
    assert await faults_of(page) == []
    await form.get_by_role("textbox", name="Justification").fill("the queue")
    await form.get_by_role("combobox", name="Account").press_sequentially("web")
    await form.get_by_role("option", name="Web Prod").click()
    await form.get_by_role("button", name="Submit").click()
    sent = page.get_by_role("dialog", name="Sent")
    await expect(sent).to_contain_text("Sent for 3333: the queue")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert teams[0].complaints == []


async def test_what_a_person_typed_is_shown_as_typed_and_no_link_leaves_the_machine(
    page: Page, teams: tuple[LocalTeams, str]
) -> None:
    tenant = teams[0].tenant
    lines = ["<img src=x onerror=alert(1)> &", "[run](javascript:alert(1))", "**bold** [out](https://example.com/)"]
    sent = [attached(card(*map(text, lines)))]
    tenant.messages.post(tenant.chat(tenant.person("ada")).id, tenant.app.bot_id, attachments=sent)
    await page.goto("/as/ada")
    shown = page.locator(".card").last
    await expect(shown).to_contain_text("<img src=x onerror=alert(1)> &")
    await expect(shown).to_contain_text("[run](javascript:alert(1))")
    await expect(shown.locator("img")).to_have_count(0)
    await expect(shown.get_by_role("link", name="out")).to_have_attribute(
        "href", "/as/ada/outside?to=https%3A%2F%2Fexample.com%2F"
    )
    await expect(shown.locator("strong")).to_have_text("bold")


async def test_what_the_page_cannot_draw_is_said_loudly(page: Page, teams: tuple[LocalTeams, str]) -> None:
    tenant = teams[0].tenant
    badge = {"type": "Badge", "text": "New", "style": "Accent"}
    sent = [attached(card(text("With a badge"), badge))]
    tenant.messages.post(tenant.chat(tenant.person("ada")).id, tenant.app.bot_id, attachments=sent)
    await page.goto("/as/ada")
    note = page.locator(".card").last.get_by_role("note")
    await expect(note).to_contain_text("This page cannot draw all of this card.")
    await expect(note).to_contain_text("Badge")
