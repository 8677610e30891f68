"""Approvers and requesters: Home, what waits, reminders, shorter approvals, extensions, shortcuts."""

from datetime import timedelta

import pytest

from tests.e2e.play import PROD_READ, STAGING_POWER, STAGING_READ, Play

SHORTER = "Approve for a shorter time"

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_waits_is_decided_in_the_answer_to_a_command(play: Play) -> None:
    number = await play.ask("ada", STAGING_POWER, why="look into the stuck queue")
    other = await play.ask("ada", STAGING_READ, why="read along")
    idle = await play.ask("ada", PROD_READ, why="look around")
    for each in (number, other, idle):
        await play.told("ada", each, "is waiting for approval")
    waiting = await play.command("bob", "/team approvals", number)
    assert waiting.buttons() == ["Approve", "Reject", SHORTER, "Details"] * 3
    assert waiting.text().index(number) < waiting.text().index(other)
    assert "“look into the stuck queue”" in waiting.text()
    await waiting.press("Approve", near=number)
    left = await waiting.becomes(f"Approved: {number}")
    await left.press("Reject", near=idle)
    form = await play.person("bob").modal("Reject request")
    await form.fill("Reason", "not now")
    assert (await form.submit()).closed
    left = await left.becomes(f"Rejected: {idle}")
    assert left.buttons() == ["Approve", "Reject", SHORTER, "Details"]
    assert "read along" in left.text()
    await left.press("Details")
    details = await play.person("bob").modal(other)
    await details.shows("asked for this")
    await details.press("Approve")
    await details.shows(f"Approved: {other}")
    for granted in (number, other):
        await play.told("ada", granted, "is active until")
    await play.command("ada", "/team approvals", "Only approvers can use this")


async def test_home_shows_what_waits_and_what_is_live_and_acts_on_it_in_place(play: Play) -> None:
    bob = play.person("bob")
    await bob.home()
    number = await play.ask("ada", STAGING_POWER)
    home = await bob.home(number)
    assert "Ada Lovelace asks for PowerUserAccess in Payments Staging" in home.text()
    await home.press("Approve", near=number)
    said = await home.shows(f"Approved: {number}")
    assert "Waiting for you" not in said
    await play.told("ada", number, "is active until")

    mine = await play.person("ada").home("Live now")
    assert "left" in mine.text()
    await mine.press("End now")
    form = await play.person("ada").modal("End your access now")
    await form.fill("Reason", "done with it")
    await form.submit()
    await form.shows("being ended")
    await play.until_held()
    assert "Ask again" in await mine.shows("Ended early")  # drawn anew, though nobody opened it


async def test_approvers_are_reminded_until_it_is_decided(play: Play) -> None:
    number = await play.ask("ada", STAGING_POWER)
    card = await play.card("carol", number)
    await play.pass_time(timedelta(minutes=15, seconds=5))
    await card.replied("is still waiting for a decision")
    reminder = await play.told("carol", number, "is still waiting for a decision")
    assert "<!" not in reminder.message.text
    await reminder.press("Approve")
    await card.becomes("Active until")
    assert "Approve" not in (await reminder.becomes("Approved by Carol Shaw")).buttons()
    before = len(card.replies())
    await play.pass_time(timedelta(minutes=20))
    await play.told("ada", number, "is active until")
    assert not any("still waiting" in reply.text() for reply in card.replies()[before:])


async def test_a_line_behind_the_command_fills_the_form(play: Play) -> None:
    ada = play.person("ada")
    await ada.types("/team request 111122223333 ReadOnlyAccess 1h fixing the pipeline")
    modal = await ada.modal("Request access")
    await modal.shows("Up to")
    assert modal.value("Account") == PROD_READ.account
    assert modal.value("Permission set") == "ReadOnlyAccess"
    assert modal.value("Duration") == "1 h"
    assert modal.value("Justification") == "fixing the pipeline"
    sent = (await modal.submit()).modal
    assert sent is not None
    await sent.shows("Sent. R-")
    await sent.close()
    await ada.types("/team request 999900001111 AdministratorAccess 1h x")
    modal = await ada.modal("Request access")
    await modal.shows("There is no account “999900001111” that you may ask for. Choose it here.")


async def test_the_active_message_opens_aws_and_gives_a_profile(play: Play) -> None:
    number = await play.grant("ada", STAGING_READ)
    said = await play.told("ada", number, "is active until")
    assert "aws sso login --profile ReadOnlyAccess-111122224444" in said.text()
    assert "Extend" in said.buttons()


async def test_access_is_asked_for_from_anywhere_and_from_a_message_with_its_words_and_link(play: Play) -> None:
    ada = play.person("ada")
    assert not (await ada.chooses("Request access")).trouble
    form = await ada.modal("Request access")
    await form.shows("Justification")
    await form.close()

    await ada.types("the queue of payments is stuck <again> & again", "general")
    report = await ada.sees("the queue of payments is stuck", "general")
    assert not (await ada.chooses("Request access", report)).trouble
    about = await ada.modal("Request access")
    text = await about.shows("the queue of payments is stuck <again> & again")
    assert f"https://example.slack.com/archives/{report.message.channel_id}/p" in text
    await about.close()


async def test_my_access_shows_what_is_live_and_what_is_coming(play: Play) -> None:
    ada = play.person("ada")
    granted = await play.grant("ada", PROD_READ)
    waiting = await play.ask("ada", STAGING_READ)
    await ada.chooses("My access")
    mine = await ada.modal("My access")
    text = await mine.shows(granted)
    assert text.index("Live now") < text.index(granted) < text.index("Coming up") < text.index(waiting)
    await mine.press("End now", near=granted)
    await (await ada.modal("End your access now")).submit()
    await play.until_held()


async def test_what_was_asked_for_last_is_one_press_away_on_home_and_stays_once_it_is_starred(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    ada = play.person("ada")
    home = await ada.home("ReadOnlyAccess in Payments Staging")
    await home.press("☆ Star")
    await home.shows("★ Starred")
    await home.press("ReadOnlyAccess in Payments Staging")
    form = await ada.modal("Request access")
    await form.shows("Up to")
    await form.close()
    await play.command("ada", f"/team cancel {number}", "Withdrawn")
