"""The numbers that Prometheus reads."""

from datetime import UTC, datetime, timedelta

from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import Metrics
from core.domain.lateness import Late, Lateness
from core.domain.request import Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample by its name and labels, as a reader of the text sees it."""
    families = text_string_to_metric_families(metrics.render().decode())
    found = [sample for family in families for sample in family.samples]
    return {"/".join([sample.name, *sorted(sample.labels.values())]): sample.value for sample in found}


def test_every_status_is_there_before_it_first_happens() -> None:
    seen = samples(Metrics("1.2.3"))

    assert all(seen[f"teambot_requests/{status}"] == 0 for status in Status)
    assert seen["teambot_build_info/1.2.3"] == 1


def test_interactions_and_calls_are_counted() -> None:
    metrics = Metrics("1")
    metrics.interaction("slack", "command", "ok", 0.2)
    metrics.interaction("slack", "command", "too_fast", None)
    metrics.aws_call("ListUsers", "throttled", 1)
    metrics.aws_call("ListUsers", "ok", 2)
    metrics.slack_call("chat.postMessage", "throttled", 1)
    metrics.slack_call("chat.postMessage", "ok", 2)

    seen = samples(metrics)

    assert seen["teambot_interactions_total/command/ok/slack"] == 1
    assert seen["teambot_interactions_total/command/slack/too_fast"] == 1
    assert seen["teambot_interaction_duration_seconds_count/command/slack"] == 1
    assert seen["teambot_aws_calls_total/ListUsers/throttled"] == seen["teambot_aws_calls_total/ListUsers/ok"] == 1
    assert seen["teambot_aws_retries_total/ListUsers"] == 1
    assert seen["teambot_slack_calls_total/chat.postMessage/throttled"] == 1
    assert seen["teambot_slack_retries_total/chat.postMessage"] == 1


def test_a_status_that_is_no_longer_named_has_no_requests() -> None:
    metrics = Metrics("1")
    metrics.requests({Status.PENDING: 3, Status.ACTIVE: 1})
    metrics.requests({Status.ACTIVE: 2})

    assert (samples(metrics)["teambot_requests/pending"], samples(metrics)["teambot_requests/active"]) == (0, 2)


def test_the_outbox_is_as_old_as_its_oldest_message() -> None:
    metrics = Metrics("1")
    metrics.outbox(2, 1, NOW - timedelta(seconds=90), NOW)

    seen = samples(metrics)
    assert (seen["teambot_outbox_waiting"], seen["teambot_outbox_undeliverable"]) == (2, 1)
    assert seen["teambot_outbox_oldest_seconds"] == 90


def test_what_is_due_next_is_told_until_nothing_is() -> None:
    metrics = Metrics("1")
    metrics.next_due(NOW)
    assert samples(metrics)["teambot_next_due_timestamp_seconds"] == NOW.timestamp()

    metrics.next_due(None)
    assert samples(metrics)["teambot_next_due_timestamp_seconds"] == 0


def test_an_empty_outbox_has_no_age() -> None:
    metrics = Metrics("1")
    metrics.outbox(1, 0, NOW - timedelta(seconds=90), NOW)
    metrics.outbox(0, 0, None, NOW)

    assert samples(metrics)["teambot_outbox_oldest_seconds"] == 0


def test_lateness_is_measured_and_being_early_is_being_on_time() -> None:
    metrics = Metrics("1")
    metrics.lag("starts", timedelta(seconds=4))
    metrics.lag("starts", timedelta(seconds=-4))

    seen = samples(metrics)
    assert seen["teambot_lag_seconds/starts"] == 0


def test_ticks_are_timed_and_their_failures_and_last_success_told_apart() -> None:
    metrics = Metrics("1")
    metrics.tick("ends", 0.5, NOW)
    metrics.tick("ends", 0.25, None)

    seen = samples(metrics)
    assert seen["teambot_tick_duration_seconds_sum/ends"] == 0.75
    assert seen["teambot_tick_failures_total/ends"] == 1
    assert seen["teambot_tick_last_success_timestamp_seconds/ends"] == NOW.timestamp()


def test_revocations_that_take_too_long_and_the_age_of_the_snapshot_are_shown() -> None:
    metrics = Metrics("1")
    metrics.overdue(2, timedelta(minutes=7))
    metrics.snapshot_age(timedelta(minutes=2))

    seen = samples(metrics)
    assert (seen["teambot_overdue_revocations"], seen["teambot_snapshot_age_seconds"]) == (2, 120)
    assert seen["teambot_overdue_oldest_seconds"] == 420


def test_drift_and_replicas_are_shown() -> None:
    metrics = Metrics("1")
    metrics.unknown_assignments(reported=3, ignored=1)
    metrics.replicas(2)

    seen = samples(metrics)
    assert (seen["teambot_unknown_assignments/reported"], seen["teambot_unknown_assignments/ignored"]) == (3, 1)
    assert seen["teambot_replicas"] == 2


def test_lateness_of_grants_and_of_revocations_is_told_apart() -> None:
    metrics = Metrics("1")
    metrics.late(Lateness(Late.GRANT, timedelta(seconds=3)))
    metrics.late(Lateness(Late.REVOCATION, timedelta(seconds=90)))

    seen = samples(metrics)
    assert (seen["teambot_grant_lateness_seconds_sum"], seen["teambot_revocation_lateness_seconds_sum"]) == (3, 90)


def test_two_processes_in_one_interpreter_do_not_share_their_numbers() -> None:
    one, other = Metrics("1"), Metrics("1")
    one.overdue(1, timedelta(minutes=6))

    assert samples(other)["teambot_overdue_revocations"] == 0
