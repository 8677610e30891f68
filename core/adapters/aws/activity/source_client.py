"""The way to a source: its client, with the credentials of the role that may read there, and its errors translated."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

from core.adapters.aws.activity.configuration import SourceConfiguration
from core.adapters.aws.budget import Budget, Priority
from core.adapters.aws.errors import DENIED, ROLE_NOT_ASSUMED, denied_action
from core.adapters.aws.roles import Role
from core.adapters.aws.session import AwsSession
from core.domain.errors import Side, SourceRefused, SourceTrouble, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId

BUSY = frozenset({"LimitExceededException", "MaxConcurrentQueriesException"})
"""Too many questions at once, in the words of CloudWatch Logs and of CloudTrail Lake."""

ANYWHERE = AccountId("")
"""For what is the same whichever account is looked into."""


class SourceClient:
    """Calls one AWS service, with the configured role."""

    def __init__(self, session: AwsSession, name: str, budget: Budget, configuration: SourceConfiguration) -> None:
        self._session = session
        self._name = name
        self._budget = budget
        self._configuration = configuration

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
        role = self._configuration.role.replace("{account}", account)
        service = self._session.service(
            self._name, self._budget, region=region or self._configuration.region, role=Role.of(role, "activity")
        )
        try:
            answer: Mapping[str, Any] = await service.call(
                Priority.BACKGROUND, getattr(service.client, method), **arguments
            )
        except UpstreamRefused as refused:
            if refused.code == ROLE_NOT_ASSUMED:
                raise SourceRefused(SourceTrouble.NO_ROLE, role, said=str(refused)) from refused
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

    def _meaning(
        self, refused: UpstreamRefused, method: str, troubles: Mapping[str, SourceRefused]
    ) -> SourceRefused | UpstreamBusy:
        if refused.code in BUSY:
            return UpstreamBusy(str(refused), retry_after=timedelta(minutes=1), side=Side.AWS)
        if refused.code in DENIED:
            action = f"{self._name}:{''.join(word.capitalize() for word in method.split('_'))}"
            return SourceRefused(SourceTrouble.NO_PERMISSION, denied_action(str(refused)) or action, said=str(refused))
        known = troubles.get(refused.code)
        if known is not None:
            return SourceRefused(known.trouble, known.what, said=str(refused))
        return SourceRefused(SourceTrouble.FAILED, said=str(refused))
