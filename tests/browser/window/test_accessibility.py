"""Accessibility: by keyboard, by screen reader, on a phone, in the dark; and plain words when something ends."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from infra.sandbox.ports import HeldPort
from infra.sandbox.sandbox_clock import SandboxClock
from infra.sandbox.slack.model import File
from infra.sandbox.window import WindowServices
from tests.browser.window.conftest import served
from tests.browser.window.people import House, People, asks, card, chooses, message, opens_form, panel, types

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]

AXE = Path(__file__).with_name("vendor") / "axe-core-4.14.1.min.js"
SCREENS = [pytest.param(1280, 800, id="desktop"), pytest.param(390, 844, id="phone")]


async def faults_of(page: Page) -> list[str]:
    """The faults that axe finds on the page now, each with its place: all in the light, colours in the dark."""
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    faults = await _asked(page, "{}")
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return faults + await _asked(page, "{ runOnly: ['color-contrast'] }")


async def _asked(page: Page, options: str) -> list[str]:
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = json.loads(await page.evaluate(f"axe.run({options}).then(found => JSON.stringify(found))"))
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]


@pytest.mark.parametrize(("width", "height"), SCREENS)
async def test_nothing_keeps_anybody_out_of_a_conversation(people: People, width: int, height: int) -> None:
    page, grace = await people.sits("niaj", "c/C0DATA"), await people.sits("grace")
    await page.set_viewport_size({"width": width, "height": height})
    why = f"seen at {width}"
    await asks(grace, "Data Lake Dev", "ReadOnlyAccess", why)
    await expect(card(page, why)).to_contain_text("Waiting for approval")
    await types(page, "/team help")
    await expect(page.get_by_text("Only visible to you").last).to_be_visible()
    await page.get_by_role("combobox", name="Message").fill("/team")
    await expect(page.get_by_role("listbox", name="Commands")).to_be_visible()
    assert await faults_of(page) == []
    await page.get_by_role("combobox", name="Message").fill("")

    await card(page, why).get_by_role("button", name="Reject").click()
    form = page.get_by_role("dialog", name="Reject request")
    await form.get_by_role("button", name="Reject").click()
    await expect(form.get_by_role("textbox", name="Reason")).to_be_focused()
    assert await faults_of(page) == []
    await form.get_by_role("textbox", name="Reason").fill("only looked at")
    await form.get_by_role("button", name="Reject").click()
    await expect(form).to_have_count(0)

    erin = await people.sits("erin")
    await erin.set_viewport_size({"width": width, "height": height})
    await types(erin, "/team audit")
    await expect(message(erin, "All requests")).to_contain_text("Export as CSV")
    assert await faults_of(erin) == []


@pytest.mark.parametrize(("width", "height"), SCREENS)
async def test_nothing_keeps_anybody_out_of_lists_forms_and_home(people: People, width: int, height: int) -> None:
    page = await people.sits("ada")
    await panel(page, "Trouble").get_by_role("switch", name="AWS is slow").click()
    await page.set_viewport_size({"width": width, "height": height})
    await expect(page.get_by_role("region", name="Try this")).to_be_visible()
    lift = page.get_by_role("button", name="Lift “AWS is slow”")
    await expect(lift).to_be_visible()
    if width < 500:
        await page.get_by_role("button", name="Conversations").click()
    await page.get_by_text("You are Ada Lovelace").first.click()
    await expect(page.get_by_role("heading", name="Approves")).to_be_visible()
    assert await faults_of(page) == []
    await page.keyboard.press("Escape")
    if width < 500:
        await page.keyboard.press("Escape")
    await lift.click()

    await page.goto("/as/ada/home")
    await page.get_by_role("button", name="Request access").click()
    form = page.get_by_role("dialog", name="Request access")
    await form.get_by_role("combobox", name="Account", exact=True).click()
    await expect(form.get_by_role("option").first).to_be_visible()
    assert await faults_of(page) == []


async def test_nothing_keeps_anybody_out_of_what_admins_see(people: People) -> None:
    frank = await people.sits("frank", "home")
    new = frank.get_by_role("button", name="New policy")
    await expect(new).to_be_visible()
    assert await faults_of(frank) == []
    await new.click()
    await frank.get_by_role("button", name="Who may ask").click()
    form = frank.get_by_role("dialog", name="Eligibility policy")
    await chooses(form, "Groups (optional)", "Data Leads")
    await form.get_by_role("button", name="Preview").click()
    await expect(form.get_by_role("textbox", name="Name")).to_be_focused()
    await frank.set_viewport_size({"width": 390, "height": 844})
    assert await faults_of(frank) == []


async def test_everything_is_done_by_keyboard(people: People) -> None:
    page = await people.sits("victor")
    box = page.get_by_role("combobox", name="Message")
    await box.press_sequentially("/team requ")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("/team request")
    await page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Request access")
    account = form.get_by_role("combobox", name="Account", exact=True)
    await expect(account).to_be_focused()
    await page.keyboard.type("Staging")
    await expect(form.get_by_role("option", name="Payments Staging")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(account).to_have_value("Payments Staging")

    await account.press("ArrowDown")
    await expect(form.get_by_role("listbox")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(form.get_by_role("listbox")).to_have_count(0)
    await expect(form).to_be_visible()
    for _ in range(20):
        await page.keyboard.press("Tab")
        assert await form.evaluate(
            "(dialog) => dialog.contains(document.activeElement) || document.activeElement === document.body"
        )
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
    await expect(box).to_be_focused()


async def test_what_is_being_typed_survives_what_others_do(people: People) -> None:
    page, other = await people.sits("wendy"), await people.sits("grace")
    form = await opens_form(page)
    reason = form.get_by_role("textbox", name="Justification")
    await reason.press_sequentially("half a sen")
    await types(other, "hello from the other window")
    await expect(page.get_by_text("hello from the other window")).to_have_count(1)
    await reason.press_sequentially("tence")
    await chooses(form, "Account", "Data Lake Dev")
    await expect(reason).to_have_value("half a sentence")
    await page.keyboard.press("Escape")


async def test_on_a_phone_the_columns_are_a_button_away(people: People) -> None:
    page = await people.sits("bob", "c/C0PAYMENTS")
    await page.set_viewport_size({"width": 390, "height": 844})
    conversations = page.get_by_role("navigation", name="Conversations")
    await expect(conversations).to_be_hidden()
    await page.get_by_role("button", name="Conversations").click()
    await conversations.get_by_role("link", name="random").click()
    await expect(page.get_by_role("heading", name="#random")).to_be_visible()
    await expect(conversations).to_be_hidden()
    await page.get_by_role("button", name="Behind the scenes").click()
    await expect(panel(page, "AWS now")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_somebody_else_is_two_clicks_away_and_comes_to_the_same_place(people: People) -> None:
    page = await people.sits("bob", "c/C0PAYMENTS")
    await page.get_by_text("You are Bob Kahn").first.click()
    async with page.context.expect_page() as second:
        await page.get_by_role("link", name="A second window as Erin Gray").click()
    await expect((await second.value).get_by_text("You are Erin Gray").first).to_be_visible()
    await page.get_by_role("link", name="Carol Shaw Payments Leads.").click()
    await expect(page).to_have_url(re.compile("/as/carol/c/C0PAYMENTS$"))


async def test_without_javascript_the_page_says_what_to_do(browser: Browser, house: House) -> None:
    context = await browser.new_context(base_url=house.address, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/")
    await expect(page.get_by_text("This page needs JavaScript: allow it for this address and reload.")).to_be_visible()
    await context.close()


async def test_a_window_older_than_the_sandbox_says_so(browser: Browser, house: House, tmp_path: Path) -> None:
    stage = house.stage
    services = WindowServices(stage.company, stage.slack, stage.aws, SandboxClock(tmp_path / "clock"))
    port = HeldPort()
    runner = await served(services, port)
    page = await browser.new_page()
    await page.goto(f"http://127.0.0.1:{port.number}/as/ada/c/C0RANDOM")
    await expect(page.get_by_role("button", name="Kill the bot")).to_have_count(0)
    await runner.cleanup()
    await expect(page.get_by_role("alert").filter(has_text="The sandbox does not answer.")).to_be_visible()

    runner = await served(services, port)
    await expect(page.get_by_role("alert").filter(has_text="The sandbox was started again")).to_be_visible()
    await types(page, "is anybody here")
    await expect(page.get_by_text("Reload the window.")).to_be_visible()
    await page.get_by_role("link", name="Reload it.").click()
    await expect(page.get_by_role("heading", name="#general")).to_be_visible()
    await page.close()
    await runner.cleanup()


async def test_a_link_that_leads_outside_leads_nowhere(people: People, house: House) -> None:
    workspace = house.stage.slack.workspace
    workspace.messages.post("C0RANDOM", "U0BOB", "see <https://example.org/docs?a=1&amp;b=2|the manual>")
    page = await people.sits("carol", "c/C0RANDOM")
    await page.get_by_role("link", name="the manual").click()
    await expect(page.get_by_text("https://example.org/docs?a=1&b=2")).to_be_visible()
    await page.get_by_role("link", name="Back to the sandbox").click()
    await expect(page.get_by_role("heading", name="#general")).to_be_visible()


async def test_a_file_is_saved_by_who_may_see_it(people: People, house: House) -> None:
    workspace = house.stage.slack.workspace
    workspace.files["F1"] = File("F1", "requests.csv", 9, "U0TEAMBOT", "All requests", b"id\nR-1001", ["C0AUDIT"])
    workspace.messages.post("C0AUDIT", "U0TEAMBOT", "Here it is.", files=["F1"])
    erin = await people.sits("erin", "c/C0AUDIT")

    async with erin.expect_download() as download:
        await erin.get_by_role("link", name="Download requests.csv").click()

    saved = await download.value
    assert saved.suggested_filename == "requests.csv"
    assert (await saved.path()).read_bytes() == b"id\nR-1001"


async def test_a_public_channel_is_joined_from_its_own_page(people: People) -> None:
    page = await people.sits("victor", "c/C0DATA")
    await expect(page.get_by_role("combobox", name="Message")).to_have_count(0)
    await page.get_by_role("button", name="Join it").click()

    await types(page, "hello, I am new here")

    await expect(message(page, "hello, I am new here")).to_be_visible()


async def test_a_window_is_shown_when_it_can_be_used(people: People) -> None:
    page = await people.sits("victor", "c/C0GENERAL")
    held = asyncio.Event()

    async def late(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await page.route("**/static/window.js", late)
    await page.reload(wait_until="commit")
    await expect(page.locator("#line")).to_be_attached()
    await expect(page.locator("#line")).to_be_hidden()
    held.set()
    await types(page, "said as soon as it was there")

    await expect(message(page, "said as soon as it was there")).to_be_visible()
