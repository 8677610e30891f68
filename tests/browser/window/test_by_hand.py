"""Actions that bypass the bot, from the page: changes in AWS by hand, and the move from AWS TEAM."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.window.people import House, People, panel
from tests.browser.window.test_accessibility import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


async def test_something_is_assigned_past_the_bot_and_taken_away_again(people: People, house: House) -> None:
    page = await people.sits("ada")
    hands = panel(page, "By hand in AWS")
    await hands.get_by_text("Assign something past the bot").click()
    await hands.get_by_label("Person").first.select_option("grace@example.com")
    await hands.get_by_role("button", name="Assign").click()
    held = ("111122223333", "PowerUserAccess", "grace@example.com")
    await expect(page.get_by_text("grace@example.com has PowerUserAccess")).to_be_visible()
    assert house.holds(*held)
    assert await faults_of(page) == []

    taken = panel(page, "AWS now").get_by_role("button", name="Take away from Grace Hopper")
    await taken.click()
    await expect(taken).to_have_count(0)
    assert not house.holds(*held)


async def test_what_aws_team_had_is_shown_as_policies_before_it_takes_effect(people: People) -> None:
    page = await people.sits("frank")
    hands = panel(page, "By hand in AWS")
    await hands.get_by_text("Move over from AWS TEAM").click()
    await hands.get_by_role("button", name="Import an example").click()
    report = page.get_by_role("alertdialog", name="What AWS TEAM had, as policies")
    await expect(report).to_contain_text("bob@example.com needed no approval in AWS TEAM, and needs one here")
    await expect(report).to_contain_text("team.yaml is valid: 2 eligibility and 1 approval policies.")
    assert await faults_of(page) == []
    await report.get_by_role("button", name="Close").click()
    await expect(report).to_have_count(0)


async def test_slacks_menus_of_shortcuts_open_the_form_and_a_message_becomes_its_reason(people: People) -> None:
    page = await people.sits("ada")
    await page.locator(".composer").get_by_label("Shortcuts").click()
    await page.locator("#shortcuts").get_by_role("button", name="My access").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_role("dialog").get_by_role("button", name="Close").first.click()
    said = page.get_by_role("article").first
    await said.hover()
    await said.get_by_label("More about this message").click()
    await said.get_by_role("button", name="Request access").click()
    await expect(page.get_by_label("Justification")).to_have_value(re.compile("https?://"))
    await expect(page.get_by_role("dialog")).to_contain_text("stays in the audit trail")
    assert await faults_of(page) == []
