"""The page of the sandbox, as somebody sees it who has just typed `make run`."""

from itertools import pairwise

import pytest
from playwright.async_api import Page, expect

from infra.sandbox.sandbox import Sandbox
from tests.browser.conftest import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(400)]
expect.set_options(timeout=PATIENCE)


async def test_the_decided_card_of_the_walkthrough_is_there(page: Page) -> None:
    channel = page.get_by_role("region", name="#payments-approvals")
    card = channel.get_by_role("article", name="Message of teambot").filter(
        has_text="Ada Lovelace asks for PowerUserAccess in Payments Prod"
    )

    await expect(card).to_contain_text("Ended today at")
    await expect(card).to_contain_text("Approved by Bob Kahn")
    await expect(card.get_by_role("list", name="Buttons in Slack")).to_have_text("Details")
    await expect(channel.get_by_role("group", name="Thread").first).to_contain_text("Ended. The assignment is gone.")


async def test_its_parts_are_landmarks_and_its_headings_go_down_one_by_one(page: Page) -> None:
    for name in ("Clock", "AWS now", "Slack", "Who is who", "#team-audit", "Ada Lovelace, direct messages"):
        await expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
    await expect(page.get_by_role("main")).to_be_visible()
    levels = await page.locator("h1, h2, h3").evaluate_all("all => all.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


async def test_access_ends_when_the_clock_is_moved_by_its_button(page: Page, sandbox: Sandbox) -> None:
    ada = sandbox.stage.slack.person("ada")
    ada.patience = PATIENCE / 1000
    await ada.types("/team request")
    form = await ada.modal("Request access")
    await form.choose("Account", "Sandbox Ada")
    await form.choose("Permission set", "ReadOnlyAccess")
    await form.choose("Duration", "15 min", query="15")
    await form.fill("Justification", "look at what the tests see")
    assert (await form.submit()).errors == {}
    held = page.get_by_role("region", name="AWS now").get_by_role("row", name="Sandbox Ada")
    messages = page.get_by_role("region", name="Ada Lovelace, direct messages")
    await expect(held).to_contain_text("ReadOnlyAccess")
    before = sandbox.clock.ahead

    await page.get_by_role("button", name="+15 min").click()

    assert (sandbox.clock.ahead - before).total_seconds() == 900
    await expect(held).to_have_count(0)
    await expect(messages).to_contain_text("Your access to Sandbox Ada as ReadOnlyAccess has ended.")


async def test_it_can_be_held_still(page: Page) -> None:
    await page.get_by_role("link", name="Hold it still").click()

    await expect(page.get_by_text("It is held still.")).to_be_visible()
    await expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)
