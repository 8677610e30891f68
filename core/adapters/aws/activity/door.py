"""The way to a source: its client, with the credentials of the role that may read there, and its errors translated."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.adapters.aws.activity.configuration import SourceConfiguration
from core.adapters.aws.budget import Budget, Priority
from core.adapters.aws.service import Service
from core.adapters.aws.session import AwsSession, Credentials
from core.domain.errors import Side, SourceRefused, SourceTrouble, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId

RENEW_BEFORE = timedelta(minutes=5)
NO_PERMISSION = frozenset(
    {"AccessDenied", "AccessDeniedException", "NotAuthorizedException", "UnauthorizedOperation", "OptInRequired"}
)
BUSY = frozenset({"LimitExceededException", "MaxConcurrentQueriesException"})
"""Too many questions at once, in the words of CloudWatch Logs and of CloudTrail Lake."""

_ACTION = re.compile(r"perform:? ([a-z0-9-]+:[A-Za-z]+)")
ANYWHERE = AccountId("")
"""For what is the same whichever account is looked into."""


@dataclass(frozen=True, slots=True)
class _Opened:
    service: Service[Any]
    until: datetime | None
    """None: does not expire."""


class Door:
    """Calls one AWS service. Assumes the configured role first, anew before its credentials expire."""

    def __init__(self, session: AwsSession, name: str, budget: Budget, configuration: SourceConfiguration) -> None:
        self._session = session
        self._name = name
        self._budget = budget
        self._configuration = configuration
        self._opened: dict[tuple[str, str], _Opened] = {}
        self._opening = asyncio.Lock()

    async def call(
        self,
        method: str,
        *,
        troubles: Mapping[str, SourceRefused] | None = None,
        account: AccountId = ANYWHERE,
        region: str = "",
        **arguments: Any,
    ) -> Mapping[str, Any]:
        """Call a method by its name. ``troubles``: what AWS's error codes mean here.

        Raises SourceRefused, or UpstreamBusy when it is worth trying again.
        """
        service = await self._service(account, region or self._configuration.region)
        try:
            answer: Mapping[str, Any] = await service.call(
                Priority.BACKGROUND, getattr(service.client, method), **arguments
            )
        except UpstreamRefused as refused:
            raise self._meaning(refused, method, troubles or {}) from refused
        return answer

    async def pages(self, method: str, **arguments: Any) -> AsyncIterator[Mapping[str, Any]]:
        """Every page of a call."""
        more: dict[str, Any] = {}
        while True:
            page = await self.call(method, **arguments, **more)
            yield page
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    async def _service(self, account: AccountId, region: str) -> Service[Any]:
        """One at a time: of two that find expired credentials, the second takes what the first has renewed."""
        async with self._opening:
            return await self._open(self._configuration.role.replace("{account}", account), region)

    async def _open(self, role: str, region: str) -> Service[Any]:
        known = self._opened.get((role, region))
        if known is not None and (known.until is None or known.until > _now()):
            return known.service
        credentials, until = await self._assume(role) if role else (None, None)
        service = self._session.service(self._name, self._budget, region=region, credentials=credentials)
        if known is not None:
            self._session.release(known.service)
        self._opened[role, region] = _Opened(service, until)
        return service

    async def _assume(self, role: str) -> tuple[Credentials, datetime]:
        sts = self._session.sts
        try:
            answer = await sts.call(
                Priority.BACKGROUND,
                sts.client.assume_role,
                RoleArn=role,
                RoleSessionName="teambot-activity",
                DurationSeconds=3600,
            )
        except UpstreamRefused as refused:
            if refused.code in NO_PERMISSION:
                raise SourceRefused(SourceTrouble.NO_ROLE, role, said=str(refused)) from refused
            raise
        keys = answer["Credentials"]
        credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return credentials, keys["Expiration"] - RENEW_BEFORE

    def _meaning(
        self, refused: UpstreamRefused, method: str, troubles: Mapping[str, SourceRefused]
    ) -> SourceRefused | UpstreamBusy:
        if refused.code in BUSY:
            return UpstreamBusy(str(refused), retry_after=timedelta(minutes=1), side=Side.AWS)
        if refused.code in NO_PERMISSION:
            action = f"{self._name}:{''.join(word.capitalize() for word in method.split('_'))}"
            return SourceRefused(SourceTrouble.NO_PERMISSION, denied_action(str(refused)) or action, said=str(refused))
        known = troubles.get(refused.code)
        if known is not None:
            return SourceRefused(known.trouble, known.what, said=str(refused))
        return SourceRefused(SourceTrouble.FAILED, said=str(refused))


def denied_action(said: str) -> str:
    """The action that AWS's sentence names; empty when it names none."""
    match = _ACTION.search(said)
    return match[1] if match else ""


def _now() -> datetime:
    """Credentials expire by AWS's clock, whatever time it is for core."""
    return datetime.now(UTC)  # noqa: TID251
