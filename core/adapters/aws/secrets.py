"""Secrets in AWS Secrets Manager, read with the credentials of the process. Keeps none, and shows none in an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from core.adapters.aws.budget import Priority
from core.adapters.aws.errors import NOT_FOUND
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, UpstreamRefused

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One version of a secret; ``age`` is by AWS's own clock."""

    text: str = field(repr=False)
    age: timedelta


class SecretsManager:
    """Reads versions by the ARN of a secret, in its Region. Raises what any call to AWS does."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    async def current(self, arn: str) -> SecretVersion:
        return await self._read(arn, CURRENT)

    async def previous(self, arn: str) -> SecretVersion | None:
        """The version before the current one; None where there is none."""
        try:
            return await self._read(arn, PREVIOUS)
        except UpstreamRefused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise

    async def _read(self, arn: str, stage: str) -> SecretVersion:
        manager = self._session.service("secretsmanager", self._session.budgets.secrets, region=arn.split(":")[3])
        found = await manager.call(Priority.READ, manager.client.get_secret_value, SecretId=arn, VersionStage=stage)
        if "SecretString" not in found:
            raise UpstreamRefused(f"{arn} holds no text but bytes", code="NoText", side=Side.AWS)
        return SecretVersion(found["SecretString"], _age(found))


def _age(found: Mapping[str, Any]) -> timedelta:
    try:
        answered_at = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, ValueError):
        answered_at = datetime.now(UTC)  # noqa: TID251 - versions are dated by real time
    made_at: datetime = found["CreatedDate"]
    return max(timedelta(), answered_at - made_at)
