"""``teambot audit verify --archive`` and ``audit rejoin``: a trail is held against its files, also after a restore."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bot.cli import main
from core.adapters.storage.engine import Database
from core.domain.audit import Anchor
from tests.adapters.storage.samples import event
from tests.databases import (  # noqa: F401 - fixtures
    database_url,
    databases,
    postgresql_databases,
    postgresql_server,
    sqlite_databases,
)

Teambot = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> str:
    """One a test: moto keeps them all in one place."""
    return f"trail-{abs(hash(request.node.name))}"


@pytest.fixture
def s3(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "opens-nothing",
        "AWS_CONFIG_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    client = boto3.session.Session().client("s3")
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    server.stop()


@pytest.fixture
def teambot(
    _restored_logging: None,
    database_url: str,  # noqa: F811
    s3: Any,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Teambot:
    assert s3
    caplog.set_level(logging.WARNING, "werkzeug")  # which tells of each call in this same process
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", database_url)
    monkeypatch.setenv("TEAMBOT_ENV_FILE", "/dev/null")
    monkeypatch.setenv("TEAMBOT_AUDIT_S3_BUCKET", bucket)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["audit", *arguments])
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def write(url: str, count: int) -> list[Anchor]:
    """Events into the trail; all the ends that it has had."""

    async def run() -> list[Anchor]:
        database = Database(url)
        async with database.open() as unit:
            for number in range(count):
                await unit.audit.append(event(number))
            await unit.commit()
        async with database.look() as unit:
            ends = [Anchor(sealed.seq, sealed.hash) async for sealed in unit.audit.chain()]
        await database.close()
        return ends

    return asyncio.run(run())


def put(s3: Any, bucket: str, day: int, first: int, end: Anchor) -> None:
    s3.put_object(
        Bucket=bucket,
        Key=f"teambot/audit/year=2026/month=11/day={day:02}/audit-2026-11-{day:02}.jsonl.gz",
        Body=b"",
        Metadata={"first-seq": str(first), "last-seq": str(end.seq), "last-hash": end.hash, "events": "1"},
    )


def test_each_archived_day_ends_with_an_event_of_the_trail(
    teambot: Teambot,
    database_url: str,  # noqa: F811
    s3: Any,
    bucket: str,
) -> None:
    ends = write(database_url, 5)
    put(s3, bucket, 21, 1, ends[1])
    put(s3, bucket, 22, 3, ends[4])
    code, out, err = teambot("verify", "--archive")
    assert (code, err) == (0, "")
    assert "The chain is intact: 5 events." in out
    assert "2 archived days end with an event of it." in out
    assert teambot("rejoin", "--reason", "none") == (
        0,
        "The archive has nothing that the database lacks, so there is nothing to do.\n",
        "",
    )


def test_a_file_that_was_deleted_from_the_bucket_is_missed(
    teambot: Teambot,
    database_url: str,  # noqa: F811
    s3: Any,
    bucket: str,
) -> None:
    ends = write(database_url, 5)
    put(s3, bucket, 21, 1, ends[0])
    put(s3, bucket, 23, 4, ends[4])
    code, out, err = teambot("verify", "--archive")
    assert code == 1
    assert "The chain is intact: 5 events." in out
    assert "No file in the archive has events 2 to 3, which were archived: it was deleted there" in err


def test_a_restored_database_says_how_to_go_on_and_then_what_was_cut_off(
    teambot: Teambot,
    database_url: str,  # noqa: F811
    s3: Any,
    bucket: str,
) -> None:
    ends = write(database_url, 2)
    put(s3, bucket, 21, 1, ends[1])
    put(s3, bucket, 22, 3, Anchor(9, "a" * 64))
    code, out, err = teambot("verify", "--archive")
    assert code == 1
    assert "The chain is intact: 2 events." in out
    assert "1 archived day (2026-11-22) has events that the database does not, up to event 9" in err
    assert "teambot audit rejoin --reason TEXT" in err
    code, out, err = teambot("rejoin", "--reason", "restored the backup of 02:00")
    assert (code, err) == (0, "")
    assert "up to event 9" in out
    code, out, err = teambot("verify", "--archive")
    assert (code, err) == (0, "")
    assert "1 archived day (2026-11-22) has a history that a restore cut off, as the trail says itself" in out
    put(s3, bucket, 23, 3, Anchor(7, "b" * 64))
    assert teambot("verify", "--archive")[0] == 1


def test_what_cannot_be_done_is_said_in_one_line(teambot: Teambot, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = teambot("rejoin", "--reason", "  ")
    assert (code, len(err.splitlines())) == (2, 1)
    monkeypatch.delenv("TEAMBOT_AUDIT_S3_BUCKET")
    code, _, err = teambot("verify", "--archive")
    assert (code, "TEAMBOT_AUDIT_S3_BUCKET is not set" in err) == (2, True)
