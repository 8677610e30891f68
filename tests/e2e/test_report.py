"""The report in the whole process: figures on a screen, another period, charts and a table as direct messages."""

import csv
import io
import re

import pytest

from tests.e2e.play import PROD_READ, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_auditor_reads_figures_and_gets_charts_and_a_table(play: Play) -> None:
    number = await play.grant("ada", PROD_READ)
    erin = play.person("erin")

    await erin.types("/team report 2020-01-01")
    screen = await erin.modal("Access report")
    text = await screen.shows("Send charts")
    assert re.search(r"Requests: \d+ \(.*\d approved", text)
    assert re.search(r"Payments Prod: \d+ asked, \d+ granted", text)
    assert f"{number} Ada Lovelace: ReadOnlyAccess in Payments Prod, active until" in text

    await screen.choose("Another period", "Last 7 days")
    await play.until(lambda: "2020-01-01" not in screen.text() or None, screen.text)
    await screen.press("Send charts")
    sent = await erin.sees("charts of ")
    (file,) = sent.message.files
    picture = play.stage.slack.workspace.files[file]
    assert picture.content is not None
    assert picture.content.startswith(b"\x89PNG")
    assert "Median time to approve: " in picture.alt
    await play.verified()


async def test_an_admin_opens_it_from_home_and_has_every_figure_as_a_table(play: Play) -> None:
    number = await play.grant("ada", PROD_READ)
    frank = play.person("frank")
    home = await frank.home("Report")
    await home.press("Report")
    screen = await frank.modal("Access report")
    await screen.shows("Send charts")
    await screen.press("Export as CSV")
    sent = await frank.sees("figures as CSV")
    content = play.stage.slack.workspace.files[sent.message.files[0]].content
    assert content is not None
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert int(next(row["value"] for row in rows if row["figure"] == "requests")) >= 1
    assert number in [row["id"] for row in rows if row["figure"] == "held_now"]


async def test_whoever_may_not_read_it_is_told_for_whom_it_is(play: Play) -> None:
    for who in ("ada", "bob"):
        await play.command(who, "/team report", "Only auditors and admins can use this")
    await play.command("erin", "/team report soon", "soon is not a period. Type /team report 90d")
