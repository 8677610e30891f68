"""``teambot audit`` on both databases: what was tampered with is named, and an export goes on where it ended."""

import asyncio
import csv
import io
import json
import stat
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from core.adapters.storage.engine import Database
from core.domain.ids import RequestId
from core.domain.request import Actor
from tests.adapters.storage.samples import ADA, ADA_IN_CHAT, NOW, PENDING, event, execute, stored
from tests.databases import (  # noqa: F401 - fixtures
    database_url,
    databases,
    postgresql_databases,
    postgresql_server,
    sqlite_databases,
)

Teambot = Callable[..., tuple[int, str, str]]
EVENTS = 7
ON_ONE_DATABASE = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
"""For what is about files alone."""
ODD = replace(
    event(1, actor=Actor("=Ada\nLovelace", ADA, ADA_IN_CHAT)), facts={"why": "\ud83d half an emoji, and\na line"}
)


@pytest.fixture
def teambot(
    _restored_logging: None,
    database_url: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> Teambot:
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("TEAMBOT_ENV_FILE", "/dev/null")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["audit", *arguments])
        out, err = capfdbinary.readouterr()
        return int(ended.value.code or 0), out.decode(), err.decode()

    return run


def in_database(url: str, work: Callable[[Database], Any]) -> None:
    async def run() -> None:
        database = Database(url)
        await work(database)
        await database.close()

    asyncio.run(run())


async def fill(database: Database) -> None:
    if not await _is_there(database):
        await stored(database, PENDING)
    async with database.open() as unit:
        await unit.audit.append(ODD)
        for number in range(2, EVENTS + 1):
            await unit.audit.append(event(number, action="request.granted"))
        await unit.commit()


async def _is_there(database: Database) -> bool:
    async with database.open() as unit:
        return await unit.requests.get(RequestId(1001)) is not None


@pytest.fixture
def filled(database_url: str) -> str:  # noqa: F811
    in_database(database_url, fill)
    return database_url


TRIGGERS = ("audit_event_update", "audit_event_delete", "audit_anchor_delete", "audit_anchor_update")


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ([], ""),
        (["UPDATE audit_event SET body = '{}' WHERE seq = 3"], "Event 3 was changed."),
        (["DELETE FROM audit_event WHERE seq = 3"], "Event 3 is missing or out of order."),
        (["DELETE FROM audit_event WHERE seq = 7"], "Event 7 is missing: the trail was anchored at event 7."),
        (
            ["INSERT INTO audit_event (seq, prev_hash, hash, body) VALUES (8, 'x', 'y', '{}')"],
            "Event 8 does not follow the event before it.",
        ),
        (
            [
                "UPDATE audit_event SET seq = 99 WHERE seq = 2",
                "UPDATE audit_event SET seq = 2 WHERE seq = 3",
                "UPDATE audit_event SET seq = 3 WHERE seq = 99",
            ],
            "Event 2 does not follow the event before it.",
        ),
        (["UPDATE audit_archive SET seq = 9"], "Event 8 is missing: the trail was archived up to event 9."),
        (
            ["UPDATE audit_archive SET seq = 2, last_sealed = '2\\:other'"],
            "Event 2 is not the one that was archived.",
        ),
    ],
    ids=["whole", "changed", "removed", "last removed", "inserted", "moved", "cut off", "written anew"],
)
def test_verify_proves_the_chain_or_names_its_first_broken_event(
    teambot: Teambot, filled: str, statements: Sequence[str], told: str
) -> None:
    async def tamper(database: Database) -> None:
        if statements and database.engine.dialect.name == "sqlite":
            await execute(database, *(f"DROP TRIGGER {trigger}" for trigger in TRIGGERS))
        await execute(database, *statements)

    in_database(filled, tamper)
    code, out, err = teambot("verify")
    assert (code, err.strip()) == (1 if told else 0, told)
    assert out.startswith("The chain is intact: 7 events.") is not bool(told)


def test_an_end_that_was_noted_is_found_again_and_a_foreign_one_is_not(teambot: Teambot, filled: str) -> None:
    assert filled
    end = teambot("verify")[1].split()[-1]
    assert teambot("verify", "--anchor", end)[0] == 0
    code, _, err = teambot("verify", "--anchor", f"7:{'0' * 64}")
    assert (code, "does not contain" in err) == (1, True)


def test_each_format_has_every_event_and_the_hashes(teambot: Teambot, filled: str) -> None:
    assert filled
    rows = list(csv.DictReader(io.StringIO(teambot("export", "--format", "csv")[1])))
    plain = [json.loads(line) for line in teambot("export", "--format", "jsonl")[1].splitlines()]
    ocsf = [json.loads(line) for line in teambot("export", "--format", "ocsf")[1].splitlines()]
    hashes = [each["hash"] for each in plain]
    assert hashes == [row["hash"] for row in rows] == [each["unmapped"]["hash"] for each in ocsf]
    assert [each["seq"] for each in plain] == list(range(1, EVENTS + 1))
    assert [each["prev_hash"] for each in plain[1:]] == hashes[:-1]
    assert (rows[0]["actor"], rows[0]["chat_user"]) == ("'=Ada Lovelace", "slack/T1/U-ADA")
    assert plain[0]["facts"] == ODD.facts
    assert ocsf[1]["user"]["uid"] == ADA
    assert ocsf[1]["privileges"] == ["ReadOnly"]


def test_each_format_names_a_request_as_people_read_it(teambot: Teambot, filled: str) -> None:
    """Rule 23."""
    assert filled
    (row, *_) = csv.DictReader(io.StringIO(teambot("export", "--format", "csv")[1]))
    plain = json.loads(teambot("export", "--format", "jsonl")[1].splitlines()[0])
    ocsf = json.loads(teambot("export", "--format", "ocsf")[1].splitlines()[0])
    named = [
        row["request_id"],
        plain["request_id"],
        ocsf["unmapped"]["request_id"],
        ocsf["metadata"]["correlation_uid"],
    ]
    assert named == ["R-1001"] * 4


def test_days_and_places_choose_events(teambot: Teambot, filled: str) -> None:
    assert filled
    since, until = (f"{NOW + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}" for minutes in (3, 6))
    out = teambot("export", "--format", "jsonl", "--since", since, "--until", until)[1]
    assert [json.loads(line)["seq"] for line in out.splitlines()] == [3, 4, 5]
    out = teambot("export", "--format", "jsonl", "--after", "5")[1]
    assert [json.loads(line)["seq"] for line in out.splitlines()] == [6, 7]
    code, out, err = teambot("export", "--since", until, "--until", since)
    assert (code, out) == (2, "")
    assert err.startswith("The period is empty: --since must be before --until.")


@ON_ONE_DATABASE
@pytest.mark.parametrize("style", ["csv", "jsonl", "ocsf"])
@pytest.mark.parametrize("cut", [0, 40])
def test_an_export_that_was_cut_off_goes_on_where_it_ended(
    teambot: Teambot, filled: str, tmp_path: Path, style: str, cut: int
) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    for file in (whole, part):
        assert teambot("export", "--format", style, "--output", str(file))[0] == 0
    if cut:
        part.write_bytes(part.read_bytes()[:-cut])
    in_database(filled, fill)
    for file in (whole, part, part):
        code, out, err = teambot("export", "--format", style, "--output", str(file), "--resume")
        assert (code, out) == (0, ""), err
    assert part.read_bytes() == whole.read_bytes()
    assert stat.filemode(whole.stat().st_mode) == "-rw-------"
    assert len(whole.read_bytes().splitlines()) == 2 * EVENTS + (style == "csv")


@ON_ONE_DATABASE
def test_a_file_is_neither_written_over_nor_mixed(teambot: Teambot, filled: str, tmp_path: Path) -> None:
    assert filled
    file = tmp_path / "trail"
    teambot("export", "--format", "jsonl", "--output", str(file))
    before = file.read_bytes()
    for arguments, told in (
        (["--format", "jsonl"], "add --resume"),
        (["--format", "ocsf", "--resume"], "does not end with an event as ocsf"),
        (["--format", "csv", "--resume"], "does not end with an event as csv"),
    ):
        code, _, err = teambot("export", *arguments, "--output", str(file))
        assert (code, told in err) == (1, True), err
        assert file.read_bytes() == before
    file.write_bytes(before.replace(b'"hash":"', b'"hash":"f'))
    code, _, err = teambot("export", "--format", "jsonl", "--resume", "--output", str(file))
    assert (code, "is another one in this trail" in err) == (1, True)
    assert teambot("export", "--format", "jsonl", "--resume")[0] == 2
