"""A company of any size on one day, simulated from what one request costs. ``python -m tests.bench.scale``

writes the tables of docs/scale.md anew, from ``costs.json`` beside this file; ``--costs out/bench.json`` takes CPU from
a run of the benchmark.
"""

import argparse
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from tests.bench.queues import Station, Step, percentile, run

COSTS = Path(__file__).with_name("costs.json")
PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
HOUR = 3600.0

SIZES = (1_000, 10_000, 100_000, 1_000_000)
REQUESTS_A_DAY_OF_A_PERSON = 0.08
"""One in five has to do with AWS, and asks twice a week."""
MORNING_SHARE = 0.18
"""Of a day's requests, those from nine to ten. The other hours are flatter (``HOURS``)."""
HOURS = (
    *(0.01,) * 7,
    *(0.02, 0.06, MORNING_SHARE, 0.13, 0.10, 0.06, 0.09, 0.10, 0.08, 0.05, 0.02, 0.01),
    *(0.005,) * 4,
    0.01,
)
OPERATIONS, OPERATION_SECONDS = 10, 3.0
"""AWS carries out so many changes of assignments at once, and takes some seconds for each."""
SSO_ADMIN_CALLS, IDENTITY_STORE_CALLS = 17.0, 13.0
"""Calls a second that the bot takes of the twenty that AWS allows."""
CHANNEL_SECONDS = 1.0
"""Slack takes one message a second into a channel."""
UPDATES_A_MINUTE, MESSAGES_A_MINUTE = 50.0, 240.0
"""Slack's chat.update is of tier 3. It takes several hundred messages a minute into a workspace: 300, less those of the
audit channel."""
PEOPLE_A_CHANNEL = 2_000
"""Each so many people have an approvers' channel of their own."""
CONNECTIONS = 10
"""Connections to PostgreSQL that statements are spread over, at least."""
LASTS, DECIDED_AFTER = HOUR, 240.0
"""Seconds from active to end, and on average from the card to the click."""
VCPU_HOUR, GB_HOUR, REPLICA_GB, HOURS_A_MONTH = 0.04048, 0.004445, 2.0, 730
"""Dollars, list prices of Fargate in us-east-1; one vCPU a replica."""
DATABASES = ((20_000, "db.t4g.medium", 0.129), (300_000, "db.m7g.large", 0.337), (math.inf, "db.m7g.2xlarge", 1.347))
"""Up to so many people: PostgreSQL with a standby (RDS, Multi-AZ), and dollars an hour."""
OTHER_COSTS = 25.0
"""Dollars a month: a load balancer, logs, keys, the archive."""


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of one request's life."""

    cpu_a_life: float
    cpu_at_rest: float
    identity_store_calls_to_ask: float
    identity_store_calls_to_approve: float
    sso_admin_calls_to_approve: float
    sso_admin_calls_to_end: float
    messages_in_the_channel: float
    lines_in_the_audit_channel: float
    changes_of_the_card: float
    direct_messages: float
    database_statements_a_life: float
    seconds_a_statement: float

    @classmethod
    def read(cls, path: Path) -> Self:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: float(found[name]) for name in cls.__dataclass_fields__})

    def measured(self, bench: Path) -> Self:
        """The same with what a run of the benchmark measured of it."""
        rows = {row["name"]: row["median"] for row in json.loads(bench.read_text(encoding="utf-8"))["rows"]}
        cpu = rows.get("CPU a life", self.cpu_a_life * 1000) / 1000
        return replace(self, cpu_a_life=cpu, cpu_at_rest=rows.get("CPU, idle", self.cpu_at_rest * 100) / 100)

    @property
    def identity_store_calls(self) -> float:
        return self.identity_store_calls_to_ask + self.identity_store_calls_to_approve

    @property
    def sso_admin_calls(self) -> float:
        return self.sso_admin_calls_to_approve + self.sso_admin_calls_to_end

    @property
    def messages(self) -> float:
        return self.messages_in_the_channel + self.direct_messages

    @property
    def database_seconds(self) -> float:
        return self.database_statements_a_life * self.seconds_a_statement


@dataclass(frozen=True, slots=True)
class Company:
    people: int

    @property
    def requests_a_day(self) -> float:
        return self.people * REQUESTS_A_DAY_OF_A_PERSON

    @property
    def channels(self) -> int:
        return max(1, math.ceil(self.people / PEOPLE_A_CHANNEL))


@dataclass(frozen=True, slots=True)
class Scenario:
    """The moments at which requests come, within an hour."""

    name: str
    of_day: float
    """The share of a day's requests that comes evenly over the hour."""
    at_once: float = 0.0
    """The further share of a day that comes within ``within``."""
    within: float = HOUR
    channels: int | None = None
    """The channels that these are for; None: all."""


NIGHT = Scenario("four in the morning", HOURS[4])
AFTERNOON = Scenario("three in the afternoon", HOURS[15])
MORNING = Scenario("nine in the morning", MORNING_SHARE / 2, MORNING_SHARE / 2, 900.0)
INCIDENT = Scenario("an incident at three", HOURS[15], 0.05, 300.0, channels=1)
SCENARIOS = (NIGHT, AFTERNOON, MORNING, INCIDENT)


@dataclass(frozen=True, slots=True)
class Outcome:
    requests: int
    stations: Mapping[str, Station]
    posted: Sequence[float]
    """Seconds from each form until its card was in the channel."""
    granted: Sequence[float]
    """Seconds from each approval until AWS had made the assignment."""
    ended: Sequence[float]
    """Seconds from each end until AWS had taken it away."""


def stations_of(company: Company, costs: Costs, replicas: int) -> dict[str, Station]:
    """Everything that there is only so much of. CPU is in pieces of a life, the database in pieces of a statement."""
    made = (
        Station("AWS operations", OPERATIONS, OPERATION_SECONDS),
        Station("calls to sso-admin", 1, 1 / SSO_ADMIN_CALLS),
        Station("calls to the identity store", 1, 1 / IDENTITY_STORE_CALLS),
        *(Station(f"Slack channel {n}", 1, CHANNEL_SECONDS) for n in range(company.channels)),
        Station("the audit channel", 1, CHANNEL_SECONDS),
        Station("Slack: changes of messages", 1, 60 / UPDATES_A_MINUTE),
        Station("Slack: messages of a workspace", 1, 60 / MESSAGES_A_MINUTE),
        Station("CPU of the replicas", replicas, costs.cpu_a_life),
        Station("PostgreSQL", CONNECTIONS, costs.seconds_a_statement),
    )
    return {station.name: station for station in made}


def utilisation(company: Company, costs: Costs) -> dict[str, float]:
    """The share of each limit that the hour from nine to ten takes, with one replica."""
    a_second = company.requests_a_day * MORNING_SHARE / HOUR
    return {
        "AWS operations": a_second * 2 * OPERATION_SECONDS / OPERATIONS,
        "calls to sso-admin": a_second * costs.sso_admin_calls / SSO_ADMIN_CALLS,
        "calls to the identity store": a_second * costs.identity_store_calls / IDENTITY_STORE_CALLS,
        "Slack: changes of messages": a_second * costs.changes_of_the_card * 60 / UPDATES_A_MINUTE,
        "Slack: messages of a workspace": a_second * costs.messages * 60 / MESSAGES_A_MINUTE,
        "the audit channel": a_second * costs.lines_in_the_audit_channel * CHANNEL_SECONDS,
        "Slack: one approvers' channel for all": a_second * costs.messages_in_the_channel * CHANNEL_SECONDS,
        "CPU of one replica": a_second * costs.cpu_a_life,
        "PostgreSQL": a_second * costs.database_seconds / CONNECTIONS,
    }


def arrivals(company: Company, scenario: Scenario, chance: random.Random) -> list[tuple[float, int]]:
    """The moment of each request, and the channel that it is for."""
    even, burst = (round(company.requests_a_day * share) for share in (scenario.of_day, scenario.at_once))
    came = [(chance.uniform(0, HOUR), chance.randrange(company.channels)) for _ in range(even)]
    affected = scenario.channels or company.channels
    came += [(chance.uniform(0, scenario.within), chance.randrange(affected)) for _ in range(burst)]
    return sorted(came)


def simulated(company: Company, costs: Costs, scenario: Scenario, replicas: int) -> Outcome:
    """One hour of requests, each to its end."""
    chance = random.Random(2026)  # noqa: S311 - the same each time
    stations = stations_of(company, costs, replicas)
    came = arrivals(company, scenario, chance)
    moments: list[dict[str, float]] = [{} for _ in came]
    works = [
        (at, list(_life(stations, costs, f"Slack channel {channel}", chance.expovariate(1 / DECIDED_AFTER), moment)))
        for (at, channel), moment in zip(came, moments, strict=True)
    ]
    run(works)
    return Outcome(
        len(came),
        stations,
        [moment["posted"] - at for (at, _), moment in zip(came, moments, strict=True)],
        [moment["granted"] - moment["approved"] for moment in moments],
        [moment["ended"] - moment["over"] for moment in moments],
    )


def _life(
    stations: Mapping[str, Station], costs: Costs, channel: str, decided_after: float, moment: dict[str, float]
) -> Iterator[Step]:
    """The steps of one request. Messages behind a step are in nobody's way: they are sent beside the next."""
    statements = costs.database_statements_a_life / 3

    def use(name: str, pieces: float = 1.0) -> Step:
        return partial(stations[name].serve, pieces=pieces)

    def beside(name: str, pieces: float) -> Step:
        def go_on(now: float) -> float:
            stations[name].serve(now, pieces)
            return now

        return go_on

    def note(what: str, later: float = 0.0) -> Step:
        def at(now: float) -> float:
            moment[what] = now + later
            return now + later

        return at

    yield use("CPU of the replicas", 0.4)
    yield use("calls to the identity store", costs.identity_store_calls_to_ask)
    yield use("PostgreSQL", statements)
    yield use("Slack: messages of a workspace")
    yield use(channel)
    yield note("posted")
    yield beside("the audit channel", 1)
    yield beside("Slack: messages of a workspace", costs.messages / 2 - 1)
    yield note("approved", decided_after)
    yield use("CPU of the replicas", 0.4)
    yield use("calls to the identity store", costs.identity_store_calls_to_approve)
    yield beside("Slack: changes of messages", costs.changes_of_the_card - 1)
    yield use("PostgreSQL", statements)
    yield use("calls to sso-admin", costs.sso_admin_calls_to_approve)
    yield use("AWS operations")
    yield note("granted")
    yield beside("the audit channel", costs.lines_in_the_audit_channel / 2)
    yield beside("Slack: messages of a workspace", costs.messages / 2)
    yield note("over", LASTS)
    yield use("CPU of the replicas", 0.2)
    yield use("PostgreSQL", statements)
    yield use("calls to sso-admin", costs.sso_admin_calls_to_end)
    yield use("AWS operations")
    yield note("ended")
    yield beside("the audit channel", costs.lines_in_the_audit_channel / 2 - 1)
    yield beside("Slack: changes of messages", 1)
    yield beside(channel, costs.messages_in_the_channel - 1)


def replicas_needed(company: Company, costs: Costs) -> int:
    """So many that their CPU is used for half at most in the busiest quarter of an hour, and two in any case."""
    busiest = company.requests_a_day * (MORNING.at_once / MORNING.within + MORNING.of_day / HOUR)
    for replicas in range(2, 1000):
        if busiest * costs.cpu_a_life + replicas * costs.cpu_at_rest <= replicas / 2:
            return replicas
    raise ValueError("a replica at rest needs all of its CPU")


def dollars_a_month(company: Company, replicas: int) -> tuple[str, float]:
    """The database, and all of it together."""
    name, an_hour = next((name, price) for up_to, name, price in DATABASES if company.people <= up_to)
    one = VCPU_HOUR + REPLICA_GB * GB_HOUR
    return name, (replicas * one + an_hour) * HOURS_A_MONTH + OTHER_COSTS


# --- the page ----------------------------------------------------------------------------------------------------


def limits_table(costs: Costs) -> str:
    shares = {people: utilisation(Company(people), costs) for people in SIZES}
    order = sorted(shares[SIZES[-1]], key=lambda name: -shares[SIZES[-1]][name])
    rows = [(name, *(_share(shares[people][name]) for people in SIZES)) for name in order]
    return _table(("used from nine to ten, by people", *(f"{people:,}" for people in SIZES)), rows)


def waits_table(costs: Costs, people: int) -> str:
    company = Company(people)
    replicas, rows = replicas_needed(company, costs), []
    for scenario in SCENARIOS:
        outcome = simulated(company, costs, scenario, replicas)
        times = (outcome.posted, outcome.granted, outcome.ended)
        rows.append((scenario.name, f"{outcome.requests:,}", *map(_waits, times)))
    head = ("", "requests in the hour", "form to card", "approval to access", "end to gone")
    return _table(head, rows)


def queues_table(costs: Costs, people: int) -> str:
    company = Company(people)
    runs = [simulated(company, costs, scenario, replicas_needed(company, costs)) for scenario in SCENARIOS[1:]]
    channels = [max(outcome.stations, key=partial(_channel_line, outcome)) for outcome in runs]
    names = [name for name in runs[0].stations if not name.startswith("Slack channel")]
    rows = [(name, *(_line(outcome.stations[name]) for outcome in runs)) for name in names]
    busiest = (_line(outcome.stations[name]) for outcome, name in zip(runs, channels, strict=True))
    rows.append(("the busiest channel of Slack", *busiest))
    return _table(("longest queue, and 95 % waited at most", *(each.name for each in SCENARIOS[1:])), rows)


def _channel_line(outcome: Outcome, name: str) -> int:
    return outcome.stations[name].longest_line if name.startswith("Slack channel") else -1


def prices_table(costs: Costs) -> str:
    rows = []
    for people in SIZES:
        company = Company(people)
        replicas = replicas_needed(company, costs)
        database, dollars = dollars_a_month(company, replicas)
        rows.append((f"{people:,}", f"{company.requests_a_day:,.0f}", str(replicas), database, f"{dollars:,.0f}"))
    return _table(("people", "requests a day", "replicas", "PostgreSQL", "dollars a month"), rows)


def _share(share: float) -> str:
    return f"**{share:.0%}**" if share >= 1 else f"{share:.1%}" if share < 0.1 else f"{share:.0%}"


def _waits(times: Sequence[float]) -> str:
    return " / ".join(_seconds(percentile(times, share)) for share in (0.5, 0.95, 1.0))


def _line(station: Station) -> str:
    return f"{station.longest_line:,}, {_seconds(percentile(station.waits, 0.95))}"


def _seconds(seconds: float) -> str:
    if seconds >= 120:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    return "\n".join((*lines, *(f"| {' | '.join(row)} |" for row in rows)))


def page(costs: Costs) -> Mapping[str, str]:
    return {
        "limits": limits_table(costs),
        "waits": waits_table(costs, 100_000),
        "queues": queues_table(costs, 100_000),
        "prices": prices_table(costs),
    }


def document(costs: Costs, path: Path = PAGE) -> None:
    """Put each table into the page, in the place of the one before."""
    text = path.read_text(encoding="utf-8")
    for name, table in page(costs).items():
        begin, end = f"<!-- {name}: written by python -m tests.bench.scale -->", f"<!-- /{name} -->"
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise LookupError(f"{path.name} has no place for {name}")
        text = f"{before}{begin}\n\n{table}\n\n{end}{after}"
    path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__)
    parser.add_argument("--costs", type=Path, metavar="FILE", help="CPU of a run of the benchmark, as out/bench.json")
    asked = parser.parse_args()
    costs = Costs.read(COSTS)
    document(costs.measured(asked.costs) if asked.costs else costs)


if __name__ == "__main__":
    main()
