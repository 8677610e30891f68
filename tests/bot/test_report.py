"""``teambot report`` on both databases: text, a table that calculates nothing, and words for what cannot be."""

import asyncio
import csv
import io
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import main
from core.adapters import charts
from core.adapters.storage.engine import Database
from tests.adapters.storage.samples import ACTIVE, PENDING, stored
from tests.databases import (  # noqa: F401 - fixtures
    database_url,
    databases,
    postgresql_databases,
    postgresql_server,
    sqlite_databases,
)

Teambot = Callable[..., tuple[int, str, str]]
ON_ONE_DATABASE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
MARCH = ("--since", "2026-03-01", "--until", "2026-04-01")
EVIL = replace(PENDING, requester_name="=cmd()", account_name="Zahlungen ☃")


@pytest.fixture
def teambot(
    _restored_logging: None,
    database_url: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Teambot:
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("TEAMBOT_ENV_FILE", "/dev/null")
    asyncio.run(_fill(database_url))

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["report", *arguments])
        out, err = capfdbinary.readouterr()
        return int(ended.value.code or 0), out.decode("utf-8-sig"), err.decode()

    return run


async def _fill(url: str) -> None:
    database = Database(url)
    async with database.look() as unit:
        is_filled = await unit.requests.counts(PENDING.created_at)
    if not is_filled:
        await stored(database, ACTIVE, EVIL)
    await database.close()


def test_the_figures_are_told_as_text(teambot: Teambot) -> None:
    code, out, err = teambot(*MARCH)
    assert (code, err) == (0, "")
    assert out.startswith("Access report, 2026-03-01 to 2026-03-31\n")
    assert "Requests: 2" in out
    assert "Zahlungen ☃: 2 asked" in out


def test_a_period_without_requests_has_figures_too(teambot: Teambot) -> None:
    code, out, _ = teambot("--since", "2020-01-01", "--until", "2020-02-01")
    assert code == 0
    assert "Requests: 0" in out


def test_the_table_calculates_nothing_and_is_for_its_owner_alone(teambot: Teambot, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    code, out, err = teambot(*MARCH, "--format", "csv", "--output", str(file))
    assert (code, out) == (0, "")
    assert str(file) in err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
    assert "'=cmd()" in {row["name"] for row in rows}
    assert {"figure": "requests", "value": "2"}.items() <= next(r for r in rows if r["figure"] == "requests").items()
    printed = list(csv.DictReader(io.StringIO(teambot(*MARCH, "--format", "csv")[1])))
    assert [row["name"] for row in printed] == [row["name"] for row in rows]  # what is live has grown older meanwhile


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--since", "2026-04-01", "--until", "2026-03-01"), "--since must be before --until"),
        (("--until", "0001-01-05"), "begins before the year 1"),
        (("--format", "pdf"), "'pdf' is not"),
        (("--since", "yesterday"), "is no instant: write 2026-10-01"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(teambot: Teambot, arguments: tuple[str, ...], says: str) -> None:
    code, out, err = teambot(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_a_file_that_cannot_be_written_is_said(teambot: Teambot, tmp_path: Path) -> None:
    code, _, err = teambot(*MARCH, "--output", str(tmp_path / "none" / "report.txt"))
    assert code == 1
    assert "cannot be written: No such file or directory." in err


@ON_ONE_DATABASE
def test_charts_come_as_a_picture_and_as_a_page(teambot: Teambot, tmp_path: Path) -> None:
    for style, begins in (("png", b"\x89PNG"), ("html", b"<!doctype html>")):
        file = tmp_path / f"report.{style}"
        code, out, _ = teambot(*MARCH, "--format", style, "--output", str(file))
        assert (code, out) == (0, "")
        assert file.read_bytes().startswith(begins)


@ON_ONE_DATABASE
def test_without_what_draws_it_is_said_how_to_install_it_and_figures_are_told(
    teambot: Teambot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "LIBRARY", "there_is_no_such_library")
    for style in ("png", "html"):
        code, out, err = teambot(*MARCH, "--format", style)
        assert (code, out) == (1, "")
        assert "pip install 'teambot[report]'" in err
        assert len(err.splitlines()) == 1
    assert teambot(*MARCH, "--format", "csv")[0] == 0
    assert teambot(*MARCH)[0] == 0
