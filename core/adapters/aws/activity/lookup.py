"""CloudTrail's event history (LookupEvents): needs no trail and no table, and knows the least.

Management events of ninety days, in one account and region at a time, found by one attribute: the name of the
session. Two questions a second (CloudTrail user guide, event history).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.adapters.aws.activity.configuration import SourceConfiguration
from core.adapters.aws.activity.record import event_of_json, events_of
from core.adapters.aws.activity.source_client import SourceClient
from core.adapters.aws.activity.sql import check_names
from core.adapters.aws.budget import Priority
from core.adapters.aws.session import AwsSession
from core.domain.activity import ActivityQuery, Limit
from core.domain.errors import SourceRefused, SourceTrouble
from core.domain.ids import AccountId
from core.ports import Clock, Findings

MEMORY = timedelta(days=90)
PAGE = 50
_TOO_OLD = {"InvalidTimeRangeException": SourceRefused(SourceTrouble.TOO_OLD, "90 days")}


class LookupActivity:
    """The ``SessionActivity`` of core."""

    name = "CloudTrail event history"

    def __init__(self, session: AwsSession, configuration: SourceConfiguration, clock: Clock) -> None:
        self._session = session
        self._configuration = configuration
        self._clock = clock
        self._client = SourceClient(session, "cloudtrail", session.budgets.lookups, configuration)
        self._own_account = ""

    async def read(self, query: ActivityQuery) -> Findings:
        check_names(query)
        await self._refuse_unreachable(query.account)
        limits = {Limit.MANAGEMENT_EVENTS_ONLY, Limit.NAMED_REGIONS_ONLY, Limit.SESSION_NAME_ONLY}
        start_at = max(query.start_at, self._clock.now() - MEMORY)
        if start_at >= query.end_at:
            raise SourceRefused(SourceTrouble.TOO_OLD, "90 days")
        if start_at > query.start_at:
            limits.add(Limit.NINETY_DAYS)
        texts: list[object] = []
        if query.user_name and not await self._collect(query, start_at, texts):
            limits.add(Limit.CUT_BEFORE)  # the latest come first
        events, unread = events_of(texts, event_of_json)
        return Findings(events, frozenset(limits), unread)

    async def check(self) -> str:
        own = await self._caller()
        if self._configuration.role:
            return f"with {self._configuration.role} in each account, regions: {', '.join(self._regions)}"
        for region in self._regions:
            await self._client.call("lookup_events", region=region, MaxResults=1)
        return f"only account {own}, for want of TEAMBOT_ACTIVITY_ROLE; regions: {', '.join(self._regions)}"

    @property
    def _regions(self) -> Sequence[str]:
        return self._configuration.regions or (self._configuration.region,)

    async def _collect(self, query: ActivityQuery, start_at: datetime, found: list[object]) -> bool:
        """True if everything there is was read: an answer that takes too long is cut, not lost."""
        try:
            async with asyncio.timeout(self._configuration.patience.total_seconds()):
                for region in self._regions:
                    await self._collect_region(region, query, start_at, found)
        except TimeoutError:
            return False
        return len(found) <= self._configuration.most_events

    async def _collect_region(self, region: str, query: ActivityQuery, start_at: datetime, found: list[object]) -> None:
        pages = self._client.pages(
            "lookup_events",
            account=query.account,
            region=region,
            troubles=_TOO_OLD,
            LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": query.user_name}],
            StartTime=start_at,
            EndTime=query.end_at,
            MaxResults=PAGE,
        )
        async for page in pages:
            found += [each.get("CloudTrailEvent", "") for each in page["Events"]]
            if len(found) > self._configuration.most_events:
                return

    async def _refuse_unreachable(self, account: AccountId) -> None:
        """Without a role to assume, the history is that of the bot's own account."""
        if not self._configuration.role and account != await self._caller():
            raise SourceRefused(SourceTrouble.NO_ROLE, account)

    async def _caller(self) -> str:
        if not self._own_account:
            sts = self._session.sts
            self._own_account = (await sts.call(Priority.BACKGROUND, sts.client.get_caller_identity))["Account"]
        return self._own_account
