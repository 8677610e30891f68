"""The setting that the contract of session activity needs: a source, a person who acted in it, trouble on demand."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from core.adapters.aws.activity import activity_source
from core.adapters.aws.activity.configuration import AthenaTable, SourceConfiguration, SourceName
from core.adapters.aws.activity.record import event_of
from core.adapters.aws.session import AwsSession
from core.domain.activity import ActivityQuery
from core.domain.errors import SourceRefused, SourceTrouble, UpstreamBusy
from core.domain.ids import AccountId, PrincipalId
from core.ports import SessionActivity
from infra.sandbox.aws import Conduct, LocalAws
from infra.sandbox.aws.activity import athena, insights, lake
from infra.sandbox.aws.assignments import Assignment
from infra.sandbox.aws.changes import Changes
from infra.sandbox.aws.cloudtrail.records import Who, record
from infra.sandbox.aws.cloudtrail.sample_events import SampleEvent
from infra.sandbox.aws.cloudtrail.trail import Trail
from infra.sandbox.company import PAYMENTS_PROD, Company, example_company
from tests.fakes.activity import FakeActivity
from tests.fakes.clock import NOON, FakeClock

HELD = timedelta(minutes=100)
TAIL = timedelta(hours=4)
ASK = {
    "athena": "StartQueryExecution",
    "cloudwatch": "StartQuery",
    "cloudtrail-lake": "StartQuery",
    "lookup-events": "LookupEvents",
}
STOP = {"athena": "StopQueryExecution", "cloudwatch": "StopQuery", "cloudtrail-lake": "CancelQuery"}
LOOKS = {"GetQueryExecution", "GetQueryResults", "DescribeQuery"}
SERVICE = {"athena": "athena", "cloudwatch": "logs", "cloudtrail-lake": "cloudtrail", "lookup-events": "cloudtrail"}


class ActivityBench(Protocol):
    """Bob held PowerUserAccess in Payments Prod from noon on, and did things with it; ``query`` asks for them."""

    name: str
    port: SessionActivity
    query: ActivityQuery
    own: frozenset[str]
    """Ids of Bob's events that the source can know of."""

    def happen(self, user_name: str, user_id: str, event_name: str) -> None:
        """Somebody did something in the window, with the same role."""
        ...

    def fail_next(self, how: str, reason: str = "") -> None:
        """``failed``, ``cancelled``, ``denied`` or ``throttled``."""
        ...

    async def hold(self) -> None:
        """Questions are not answered any more."""
        ...

    async def until_asked(self) -> None:
        """A question is held there, and whoever asked knows it."""
        ...

    def stopped(self) -> int:
        """The number of questions that were stopped at the source."""
        ...

    def limited_to(self, events: int) -> SessionActivity:
        """The same source, from which no more is read."""
        ...


def bobs_query(company: Company) -> ActivityQuery:
    bob = company.user("bob@example.com")
    return ActivityQuery(
        PrincipalId(bob.id), bob.user_name, AccountId(PAYMENTS_PROD), "PowerUserAccess", NOON, NOON + HELD + TAIL
    )


def hold_in(trail: Trail, company: Company) -> None:
    arn, bob = company.permission_set("PowerUserAccess").arn, company.user("bob@example.com").id
    since = NOON.timestamp()
    trail.held(Assignment(PAYMENTS_PROD, arn, "USER", bob), since, since + HELD.total_seconds())


def later() -> float:
    return (NOON + timedelta(days=1)).timestamp()


def done(company: Company, user_name: str, user_id: str, event_name: str) -> tuple[float, dict[str, Any]]:
    at = (NOON + timedelta(minutes=33)).timestamp()
    who = Who(PAYMENTS_PROD, "PowerUserAccess", user_name, user_id, company)
    return at, record(at, SampleEvent(0, "s3", event_name), who, at, key=f"{user_name} {user_id}")


class InMemoryActivity:
    name = "fake"

    def __init__(self) -> None:
        self._company = example_company()
        trail = Trail(self._company, Conduct(), Changes(), later)
        hold_in(trail, self._company)
        self._fake = FakeActivity()
        self._fake.events = [event for found in trail.records() if (event := event_of(found))]
        self.port: SessionActivity = self._fake
        self.query = bobs_query(self._company)
        self.own = frozenset(entry.record["eventID"] for entry in trail.entries() if entry.kind == "own")

    def happen(self, user_name: str, user_id: str, event_name: str) -> None:
        event = event_of(done(self._company, user_name, user_id, event_name)[1])
        assert event is not None
        self._fake.events.append(event)

    def fail_next(self, how: str, reason: str = "") -> None:
        errors = {
            "failed": SourceRefused(SourceTrouble.FAILED, said=reason),
            "cancelled": SourceRefused(SourceTrouble.CANCELLED, said=reason),
            "denied": SourceRefused(SourceTrouble.NO_PERMISSION, "fake:StartQuery"),
            "throttled": UpstreamBusy("throttled"),
        }
        self._fake.fails.append(errors[how])

    async def hold(self) -> None:
        self._fake.held = asyncio.Event()

    async def until_asked(self) -> None:
        while not self._fake.asked:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    def stopped(self) -> int:
        return self._fake.stopped

    def limited_to(self, events: int) -> SessionActivity:
        self._fake.most_events = events
        return self._fake


class AwsActivity:
    def __init__(self, name: str, aws: LocalAws, session: AwsSession, clock: FakeClock) -> None:
        self.name = name
        self._aws, self._session, self._clock = aws, session, clock
        self._company = aws.world.company
        hold_in(aws.world.trail, self._company)
        self.query = bobs_query(self._company)
        self.configuration = configuration_of(name, self._company)
        self.port = self.with_configuration()
        own = [entry.record for entry in aws.world.trail.entries() if entry.kind == "own"]
        self.own = frozenset(found["eventID"] for found in own if name != "lookup-events" or found["managementEvent"])

    def with_configuration(self, **changes: Any) -> SessionActivity:
        return activity_source(self._session, replace(self.configuration, **changes), self._clock)

    def happen(self, user_name: str, user_id: str, event_name: str) -> None:
        at, found = done(self._company, user_name, user_id, event_name)
        self._aws.world.trail.add(at, found)

    def fail_next(self, how: str, reason: str = "") -> None:
        kinds = {"denied": "access_denied"}
        times = None if how == "throttled" else 1
        service = SERVICE[self.name]
        self._aws.faults.add(kinds.get(how, how), service=service, operation=ASK[self.name], reason=reason, times=times)

    async def hold(self) -> None:
        self._aws.conduct.query_seconds = 600
        self._aws.faults.add("latency", operation="LookupEvents", seconds=600)

    async def until_asked(self) -> None:
        """Asked after at least once."""
        aws, before = self._aws, len(self._aws.calls())
        await aws.changes.until(lambda: len(aws.calls()) > before and aws.calls()[-1].operation in LOOKS, within=60)

    def stopped(self) -> int:
        return len(self._aws.calls(STOP[self.name]))

    def limited_to(self, events: int) -> SessionActivity:
        return self.with_configuration(most_events=events)


def configuration_of(name: str, company: Company) -> SourceConfiguration:
    """As an operator would have it for the local AWS; impatient."""
    return SourceConfiguration(
        SourceName(name),
        region=company.region,
        role="arn:aws:iam::{account}:role/TeamBotActivity" if name == "lookup-events" else "",
        patience=timedelta(seconds=20),
        athena=AthenaTable(athena.DATABASE, athena.TABLE, athena.WORKGROUP),
        log_groups=(insights.LOG_GROUP,),
        event_data_store=lake.store_arn(company.region, company.management_account_id),
        regions=(company.region, "us-east-1"),
    )


def noon_the_next_day() -> datetime:
    return datetime.fromtimestamp(later(), UTC)
