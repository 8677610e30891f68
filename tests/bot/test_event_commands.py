"""``teambot events``: an operator reads what holds up a destination, and passes over it by its number."""

import asyncio
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.migration import migrated
from core.adapters.storage.engine import Database
from core.domain.audit import AuditEvent
from core.services.audit.delivery_progress import DeliveryProgress, round_of
from core.services.runtime.lease_renewal import LEASE
from tests.adapters.storage.samples import NOW
from tests.bot.conftest import Teambot

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA="
REASON = ("--reason", "too long for it")


@pytest.fixture(autouse=True)
def _stuck(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database whose webhook refuses event 2 of 3."""
    url = f"sqlite+aiosqlite:///{env_file.parent / 'teambot.db'}"
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", url)
    monkeypatch.setenv("TEAMBOT_EVENTS_WEBHOOK_URL", "https://siem.example.com/hook")
    monkeypatch.setenv("TEAMBOT_EVENTS_WEBHOOK_SECRET", KEY)
    asyncio.run(_fill(url))


async def _fill(url: str) -> None:
    await migrated(url)
    database = Database(url)
    async with database.open() as unit:
        for action in ("request.submitted", "policies.changed", "request.approved"):
            await unit.audit.append(AuditEvent(action, NOW))
        claimed = await unit.shared_rounds.claim(round_of("webhook"), NOW, LEASE)
        assert claimed is not None
        place = DeliveryProgress(1).failed("it answers HTTP 413", NOW).dump()
        await unit.shared_rounds.release(replace(claimed, place=place), NOW)
        await unit.commit()
    await database.close()


def told(out: bytes) -> Any:
    return json.loads(out)["destinations"]


def test_it_says_what_holds_up_a_destination_and_what_to_type(teambot: Teambot) -> None:
    code, out, _ = teambot("events")

    first, *rest = out.decode().splitlines()
    assert (code, first.startswith("The webhook: 2 events wait behind event 1, the oldest for ")) == (0, True)
    assert rest == [
        "  Refused: event 2, policies.changed, by TEAM Bot, 2026-03-02 09:00:00 UTC.",
        "  Since 2026-03-02 09:00:00 UTC, after 1 failed try: it answers HTTP 413",
        "  If it will never take this event: teambot events skip webhook 2 --reason TEXT",
    ]
    (row,) = told(teambot("events", "--json")[1])
    assert (row["destination"], row["last_event"], row["waiting"]) == ("webhook", 1, 2)
    assert (row["refused"]["event"], row["refused"]["type"]) == (2, "policies.changed")


def test_an_event_is_passed_over_once_it_is_confirmed(teambot: Teambot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    code, out, _ = teambot("events", "skip", "webhook", "2", *REASON)
    assert (code, b"Refused: event 2, policies.changed" in out, b"never get it?" in out) == (1, True, True)
    assert told(teambot("events", "--json")[1])[0]["last_event"] == 1

    code, out, _ = teambot("events", "skip", "webhook", "2", *REASON, "--yes")
    assert (code, b"Event 2 is passed over" in out) == (0, True)
    (row,) = told(teambot("events", "--json")[1])
    assert (row["last_event"], row["waiting"], row["refused"]) == (2, 2, None)
    trail = [json.loads(line) for line in teambot("audit", "export")[1].splitlines()]
    assert (trail[-1]["action"], trail[-1]["facts"]["event"]) == ("events.skipped", 2)
    assert trail[-1]["actor"]["name"].startswith("operator ")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("webhook", "3", *REASON, "--yes"), 1, "The webhook doesn't refuse event 3."),
        (("sns", "2", *REASON, "--yes"), 1, "Events to the SNS topic are not set up here."),
        (("archive", "2", *REASON, "--yes"), 2, "'archive' is not one of"),
        (("webhook", "2", "--yes"), 2, "Missing option '--reason'"),
        (("webhook", "2", "--reason", " ", "--yes"), 2, "Give the reason with --reason"),
    ],
)
def test_anything_else_is_not_passed_over(teambot: Teambot, words: tuple[str, ...], code: int, said: str) -> None:
    ended, _, err = teambot("events", "skip", *words)

    assert (ended, said in err.decode()) == (code, True), err
    assert told(teambot("events", "--json")[1])[0]["last_event"] == 1


def test_without_any_destination_it_says_so(teambot: Teambot, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEAMBOT_EVENTS_WEBHOOK_URL", "TEAMBOT_EVENTS_WEBHOOK_SECRET"):
        monkeypatch.delenv(name)
    assert teambot("events")[1] == b"No destination of events is set up (docs/events.md).\n"
