"""The audit trail in S3: each file is written once, and what stands there already is looked at, never replaced."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.adapters.aws.budget import Priority
from core.adapters.aws.roles import PROCESS, Role
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused
from core.ports import STANDS_THERE

BEING_WRITTEN = "ConditionalRequestConflict"
NO_LOCK = frozenset({"ObjectLockConfigurationNotFoundError", "NoSuchObjectLockConfiguration"})


class S3Archive:
    """The ``AuditArchive`` of core. With Object Lock the bucket's own default keeps each file."""

    def __init__(self, session: AwsSession, bucket: str, role: Role = PROCESS) -> None:
        self._s3 = session.service("s3", session.budgets.archive, role=role)
        self._bucket = bucket

    async def put(self, key: str, file: Path, facts: Mapping[str, str]) -> None:
        """Written only where nothing stands: two replicas that both write leave one file."""
        client = self._s3.client

        def put_object() -> None:
            with file.open("rb") as body:
                client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=body,
                    ContentType="application/gzip",
                    Metadata=dict(facts),
                    IfNoneMatch="*",
                    ChecksumAlgorithm="SHA256",  # a bucket with Object Lock takes nothing without
                )

        try:
            await self._s3.call(Priority.BACKGROUND, put_object)
        except UpstreamRefused as refused:
            if refused.code == BEING_WRITTEN:
                raise UpstreamBusy(str(refused), side=Side.AWS) from refused
            if refused.code != STANDS_THERE:
                raise
            await self._compare(key, facts)

    async def _compare(self, key: str, facts: Mapping[str, str]) -> None:
        """An earlier try whose answer was lost has written the same: the end of the chain in it says so."""
        there = await self.facts(key)
        if {name: there.get(name) for name in facts} != dict(facts):
            raise UpstreamRefused(
                f"{key} is there already, with other events: it was left alone", code=STANDS_THERE, side=Side.AWS
            )

    async def keys(self, prefix: str, after: str = "") -> list[str]:
        """In the order of UTF-8, which S3 lists in."""
        found: list[str] = []
        more: dict[str, str] = {"StartAfter": after} if after else {}
        while True:
            page: Any = await self._s3.call(
                Priority.BACKGROUND, self._s3.client.list_objects_v2, Bucket=self._bucket, Prefix=prefix, **more
            )
            found += [str(each["Key"]) for each in page.get("Contents") or ()]
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": str(page["NextContinuationToken"])}

    async def facts(self, key: str) -> Mapping[str, str]:
        found = await self._s3.call(Priority.BACKGROUND, self._s3.client.head_object, Bucket=self._bucket, Key=key)
        return dict(found.get("Metadata") or {})

    async def fetch(self, key: str, into: Path) -> None:
        client = self._s3.client

        def get_object() -> None:
            with into.open("wb") as file:
                for chunk in client.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks():
                    file.write(chunk)

        await self._s3.call(Priority.BACKGROUND, get_object)

    async def check(self) -> tuple[bool, str]:
        """Check that the bucket exists and how long it keeps files; the second value is words for an operator."""
        try:
            await self._s3.call(Priority.READ, self._s3.client.head_bucket, Bucket=self._bucket)
            return True, f"{self._bucket} is there, {await self._lock()}"
        except Upstream as error:
            return False, str(error)

    async def _lock(self) -> str:
        try:
            found: Any = await self._s3.call(
                Priority.READ, self._s3.client.get_object_lock_configuration, Bucket=self._bucket
            )
        except UpstreamRefused as refused:
            if refused.code in NO_LOCK:
                return "without Object Lock: who may delete there can delete the archive"
            return f"and its Object Lock cannot be seen ({refused.code})"
        rule = (found.get("ObjectLockConfiguration") or {}).get("Rule", {}).get("DefaultRetention")
        if not rule:
            return "with Object Lock and no default retention: set one, nothing is locked without"
        length = f"{rule['Days']} days" if rule.get("Days") else f"{rule.get('Years')} years"
        return f"locked for {length} ({rule.get('Mode')})"
