"""The S3 of the local AWS, asked by boto3: an object is written once, read back, and listed in pages."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from infra.sandbox.aws import LocalAws

Call = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture
async def bucket(call: Call) -> str:
    await call("s3", "create_bucket", Bucket="trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return "trail"


async def test_an_object_comes_back_as_it_was_written(call: Call, bucket: str) -> None:
    await call(
        "s3", "put_object", Bucket=bucket, Key="a/1", Body=b"\x1f\x8b", Metadata={"last": "7"}, ContentType="x/y"
    )

    head = await call("s3", "head_object", Bucket=bucket, Key="a/1")
    assert (head["Metadata"], head["ContentType"], head["ContentLength"]) == ({"last": "7"}, "x/y", 2)
    found = await call("s3", "get_object", Bucket=bucket, Key="a/1")
    assert found["Body"].read() == b"\x1f\x8b"


async def test_what_is_there_is_not_written_over_where_that_was_asked(call: Call, refused: Call, bucket: str) -> None:
    once = {"Bucket": bucket, "Key": "a/1", "Body": b"first", "IfNoneMatch": "*"}
    await call("s3", "put_object", **once)

    assert (await refused("s3", "put_object", **once | {"Body": b"second"}))["Code"] == "PreconditionFailed"
    assert (await call("s3", "get_object", Bucket=bucket, Key="a/1"))["Body"].read() == b"first"


async def test_keys_are_listed_in_their_order_page_by_page(call: Call, bucket: str) -> None:
    for key in ("b/1", "a/2", "a/<&>", "a/1"):
        await call("s3", "put_object", Bucket=bucket, Key=key, Body=b"")
    first = await call("s3", "list_objects_v2", Bucket=bucket, Prefix="a/", MaxKeys=2)
    rest = await call(
        "s3", "list_objects_v2", Bucket=bucket, Prefix="a/", ContinuationToken=first["NextContinuationToken"]
    )

    assert [each["Key"] for each in first["Contents"] + rest["Contents"]] == ["a/1", "a/2", "a/<&>"]
    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("list_objects_v2", {"Bucket": "nobody-s"}, "NoSuchBucket"),
        ("get_object", {"Bucket": "trail", "Key": "none"}, "NoSuchKey"),
        ("get_object_lock_configuration", {"Bucket": "trail"}, "ObjectLockConfigurationNotFoundError"),
        ("delete_object", {"Bucket": "trail", "Key": "none"}, "NotImplemented"),
    ],
)
async def test_what_is_not_there_is_refused_as_s3_refuses_it(
    aws: LocalAws, refused: Call, operation: str, asked: dict[str, str], code: str
) -> None:
    assert (await refused("s3", operation, **asked))["Code"] == code
    assert aws.calls(service="s3")[-1].outcome == code
