"""Numbers about the process, for Prometheus. In a registry of their own, with labels of few values."""

import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from core.domain.alarm import AlarmKind
from core.domain.lateness import Late, Lateness
from core.domain.request import Status

CONTENT_TYPE = CONTENT_TYPE_LATEST
_TICK_BUCKETS = (0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60)
_ANSWER_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 1.8, 2.6, 3, 5, 15)
"""Slack waits for 3 seconds, and is answered within 2.6."""
_LATENESS_BUCKETS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 900, 1800, 3600)


class Metrics:
    """Counters and measurements, in words of the product."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self._define_requests()
        self._define_outbox()
        self._define_trail()
        self._define_alarms()
        self._define_lateness()
        self._define_work()
        self._define_calls()
        self._define_slack()
        self._define_teams()
        self._define_replicas()
        self._define_secrets()
        Info("teambot_build", "The running version.", registry=self.registry).info({"version": version})

    def _define_requests(self) -> None:
        self._requests = Gauge(
            "teambot_requests",
            "Requests by status: all that are open, and those that came to their end within the last day.",
            ["status"],
            registry=self.registry,
        )
        self._overdue = Gauge(
            "teambot_overdue_revocations", "Revocations that take longer than five minutes.", registry=self.registry
        )
        self._oldest_overdue = Gauge(
            "teambot_overdue_oldest_seconds",
            "Age of the oldest overdue revocation; 0 when there is none.",
            registry=self.registry,
        )
        self._drift = Gauge(
            "teambot_unknown_assignments",
            "Assignments under management that no request accounts for: reported, or ignored by an operator.",
            ["state"],
            registry=self.registry,
        )
        for status in Status:
            self._requests.labels(status.value)

        self._next_due = Gauge(
            "teambot_next_due_timestamp_seconds",
            "Time when a request next changes by itself, by the clock of the bot; 0 when none does.",
            registry=self.registry,
        )

    def _define_outbox(self) -> None:
        self._waiting = Gauge("teambot_outbox_waiting", "Messages that wait to be sent.", registry=self.registry)
        self._undeliverable = Gauge(
            "teambot_outbox_undeliverable", "Messages that were given up.", registry=self.registry
        )
        self._oldest = Gauge(
            "teambot_outbox_oldest_seconds", "Age of the oldest message that waits.", registry=self.registry
        )

        self._summaries = Gauge(
            "teambot_activity_summaries",
            "Summaries of session activity that wait to be told, and that were given up.",
            ["state"],
            registry=self.registry,
        )

    def _define_lateness(self) -> None:
        self._lateness = {
            late: Histogram(
                f"teambot_{late.value}_lateness_seconds", meaning, buckets=_LATENESS_BUCKETS, registry=self.registry
            )
            for late, meaning in (
                (Late.GRANT, "From the decision, or the start asked for when that is later, to the access in AWS."),
                (
                    Late.REVOCATION,
                    "From the end of access, or its revocation, until AWS was seen to have taken it away.",
                ),
            )
        }

    def _define_trail(self) -> None:
        self._trail = Gauge(
            "teambot_audit_trail_broken",
            "1 when the audit trail was found broken, at its ends or in between, and was not proved since.",
            registry=self.registry,
        )

        self._deliveries = Counter(
            "teambot_event_deliveries",
            "Events of the audit trail handed over, and failed tries, by destination and outcome.",
            ["destination", "outcome"],
            registry=self.registry,
        )

    def _define_alarms(self) -> None:
        self._alarms = Gauge(
            "teambot_alarm",
            "1 while an alarm is raised: an invariant is broken.",
            ["alarm"],
            registry=self.registry,
        )
        self.alarms(())

    def _define_work(self) -> None:
        self._stuck_rounds: set[str] = set()
        self._lag = Gauge(
            "teambot_lag_seconds", "Age of the oldest work that is due.", ["work"], registry=self.registry
        )
        self._stuck = Gauge(
            "teambot_stuck_requests",
            "Requests that a round could not work off at its last try; the log names each with an incident.",
            ["round"],
            registry=self.registry,
        )
        self._ticks = Histogram(
            "teambot_tick_duration_seconds",
            "Duration of ticks.",
            ["tick"],
            buckets=_TICK_BUCKETS,
            registry=self.registry,
        )
        self._tick_failures = Counter(
            "teambot_tick_failures", "Ticks that failed unexpectedly.", ["tick"], registry=self.registry
        )
        self._tick_success = Gauge(
            "teambot_tick_last_success_timestamp_seconds",
            "Time when each tick last ended.",
            ["tick"],
            registry=self.registry,
        )
        self._interactions = Counter(
            "teambot_interactions",
            "Commands, clicks and forms, by chat platform, kind and outcome.",
            ["platform", "kind", "outcome"],
            registry=self.registry,
        )
        self._answers = Histogram(
            "teambot_interaction_duration_seconds",
            "Duration of commands, clicks and forms, by chat platform and kind.",
            ["platform", "kind"],
            buckets=_ANSWER_BUCKETS,
            registry=self.registry,
        )
        self._snapshot_age = Gauge(
            "teambot_snapshot_age_seconds", "Age of what is known of the AWS organization.", registry=self.registry
        )

    def _define_calls(self) -> None:
        self._aws_calls = Counter(
            "teambot_aws_calls",
            "Attempts to call AWS, by operation and outcome; `throttled` when there were too many.",
            ["operation", "outcome"],
            registry=self.registry,
        )
        self._aws_retries = Counter(
            "teambot_aws_retries", "Attempts to call AWS that repeat one.", ["operation"], registry=self.registry
        )
        self._slack_calls = Counter(
            "teambot_slack_calls",
            "Attempts to call Slack, by method and outcome; `throttled` when there were too many.",
            ["method", "outcome"],
            registry=self.registry,
        )
        self._slack_retries = Counter(
            "teambot_slack_retries", "Attempts to call Slack that repeat one.", ["method"], registry=self.registry
        )

    def _define_secrets(self) -> None:
        self._secret_read = Gauge(
            "teambot_secret_read_timestamp_seconds",
            "Time when a secret was last read from Secrets Manager, by its variable.",
            ["variable"],
            registry=self.registry,
        )
        self._secret_failures = Counter(
            "teambot_secret_failures",
            "Readings of a secret that failed: the last known goes on.",
            ["variable"],
            registry=self.registry,
        )

    def _define_slack(self) -> None:
        self._refused = Counter(
            "teambot_refused_signatures",
            "Calls that Slack did not sign, and that were refused.",
            registry=self.registry,
        )
        self._connected = Gauge(
            "teambot_slack_connected", "1 while Slack is connected by its socket (Socket Mode).", registry=self.registry
        )
        self._connections = Counter(
            "teambot_slack_connections",
            "Events of the socket to Slack: connected, lost, refused.",
            ["event"],
            registry=self.registry,
        )

    def _define_teams(self) -> None:
        self._teams_calls = Counter(
            "teambot_teams_calls",
            "Calls to Teams, by operation and outcome; `throttled` when there were too many, or two at once.",
            ["operation", "outcome"],
            registry=self.registry,
        )
        self._refused_tokens = Counter(
            "teambot_refused_tokens",
            "Calls in the name of Teams that were refused, by what was wrong with them.",
            ["ground"],
            registry=self.registry,
        )
        self._activities = Counter(
            "teambot_teams_activities",
            "Activities from Teams, by name; one that this release does not know counts as an event or an invoke.",
            ["kind", "known"],
            registry=self.registry,
        )
        self._keys = Gauge(
            "teambot_teams_keys", "Keys that the tokens of Teams are checked with.", registry=self.registry
        )
        self._keys_read = Gauge(
            "teambot_teams_keys_read_timestamp_seconds", "Time when those keys were last read.", registry=self.registry
        )

    def _define_replicas(self) -> None:
        self._replicas = Gauge(
            "teambot_replicas",
            "Processes that share the database and gave a sign of life lately.",
            registry=self.registry,
        )
        self._clock_ahead = Gauge(
            "teambot_clock_ahead_seconds",
            "Seconds by which this machine's clock is ahead of the database's; negative when it is behind.",
            registry=self.registry,
        )

    def clock(self, ahead: timedelta) -> None:
        self._clock_ahead.set(ahead.total_seconds())

    def requests(self, by_status: Mapping[Status, int]) -> None:
        """Statuses that are not named have none."""
        for status in Status:
            self._requests.labels(status.value).set(by_status.get(status, 0))

    def alarms(self, standing: Collection[AlarmKind]) -> None:
        """Those that are not named do not stand."""
        for kind in AlarmKind:
            self._alarms.labels(kind.value).set(kind in standing)

    def overdue(self, revocations: int, oldest: timedelta) -> None:
        """``oldest``: how long that one has taken; nothing when there is none."""
        self._overdue.set(revocations)
        self._oldest_overdue.set(oldest.total_seconds())

    def late(self, lateness: Lateness) -> None:
        self._lateness[lateness.late].observe(lateness.by.total_seconds())

    def unknown_assignments(self, reported: int, ignored: int) -> None:
        self._drift.labels("reported").set(reported)
        self._drift.labels("ignored").set(ignored)

    def replicas(self, alive: int) -> None:
        self._replicas.set(alive)

    def next_due(self, at: datetime | None) -> None:
        self._next_due.set(at.timestamp() if at else 0)

    def outbox(self, waiting: int, undeliverable: int, oldest_at: datetime | None, now: datetime) -> None:
        self._waiting.set(waiting)
        self._undeliverable.set(undeliverable)
        self._oldest.set((now - oldest_at).total_seconds() if oldest_at else 0)

    def summaries(self, waiting: int, given_up: int) -> None:
        self._summaries.labels("waiting").set(waiting)
        self._summaries.labels("given_up").set(given_up)

    def lag(self, work: str, behind: timedelta) -> None:
        """``behind`` is now − due; what is early counts as on time."""
        self._lag.labels(work).set(max(0.0, behind.total_seconds()))

    def delivery(self, destination: str, outcome: str, events: int) -> None:
        self._deliveries.labels(destination, outcome).inc(events)

    def stuck(self, by_round: Mapping[str, int]) -> None:
        """Rounds that are not named have none."""
        for name in self._stuck_rounds | by_round.keys():
            self._stuck.labels(name).set(by_round.get(name, 0))
        self._stuck_rounds |= by_round.keys()

    def tick(self, name: str, seconds: float, succeeded_at: datetime | None) -> None:
        """``succeeded_at`` is None for a tick that failed."""
        self._ticks.labels(name).observe(seconds)
        failures = self._tick_failures.labels(name)
        if succeeded_at is None:
            failures.inc()
        else:
            self._tick_success.labels(name).set(succeeded_at.timestamp())

    def aws_call(self, operation: str, outcome: str, attempt: int) -> None:
        self._aws_calls.labels(operation, outcome).inc()
        retries = self._aws_retries.labels(operation)
        if attempt > 1:
            retries.inc()

    def slack_call(self, method: str, outcome: str, attempt: int) -> None:
        self._slack_calls.labels(method, outcome).inc()
        retries = self._slack_retries.labels(method)
        if attempt > 1:
            retries.inc()

    def interaction(self, platform: str, kind: str, outcome: str, seconds: float | None) -> None:
        """``seconds`` is None for one that was not begun."""
        self._interactions.labels(platform, kind, outcome).inc()
        if seconds is not None:
            self._answers.labels(platform, kind).observe(seconds)

    def teams_call(self, operation: str, outcome: str) -> None:
        self._teams_calls.labels(operation, outcome).inc()

    def token_refused(self, ground: str) -> None:
        self._refused_tokens.labels(ground).inc()

    def activity(self, kind: str, known: bool) -> None:
        """``kind`` is one of those that are known, or says that it is an event or an invoke that is not."""
        self._activities.labels(kind, str(known).lower()).inc()

    def teams_keys(self, known: int, age: float | None) -> None:
        """``age`` in seconds since they were read; None while they never were."""
        self._keys.set(known)
        if age is not None:
            self._keys_read.set(time.time() - age)

    def audit_trail(self, *, is_broken: bool) -> None:
        self._trail.set(is_broken)

    def secret(self, variable: str, succeeded: bool) -> None:
        """Told after every reading of the secret of a variable."""
        failures = self._secret_failures.labels(variable)
        if succeeded:
            self._secret_read.labels(variable).set_to_current_time()
        else:
            failures.inc()

    def signature_refused(self) -> None:
        self._refused.inc()

    def slack(self, connected: bool, event: str) -> None:
        """Only in Socket Mode. ``event`` may be empty: nothing happened yet."""
        self._connected.set(connected)
        if event:
            self._connections.labels(event).inc()

    def snapshot_age(self, age: timedelta) -> None:
        self._snapshot_age.set(age.total_seconds())

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        return generate_latest(self.registry)
