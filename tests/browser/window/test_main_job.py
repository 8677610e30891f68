"""The product's job, done by people before windows."""

import pytest
from playwright.async_api import expect

from tests.browser.window.people import House, People, asks, card, chooses, message, opens_form, panel, types

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(400)]

APPROVALS = "c/C0PAYMENTS"
STAGING, PROD, LEDGER = "111122224444", "111122223333", "111122225555"


async def test_access_is_asked_for_approved_used_and_over_in_two_windows(people: People, house: House) -> None:
    bob = await people.sits("bob", APPROVALS)
    ada = await people.sits("ada")
    why = "release 4.2 is stuck"
    await asks(ada, "Payments Prod", "PowerUserAccess", why)

    asked = card(bob, why)
    await expect(asked).to_contain_text("Waiting for approval")
    await asked.get_by_role("button", name="Approve R-").click()

    await expect(asked).to_contain_text("Active until")
    await expect(asked).to_contain_text("Approved by Bob Kahn")
    await expect(asked.get_by_role("button", name="Approve R-")).to_have_count(0)
    held = panel(ada, "AWS now").get_by_role("listitem").filter(has_text="Ada Lovelace").filter(has_text=PROD)
    await expect(held).to_contain_text("PowerUserAccess in Payments Prod")
    assert house.holds(PROD, "PowerUserAccess", "ada@example.com")
    await expect(ada.get_by_role("link", name="TEAM Bot").filter(has_text="unread")).to_be_visible()
    await ada.get_by_role("link", name="TEAM Bot").click()
    await expect(message(ada, "is active until")).to_contain_text("Payments Prod as PowerUserAccess")

    await panel(ada, "The clock").get_by_role("button", name="1 hour").click()

    await expect(asked).to_contain_text("Ended")
    await expect(message(ada, "has ended")).to_contain_text("Payments Prod as PowerUserAccess")
    assert not house.holds(PROD, "PowerUserAccess", "ada@example.com")
    await asked.get_by_text("replies").click()
    await expect(asked).to_contain_text("The assignment is gone.")


async def test_a_refused_field_says_why_and_nothing_typed_is_lost(people: People) -> None:
    ada = await people.sits("ada")
    form = await opens_form(ada)
    await form.get_by_role("textbox", name="Justification").fill("typed before anything was chosen")
    await form.get_by_role("button", name="Submit").click()
    account = form.get_by_role("combobox", name="Account", exact=True)
    await expect(account).to_have_accessible_description("Error: Please complete this required field.")
    await expect(account).to_be_focused()

    await chooses(form, "Account", "Payments Staging")
    await chooses(form, "Permission set", "ReadOnlyAccess")
    await expect(form).to_contain_text("approved by Payments Leads")
    await chooses(form, "Duration", "45m", "45 min")
    await form.get_by_label("Start").fill("2020-01-01T10:00")
    await form.get_by_role("button", name="Submit").click()

    start = form.get_by_label("Start")
    await expect(form).to_contain_text("That time has passed.")
    await expect(start).to_have_attribute("aria-invalid", "true")
    await expect(start).to_be_focused()
    await expect(form.get_by_role("textbox", name="Justification")).to_have_value("typed before anything was chosen")
    await expect(account).to_have_value("Payments Staging")
    await ada.keyboard.press("Escape")
    await expect(form).to_have_count(0)


async def test_a_rejection_tells_its_reason(people: People) -> None:
    ada, bob = await people.sits("ada"), await people.sits("bob", APPROVALS)
    why = "have a look at the ledger"
    await asks(ada, "Ledger Prod", "ReadOnlyAccess", why)
    await card(bob, why).get_by_role("button", name="Reject").click()
    form = bob.get_by_role("dialog", name="Reject request")
    await form.get_by_role("textbox", name="Reason").fill("use the <replica> *instead*")
    await form.get_by_role("button", name="Reject").click()

    await expect(card(bob, why)).to_contain_text("Rejected by Bob Kahn")
    await expect(card(bob, why)).to_contain_text("use the <replica>")
    await ada.get_by_role("link", name="TEAM Bot").click()
    await expect(message(ada, "was rejected by Bob Kahn")).to_contain_text("use the <replica>")


async def test_access_is_revoked_from_the_card_after_a_second_look(people: People, house: House) -> None:
    ada, bob = await people.sits("ada"), await people.sits("bob", APPROVALS)
    why = "restart a worker by hand"
    await asks(ada, "Payments Staging", "PowerUserAccess", why)
    await card(bob, why).get_by_role("button", name="Approve R-").click()
    await expect(card(bob, why)).to_contain_text("Active until")
    revoke = card(bob, why).get_by_role("button", name="Revoke")
    await revoke.click()
    question = bob.get_by_role("dialog", name="Revoke access")
    await expect(question).to_contain_text("Sessions already open, in the console or with CLI credentials, may go on")
    await question.get_by_role("button", name="Keep it").click()
    await expect(question).to_have_count(0)
    assert house.holds(STAGING, "PowerUserAccess", "ada@example.com")

    await revoke.click()
    await question.get_by_role("textbox", name="Reason").fill("the worker runs again")
    await question.get_by_role("button", name="Revoke").click()

    await expect(card(bob, why)).to_contain_text("Ended early by Bob Kahn")
    await expect(card(bob, why)).to_contain_text("the worker runs again")
    assert not house.holds(STAGING, "PowerUserAccess", "ada@example.com")


async def test_who_may_not_decide_is_told_in_private(people: People, house: House) -> None:
    grace, niaj = await people.sits("grace"), await people.sits("niaj", "c/C0DATA")
    why = "a query that never ends"
    await asks(grace, "Data Lake Dev", "DatabaseAdmin", why)
    await grace.goto("/as/grace/c/C0DATA")
    await card(grace, why).get_by_role("button", name="Approve R-").click()

    told = message(grace, "Only visible to you")
    await expect(told).to_contain_text("your own request")
    await expect(card(niaj, why)).to_contain_text("Waiting for approval")
    await expect(niaj.get_by_text("your own request")).to_have_count(0)
    await told.get_by_role("button", name="Dismiss").click()
    await expect(grace.get_by_text("your own request")).to_have_count(0)
    assert not house.holds("555566668888", "DatabaseAdmin", "grace@example.com")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ivan", "Guests can't use TEAM Bot."),
        ("judy", "has no user in IAM Identity Center"),
        ("quentin", "isn't confirmed"),
    ],
)
async def test_who_cannot_use_it_is_told_why(people: People, name: str, words: str) -> None:
    page = await people.sits(name)
    await types(page, "/team request")

    await expect(page.get_by_role("main").or_(page.get_by_role("dialog")).get_by_text(words).first).to_be_visible()


async def test_home_shows_what_is_and_opens_the_form(people: People) -> None:
    page = await people.sits("mallory", "home")
    home = page.get_by_role("region", name="Home", exact=True)
    await expect(home.get_by_role("heading", name="Ask for access")).to_be_visible()
    await home.get_by_role("button", name="Request access").click()
    await expect(page.get_by_role("dialog", name="Request access")).to_be_visible()
