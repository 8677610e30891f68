"""Each kind of trouble, made by its switch, and what people see of it."""

import asyncio
from datetime import datetime, timedelta

import pytest
from playwright.async_api import expect

from infra.sandbox.next_event import next_event
from tests.browser.window.people import PATIENCE, House, People, asks, card, message, opens_form, panel, types

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]


async def test_slow_aws_keeps_nobody_waiting_in_slack(people: People, house: House) -> None:
    ada = await people.sits("ada")
    switch = panel(ada, "Trouble").get_by_role("switch", name="AWS is slow")
    await switch.click()
    await expect(switch).to_be_checked()
    await expect(ada.get_by_role("status").filter(has_text="AWS is slow.")).to_be_visible()

    await types(ada, "/team request")

    await expect(ada.get_by_role("dialog", name="Request access")).to_be_visible()
    await ada.keyboard.press("Escape")
    await ada.get_by_role("button", name="Lift “AWS is slow”").click()
    await expect(switch).not_to_be_checked()
    assert house.stage.aws.faults.all() == []


async def test_throttling_delays_access_and_shows_among_the_calls(people: People, house: House) -> None:
    mallory, carol = await people.sits("mallory"), await people.sits("carol", "c/C0PAYMENTS")
    why = "while AWS throttles"
    await asks(mallory, "Ledger Prod", "PowerUserAccess", why)
    await panel(carol, "Trouble").get_by_role("switch", name="AWS throttles").click()
    await card(carol, why).get_by_role("button", name="Approve R-").click()
    await expect(panel(carol, "AWS now").get_by_text("ThrottlingException").first).to_be_visible()
    await expect(panel(carol, "Trouble")).to_contain_text("hit so far")
    held = ("111122225555", "PowerUserAccess", "mallory.stone@example.com")
    assert not house.holds(*held)

    await panel(carol, "Trouble").get_by_role("switch", name="AWS throttles").click()

    await expect(card(carol, why)).to_contain_text("Active until")
    assert house.holds(*held)


async def test_while_aws_is_down_the_bot_says_so(people: People) -> None:
    peggy = await people.sits("peggy")  # whom nobody has looked up in the minute before
    await panel(peggy, "Trouble").get_by_role("switch", name="AWS is down").click()
    await expect(peggy.get_by_role("status").filter(has_text="AWS is down.")).to_be_visible()
    await types(peggy, "/team whoami")

    await expect(message(peggy, "Only visible to you")).to_contain_text("AWS")


async def test_messages_that_slack_holds_back_come_when_it_is_over(people: People) -> None:
    ada, bob = await people.sits("ada"), await people.sits("bob", "c/C0PAYMENTS")
    switch = panel(bob, "Trouble").get_by_role("switch", name="Slack limits messages")
    await switch.click()
    await expect(switch).to_be_checked()
    why = "while Slack holds back"
    await asks(ada, "Ledger Prod", "PowerUserAccess", why)
    await expect(panel(bob, "What Slack refused").get_by_text("ratelimited").first).to_be_visible()
    await expect(card(bob, why)).to_have_count(0)

    await switch.click()

    await expect(card(bob, why)).to_contain_text("Waiting for approval")


async def test_a_killed_bot_answers_nobody_until_it_is_started_again(people: People, house: House) -> None:
    ada = await people.sits("ada")
    await panel(ada, "Trouble").get_by_role("button", name="Kill the bot").click()
    await expect(ada.get_by_role("status").filter(has_text="The bot is down.")).to_be_visible()
    assert not house.bot.is_running
    await types(ada, "/team help")
    await expect(message(ada, "Only visible to you")).to_contain_text("dispatch_failed")

    await panel(ada, "Trouble").get_by_role("button", name="Start the bot").click()

    await expect(panel(ada, "Trouble")).to_contain_text("The bot runs.")
    await opens_form(ada)


async def next_due(house: House) -> datetime:
    """The time that the bot says is due next, once it has looked since: it does so every other second."""
    seen = None
    async with asyncio.timeout(PATIENCE / 1000):
        while True:
            due = await next_event(house.sandbox.bot)
            if due is not None and due == seen:
                return due
            seen = due
            await asyncio.sleep(2.5)


async def test_the_clock_goes_to_the_next_event(people: People, house: House) -> None:
    wendy, niaj = await people.sits("wendy"), await people.sits("niaj", "c/C0DATA")
    why = "wait for what comes next"
    await asks(wendy, "Data Lake Dev", "DatabaseAdmin", why)
    await card(niaj, why).get_by_role("button", name="Approve R-").click()
    await expect(card(niaj, why)).to_contain_text("Active until")
    due = await next_due(house)
    await expect(panel(wendy, "The clock")).to_contain_text("The next event is in")
    before = house.clock.now()

    async with wendy.expect_response("**/do/clock"):
        await panel(wendy, "The clock").get_by_role("button", name="Next event").click()

    assert house.clock.now() - before > timedelta(minutes=1)
    assert house.clock.now() - due < timedelta(minutes=1), "it went past an event"


@pytest.mark.parametrize(("button", "minutes"), [("+15 min", 15), ("+1 hour", 60)])
async def test_the_clock_moves_by_its_buttons(people: People, house: House, button: str, minutes: int) -> None:
    ada, bob = await people.sits("ada"), await people.sits("bob")
    before, shown = house.clock.ahead, await panel(bob, "The clock").get_by_role("time").text_content()

    async with ada.expect_response("**/do/clock"):
        await panel(ada, "The clock").get_by_role("button", name=button).click()

    assert house.clock.ahead - before == timedelta(minutes=minutes)
    hour_and_minute = shown[:5] if shown else ""
    await expect(panel(bob, "The clock").get_by_role("time")).not_to_contain_text(hour_and_minute)
