"""The archive in S3 (moto's): written once, never over something else, under Object Lock where the bucket has it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from core.adapters.aws.archive import S3Archive
from core.adapters.aws.budget import CallBudgets
from core.adapters.aws.service import Patience
from core.adapters.aws.session import AwsSession
from core.domain.errors import UpstreamBusy, UpstreamRefused
from core.ports import AuditArchive

FACTS = {"first-seq": "1", "last-seq": "7", "last-hash": "ab", "events": "7"}
KEY = "teambot/audit/year=2026/month=11/day=21/audit-2026-11-21.jsonl.gz"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "AWS_ENDPOINT_URL": moto,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "opens-nothing",
        "AWS_CONFIG_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return boto3.session.Session().client("s3")  # not through the program, as an operator would


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = f"trail-{abs(hash(request.node.name))}"
    locked = "a_locked_bucket" in request.node.name
    s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        ObjectLockEnabledForBucket=locked,
    )
    if locked:
        s3.put_object_lock_configuration(
            Bucket=name,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 365}},
            },
        )
    return name


@pytest.fixture
async def session(s3: Any) -> AsyncIterator[AwsSession]:
    assert s3
    async with AwsSession(budgets=CallBudgets(), patience=Patience(attempts=1)) as session:
        yield session


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "day.gz"
    written.write_bytes(b"\x1f\x8b a day")
    return written


async def test_a_day_is_written_with_its_end(session: AwsSession, bucket: str, file: Path, s3: Any) -> None:
    archives: list[AuditArchive] = [S3Archive(session, bucket)]
    await archives[0].put(KEY, file, FACTS)
    found = s3.get_object(Bucket=bucket, Key=KEY)
    assert found["Body"].read() == b"\x1f\x8b a day"
    assert found["Metadata"] == FACTS
    assert found["ContentType"] == "application/gzip"


async def test_the_same_day_again_is_no_error_and_another_one_is_never_written_over(
    session: AwsSession, bucket: str, file: Path, s3: Any, tmp_path: Path
) -> None:
    archive = S3Archive(session, bucket)
    await archive.put(KEY, file, FACTS)
    await archive.put(KEY, file, FACTS)
    other = tmp_path / "other.gz"
    other.write_bytes(b"forged")
    with pytest.raises(UpstreamRefused, match="left alone"):
        await archive.put(KEY, other, {**FACTS, "last-hash": "cd"})
    assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"\x1f\x8b a day"


async def test_a_locked_bucket_keeps_what_is_written(session: AwsSession, bucket: str, file: Path, s3: Any) -> None:
    archive = S3Archive(session, bucket)
    await archive.put(KEY, file, FACTS)
    head = s3.head_object(Bucket=bucket, Key=KEY)
    assert head["ObjectLockMode"] == "COMPLIANCE"
    assert await archive.check() == (True, f"{bucket} is there, locked for 365 days (COMPLIANCE)")


async def test_the_doctor_is_told_of_a_bucket_without_lock_and_of_none(session: AwsSession, bucket: str) -> None:
    ok, detail = await S3Archive(session, bucket).check()
    assert (ok, "without Object Lock" in detail) == (True, True)
    ok, detail = await S3Archive(session, "nobody-has-this-bucket").check()
    assert not ok
    assert detail


async def test_a_bucket_that_is_not_there_refuses_and_a_service_that_is_away_is_busy(
    session: AwsSession, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UpstreamRefused):
        await S3Archive(session, "nobody-has-this-bucket").put(KEY, file, FACTS)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    async with AwsSession(patience=Patience(attempts=1)) as away:
        with pytest.raises(UpstreamBusy):
            await S3Archive(away, "any").put(KEY, file, FACTS)


async def test_what_is_there_is_listed_in_the_order_of_days_and_read_back(
    session: AwsSession, bucket: str, file: Path, s3: Any, tmp_path: Path
) -> None:
    archive = S3Archive(session, bucket)
    folders = [f"teambot/audit/year=2026/month={month:02}/day=01/" for month in (10, 11, 12)]
    keys = [f"{folder}audit-{n}.jsonl.gz" for n, folder in enumerate(folders)]
    for key in reversed(keys):
        await archive.put(key, file, FACTS)
    s3.put_object(Bucket=bucket, Key="elsewhere/1", Body=b"of somebody else")
    assert await archive.keys("teambot/audit/") == keys
    assert await archive.keys("teambot/audit/", f"{folders[1]}~") == keys[2:]
    assert await archive.facts(keys[0]) == FACTS
    assert await archive.facts("elsewhere/1") == {}
    await archive.fetch(keys[0], tmp_path / "back.gz")
    assert (tmp_path / "back.gz").read_bytes() == b"\x1f\x8b a day"


async def test_a_list_of_several_pages_is_read_to_its_end(
    session: AwsSession, bucket: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = S3Archive(session, bucket)
    keys = [f"teambot/audit/{number}" for number in range(5)]
    for key in keys:
        await archive.put(key, file, FACTS)
    client = archive._s3.client
    whole = client.list_objects_v2
    monkeypatch.setattr(client, "list_objects_v2", lambda **arguments: whole(**arguments, MaxKeys=2))
    assert await archive.keys("teambot/audit/") == keys
