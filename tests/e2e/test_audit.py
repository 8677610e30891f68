"""Auditors in the whole process: search by words and by form, pages, history, a CSV that arrives."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.play import PROD_READ, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


async def test_an_auditor_finds_pages_opens_and_exports(play: Play) -> None:
    granted = await play.grant("ada", PROD_READ)
    others = [
        await play.ask("ada", PROD_READ, starts_in=timedelta(hours=2 * n + 2), why=f"=cmd() number {n}")
        for n in range(11)
    ]
    erin = play.person("erin")

    first = await play.command("erin", '/team audit person:ada account:"Payments Prod" from:today', "All requests")
    assert "asked by ada · in Payments Prod" in first.text()
    assert others[-1] in first.text()
    assert granted not in first.text()
    home = await erin.home("Everything live")
    assert granted in home.text()
    assert "Everything live" not in (await play.person("bob").home("All commands")).text()
    await first.press("Older")
    second = await first.becomes(granted)
    assert others[-1] not in second.text()
    assert "Newer" in second.buttons()
    assert "Older" not in second.buttons()

    await second.press("Details", near=granted)
    details = await erin.modal("Request")
    await details.shows("AWS confirmed: active")
    await details.close()

    await second.press("Export as CSV")
    await play.answered("erin", "Exporting everything")
    sent = await erin.sees("12 requests as CSV")
    (file,) = sent.message.files
    content = play.stage.slack.workspace.files[file].content
    assert content is not None
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["request"] for row in rows] == [*reversed(others), granted]
    assert rows[0]["justification"] == "'=cmd() number 10"
    assert rows[-1]["approvals"].startswith("Carol Shaw approved")
    await play.verified()


async def test_the_form_finds_what_can_be_typed(play: Play) -> None:
    number = await play.ask("ada", PROD_READ, why="needle in the hay")
    for typed, told in (
        ("@ada", "Ada Lovelace"),
        ("requester:@ada needle", "Ada Lovelace"),
        ("ada@example.com", "ada@example.com"),
    ):
        assert f"asked by {told}" in (await play.command("erin", f"/team audit {typed}", number)).text()
    by_name = await play.command("carol", "/team audit @ada", number)
    assert "asked by Ada Lovelace" in by_name.text()
    assert number not in (await play.command("erin", "/team audit @bob", "asked by Bob Kahn")).text()
    await play.command("erin", "/team audit @judy", "no user in IAM Identity Center")
    erin = play.person("erin")
    listed = await play.command("erin", "/team audit", "All requests")
    await listed.press("Search")
    form = await erin.modal("Search")
    await form.choose("Person", "Ada Lovelace", query="lovel")
    await form.choose("Account", "Payments Prod", query="1111222")
    await form.choose("Status", "Waiting for approval")
    await form.fill("Text", "needle")
    await form.pick_date("From", YESTERDAY)
    answer = await form.submit()
    assert not answer.errors
    found = await erin.modal("All requests")
    text = await found.shows(number)
    assert "asked by Ada Lovelace · in Payments Prod · waiting for approval" in text
    await found.press("Details", near=number)
    await (await erin.modal("Request")).shows("needle in the hay")


async def test_whoever_may_not_search_is_told_for_whom_it_is(play: Play) -> None:
    await play.command("ada", "/team audit ada", "Only approvers, auditors and admins can use this")
    said = await play.command("erin", "/team audit stat:active", "Unknown filter stat:")
    assert "Did you mean “status:”?" in said.text()


async def test_an_approver_finds_ends_and_exports_what_is_theirs_to_approve(play: Play) -> None:
    granted = await play.grant("ada", PROD_READ)
    bob = play.person("bob")
    home = await bob.home("Your approvals")
    await home.press("Over")
    over = await bob.modal("Requests you can see")
    assert granted not in over.text()
    await over.close()

    listed = await play.command("bob", "/team audit status:live", "Requests you can see")
    await listed.press("Revoke", near=granted)
    asked = await bob.modal("Revoke access")
    await asked.submit()
    await play.until_held()

    found = await play.command("bob", f"/team audit {granted}", "Requests you can see")
    assert "Revoke" not in found.buttons()
    await found.press("Export as CSV")
    await play.answered("bob", "Exporting everything")
    await bob.sees("1 request as CSV")


async def test_a_file_that_slack_does_not_take_is_told_of_with_why(play: Play) -> None:
    await play.ask("ada", PROD_READ)
    play.stage.slack.faults.add("files.getUploadURLExternal", error="missing_scope")
    listed = await play.command("frank", "/team audit", "All requests")
    await listed.press("Export as CSV")
    await play.person("frank").sees(
        "could not be exported, and nothing was sent. Slack refuses the bot (missing_scope)"
    )
