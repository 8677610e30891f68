"""``teambot request close``: a revocation that AWS will never finish is closed by an operator, with a reason."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.cli import main
from core.adapters.storage.engine import Database
from core.domain.request import LeftBehind, Request, Status
from tests.adapters.storage.samples import NOW, PENDING
from tests.databases import sqlite_databases, sqlite_url  # noqa: F401 - fixtures

REVOKING = replace(
    PENDING,
    status=Status.REVOKING,
    granting_at=NOW,
    window_start_at=NOW,
    end_at=NOW + timedelta(hours=1),
    revoking_at=NOW + timedelta(hours=1),
)


async def _stored(url: str, *requests: Request) -> list[Request]:
    database = Database(url)
    try:
        async with database.open() as unit:
            added = [await unit.requests.add(request) for request in requests]
            await unit.commit()
    finally:
        await database.close()
    return added


async def _read(url: str, request: Request) -> tuple[Request | None, list[str]]:
    database = Database(url)
    try:
        async with database.open() as unit:
            return await unit.requests.get(request.id), [event.body async for event in unit.audit.chain()]
    finally:
        await database.close()


def close(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["request", "close", *words])
    return int(str(ended.value.code or 0))


@pytest.fixture
def url(_restored_logging: None, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: F811
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("TEAMBOT_ENV_FILE", "/dev/null")
    return sqlite_url


def test_what_is_being_ended_is_closed_with_its_reason_on_record(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (request,) = asyncio.run(_stored(url, REVOKING))
    assert close(f"R-{request.id}", "--reason", "the account is gone for good") == 0
    told = capsys.readouterr().out
    assert "is closed by hand" in told
    assert "AWS may still list the assignment" in told
    after, trail = asyncio.run(_read(url, request))
    assert after is not None
    assert (after.status, after.left_behind) == (Status.ENDED, LeftBehind.CLOSED_BY_HAND)
    assert after.closed_by.startswith("operator ")
    assert any("the account is gone for good" in body and "closed_by_hand" in body for body in trail)


def test_anything_else_is_refused_in_one_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    (waiting,) = asyncio.run(_stored(url, PENDING))
    for words, code, said in (
        ((f"R-{waiting.id}", "--reason", "why"), 1, "only one that is being ended"),
        (("R-4711", "--reason", "why"), 1, "There is no request R-4711"),
        (("nonsense", "--reason", "why"), 2, "is not a request"),
        ((f"R-{waiting.id}", "--reason", " "), 2, "Give the reason"),
        ((f"R-{waiting.id}",), 2, "--reason"),
    ):
        assert close(*words) == code
        told = capsys.readouterr().err
        assert said in told
        assert len(told.strip().splitlines()) == 1
