"""The four sources one by one: what each is asked, how each fails, and what each leaves out."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.aws.activity import activity_source, athena, insights, lake, partitions
from core.adapters.aws.activity.configuration import AthenaTable, SourceName
from core.adapters.aws.activity.record import event_of, event_of_json, events_of, read_time
from core.adapters.aws.activity.rows import QueryRow, event_of_row
from core.adapters.aws.activity.sql import literal
from core.domain.activity import ActivityQuery, Limit, attributed
from core.domain.errors import SourceRefused, SourceTrouble
from core.domain.ids import AccountId, PrincipalId
from core.ports import Findings, SessionActivity
from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.activity import athena as local_athena
from infra.sandbox.aws.cloudtrail.records import Who, record
from infra.sandbox.aws.cloudtrail.sample_events import SampleEvent
from infra.sandbox.company import PAYMENTS_PROD, Company
from tests.adapters.aws.conftest import OpenSession
from tests.contracts.activity_benches import configuration_of
from tests.fakes.clock import FakeClock

_nests = lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)  # noqa: E731
NOW = datetime.now(UTC).replace(microsecond=0)
"""The local AWS runs on the time of the machine."""
HOUR = timedelta(hours=1)
QUERY = ActivityQuery(
    PrincipalId("id-ada"), "ada@example.com", AccountId(PAYMENTS_PROD), "PowerUserAccess", NOW - HOUR * 5, NOW - HOUR
)
TABLE = athena.Table("trails.events", (partitions.Partition("account"),), has_user_ids=True, missing=())
IDENTITY = (
    "struct<type:string,arn:string,accesskeyid:string,onbehalfof:struct<userid:string>,sessioncontext:struct<attributes:"
    "struct<creationdate:string>,sessionissuer:struct<arn:string,username:string>>>"
)


@pytest.fixture
def source(aws: LocalAws, company: Company, open_session: OpenSession) -> Any:
    """Makes a source with a configuration that is changed in some parts."""
    aws.conduct.query_seconds = aws.conduct.trail_delay_seconds = 0

    def make(name: str, **changes: Any) -> SessionActivity:
        configuration = replace(configuration_of(name, company), **changes)
        return activity_source(open_session(region=company.region), configuration, FakeClock(NOW))

    return make


async def trouble_of(source: SessionActivity, query: ActivityQuery = QUERY) -> tuple[SourceTrouble, str]:
    with pytest.raises(SourceRefused) as refused:
        await source.read(query)
    return refused.value.trouble, refused.value.what


def happen(aws: LocalAws, count: int, **facts: Any) -> None:
    """Ada did something that often, a second apart each time."""
    who = Who(PAYMENTS_PROD, "PowerUserAccess", "ada@example.com", "id-ada", aws.world.company)
    for number in range(count):
        at = (NOW - HOUR * 3 + timedelta(seconds=number)).timestamp()
        aws.world.trail.add(
            at, record(at, SampleEvent(number, "ec2", "StopInstances", **facts), who, at, key=str(number))
        )


@pytest.mark.parametrize(
    ("name", "changes", "trouble", "what"),
    [
        ("athena", {"athena": AthenaTable("no", "table", "teambot")}, SourceTrouble.UNKNOWN_TABLE, "no.table"),
        (
            "athena",
            {"athena": AthenaTable(local_athena.DATABASE, local_athena.TABLE, "none")},
            SourceTrouble.UNKNOWN_WORKGROUP,
            "none",
        ),
        (
            "athena",
            {"athena": AthenaTable(local_athena.DATABASE, local_athena.TABLE)},
            SourceTrouble.NO_OUTPUT,
            "primary",
        ),
        ("cloudwatch", {"log_groups": ("nowhere",)}, SourceTrouble.UNKNOWN_LOG_GROUP, "nowhere"),
        (
            "cloudtrail-lake",
            {"event_data_store": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
            SourceTrouble.UNKNOWN_EVENT_STORE,
            "0" * 8 + "-0000-0000-0000-" + "0" * 12,
        ),
        ("lookup-events", {"role": ""}, SourceTrouble.NO_ROLE, PAYMENTS_PROD),
        (
            "lookup-events",
            {"role": "arn:aws:iam::{account}:role/Other"},
            SourceTrouble.NO_ROLE,
            f"arn:aws:iam::{PAYMENTS_PROD}:role/Other",
        ),
    ],
)
async def test_what_is_not_there_is_named(
    source: Any, name: str, changes: dict[str, Any], trouble: SourceTrouble, what: str
) -> None:
    assert await trouble_of(source(name, **changes)) == (trouble, what)


@pytest.mark.parametrize("name", ["athena", "cloudwatch", "cloudtrail-lake"])
async def test_what_takes_too_long_or_scans_too_much_is_stopped_at_the_source(
    aws: LocalAws, source: Any, name: str
) -> None:
    aws.conduct.query_seconds = 60
    slow = source(name, patience=timedelta(seconds=0.5))
    assert await trouble_of(slow) == (SourceTrouble.TOO_SLOW, "0 s")
    aws.conduct.query_bytes = 2_000_000_000
    assert await trouble_of(source(name, most_scanned=10**9)) == (SourceTrouble.TOO_MUCH, "1 GB")
    stops = [call.operation for call in aws.calls() if re.match("Stop|Cancel", call.operation)]
    assert len(stops) == 2


@pytest.mark.parametrize("name", ["athena", "cloudwatch", "cloudtrail-lake", "lookup-events"])
async def test_answers_of_many_pages_are_read_to_their_end(aws: LocalAws, source: Any, name: str) -> None:
    count = 120 if name == "lookup-events" else 1050
    happen(aws, count)
    found: Findings = await source(name).read(QUERY)
    assert len(attributed(found.events, QUERY)) == count


async def test_an_answer_of_the_workgroups_own_limit_is_too_much(aws: LocalAws, source: Any) -> None:
    aws.faults.add("cancelled", service="athena", reason="Query cancelled! : Bytes scanned limit was exceeded", times=1)
    assert await trouble_of(source("athena")) == (SourceTrouble.TOO_MUCH, "the workgroup's limit")


@pytest.mark.parametrize(
    ("said", "trouble", "what"),
    [
        (
            "User: arn:aws:sts::1:assumed-role/B/x is not authorized to perform: glue:GetPartitions on resource: *",
            SourceTrouble.NO_PERMISSION,
            "glue:GetPartitions",
        ),
        ("Access denied when writing to location: s3://results", SourceTrouble.NO_PERMISSION, "s3:GetObject"),
        ("TABLE_NOT_FOUND: line 1:15", SourceTrouble.UNKNOWN_TABLE, "cloudtrail.organization_trail"),
        ("COLUMN_NOT_FOUND: line 2:1", SourceTrouble.MISSING_COLUMNS, "cloudtrail.organization_trail"),
        ("HIVE_CURSOR_ERROR", SourceTrouble.FAILED, ""),
    ],
)
async def test_athena_tells_what_is_wrong_in_the_words_of_a_failed_query(
    aws: LocalAws, source: Any, said: str, trouble: SourceTrouble, what: str
) -> None:
    aws.faults.add("failed", service="athena", reason=said, times=1)
    assert await trouble_of(source("athena")) == (trouble, what)


async def test_events_older_than_the_event_history_are_told_apart(source: Any) -> None:
    long_ago = replace(QUERY, start_at=NOW - timedelta(days=95), end_at=NOW - timedelta(days=91))
    assert await trouble_of(source("lookup-events"), long_ago) == (SourceTrouble.TOO_OLD, "90 days")
    partly = replace(long_ago, end_at=NOW - timedelta(days=89))
    assert Limit.NINETY_DAYS in (await source("lookup-events").read(partly)).limits


async def test_a_role_is_assumed_once_for_many_questions_and_regions(aws: LocalAws, source: Any) -> None:
    lookups = source("lookup-events")
    await lookups.read(QUERY)
    await lookups.read(QUERY)
    assert [call.arguments["RoleArn"] for call in aws.calls("AssumeRole")] == [
        f"arn:aws:iam::{PAYMENTS_PROD}:role/TeamBotActivity"
    ]


@pytest.mark.parametrize("name", list(SourceName))
async def test_a_source_that_is_not_there_fails_the_check(source: Any, name: str) -> None:
    elsewhere: dict[str, dict[str, Any]] = {
        "athena": {"athena": AthenaTable("no", "table")},
        "cloudwatch": {"log_groups": ("organization-trai",)},
        "cloudtrail-lake": {"event_data_store": "0" * 8 + "-0000-0000-0000-" + "0" * 12},
    }
    if name in elsewhere:
        with pytest.raises(SourceRefused):
            await source(name, **elsewhere[name]).check()
    assert await source(name).check()


# --- what is asked -----------------------------------------------------------------------------------


def test_values_stand_in_literals_alone() -> None:
    asked = athena.question(TABLE, replace(QUERY, user_name="o'hara"), 11)
    assert asked.sql.count("?") == len(asked.parameters) == 6
    assert asked.parameters[-1] == "'o''hara'"
    assert "'o''hara'" in lake.statement("x/store", replace(QUERY, user_name="o'hara"), 11)
    assert literal("'; DROP TABLE x; --'") == "'''; DROP TABLE x; --'''"
    assert insights.pattern("a.b/c\\") == r"a\.b\/c\\"
    assert insights.quoted('a"b\\') == r'"a\"b\\"'


def test_a_table_without_user_ids_is_asked_by_session_name() -> None:
    old = replace(TABLE, has_user_ids=False)
    asked = athena.question(old, QUERY, 11)
    assert "onbehalfof" not in asked.sql
    assert asked.parameters[-1] == "'ada@example.com'"
    assert asked.sql.count("?") == len(asked.parameters) == 5


def test_columns_that_are_missing_are_all_named() -> None:
    columns = [{"Name": name, "Type": "string"} for name in athena._NEEDED if name not in ("readonly", "useridentity")]
    table = athena.table_of("t.t", {"Columns": [*columns, {"Name": "userIdentity", "Type": "struct<type:string>"}]})
    assert table.missing[0] == "readonly"
    assert "useridentity…sessionissuer" in table.missing
    assert not table.has_user_ids
    whole = [{"Name": name.upper(), "Type": IDENTITY} for name in athena._NEEDED]
    assert athena.table_of("t.t", {"Columns": whole}).missing == ()


def _one_of(*days: tuple[str, int, str]) -> str:
    return "(" + " OR ".join(f'("year" = \'{y}\' AND "month" = {m} AND "day" {d})' for y, m, d in days) + ")"


@pytest.mark.parametrize(
    ("keys", "parameters", "expected"),
    [
        ([], {}, []),
        ([("account", "string")], {}, ["\"account\" = '111122223333'"]),
        ([("account_id", "bigint"), ("region", "string")], {}, ['"account_id" = 111122223333']),
        (
            [("timestamp", "string")],
            {"projection.timestamp.format": "yyyy/MM/dd"},
            ["\"timestamp\" BETWEEN '2026/03/31' AND '2026/04/01'"],
        ),
        ([("dt", "string")], {}, []),  # nobody tells how its days are written: 2026-03-31 is in no range of 2026/03/31
        ([("dt", "string")], {"projection.dt.format": "yyyy/MM"}, []),
        ([("dt", "string")], {"projection.dt.format": "yyyy/MM/dd/HH"}, []),
        ([("dt", "string")], {"projection.dt.format": "dd-MM-yyyy"}, []),  # its text does not sort as days do
        (
            [("day", "string")],
            {"projection.day.format": "yyyy-MM-dd"},
            ["\"day\" BETWEEN '2026-03-31' AND '2026-04-01'"],
        ),
        (
            [("year", "string"), ("month", "int"), ("day", "string")],
            {},
            [_one_of(("2026", 3, "= '31'"), ("2026", 4, "IN ('01', '1')"))],
        ),
        ([("eventdate", "int")], {}, []),
    ],
)
def test_partitions_prune_to_the_account_and_the_days_of_delivery(
    keys: list[tuple[str, str]], parameters: dict[str, str], expected: list[str]
) -> None:
    """Events from shortly before midnight are delivered on the next day."""
    start = datetime(2026, 3, 31, 20, tzinfo=UTC)
    query = replace(QUERY, start_at=start, end_at=start + timedelta(hours=3))
    found = partitions.read([{"Name": name, "Type": kind} for name, kind in keys], parameters)
    assert partitions.conditions(found, query) == expected
    assert partitions.has_days(found) == any("2026" in each for each in expected)


# --- what is read ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-02T12:00:00Z", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02 12:00:00.000", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02 12:00:00.000 UTC", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02T14:00:00+02:00", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_are_read_however_a_source_writes_them(written: object, read: datetime | None) -> None:
    assert read_time(written) == read


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"eventID": "e"}', '{"eventTime": "x", "eventID": "e"}']
)
def test_what_is_no_record_hides_no_other(text: str) -> None:
    assert event_of_json(text) is None


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"requestParameters": {"bucketName": "b", "clientToken": "t", "Host": "h"}}, ("b",)),
        ({"requestParameters": {"roleName": "r"}, "resources": [{"ARN": "arn:aws:x"}]}, ("arn:aws:x",)),
        ({"resources": [["arn:aws:y", "1234"]]}, ("arn:aws:y",)),
        ({"requestParameters": {"aName": "1", "bId": "2", "cArn": "3", "dName": "4"}}, ("1", "2", "3")),
        ({"requestParameters": "no mapping", "resources": 3}, ()),
    ],
)
def test_what_it_was_done_to_comes_from_resources_or_parameters(
    record: dict[str, Any], expected: tuple[str, ...]
) -> None:
    event = event_of({"eventID": "e", "eventTime": "2026-03-02T12:00:00Z", "userIdentity": "odd", **record})
    assert event is not None
    assert event.resources == expected


def nested(depth: int, opens: str = '{"a":', closes: str = "}") -> str:
    return opens * depth + "1" + closes * depth


HEAD = '"eventTime":"2026-03-02T12:00:00Z","eventName":"PutObject"'
ODD_PARAMETERS = {
    "deep": nested(5000),
    "deep lists": nested(5000, "[", "]"),
    "deep in a text that looks like more": '{"x":"]}\\"{[","y":' + nested(3000) + ',"bucketName":"b"}',
    "a number that Python refuses to read": '{"n":' + "9" * 5000 + ',"bucketName":"b"}',
    "a number beyond all": '{"n":1e999999}',
    "half a letter": '{"bucketName":"\\ud83d"}',
    "no mapping": "[1, 2]",
    "as deep as a parser goes": nested(900),
}


@pytest.mark.parametrize("parameters", ODD_PARAMETERS.values(), ids=ODD_PARAMETERS.keys())
def test_what_the_watched_person_puts_into_a_call_hides_neither_it_nor_others(parameters: str) -> None:
    """As CloudWatch Logs and the event history give it, whole, and as Athena and Lake do, in columns."""
    text = f'{{"eventID":"odd",{HEAD},"requestParameters":{parameters},"resources":{nested(700, "[", "]")}}}'
    plain = f'{{"eventID":"plain",{HEAD}}}'
    events, unread = events_of([plain, text, plain], event_of_json)
    assert ([event.id for event in events], unread) == (["plain", "odd", "plain"], 0)
    deep = nested(3000)
    row: dict[str, str | None] = {
        "eventid": "odd",
        "eventtime": "2026-03-02 12:00:00",
        "parameters": parameters,
        "resources": deep,
    }
    rows: list[QueryRow] = [row, {**row, "parameters": None}]
    events, unread = events_of(rows, event_of_row)
    assert ([event.id for event in events], unread) == (["odd", "odd"], 0)
    for event in events:
        "".join(event.resources).encode()


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "{}", '{"eventID": "e"}', "[" * 100_000, '{"a":' * 100_000, None, 7),
        '{"eventID":"e","eventTime":"0001-01-01T00:00:00+14:00"}',
        '{"eventID":"e","eventTime":99999999999999999999}',
        '{"eventID":["e"],"eventTime":["x"],"userIdentity":"root"}',
    ],
    ids=range(13),
)
def test_what_cannot_be_read_is_counted_and_hides_no_other(text: object) -> None:
    plain = f'{{"eventID":"plain",{HEAD}}}'
    events, unread = events_of([text, plain], event_of_json)
    assert ([event.id for event in events], unread) == (["plain"], 1)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()), _nests))
def test_whatever_a_record_holds_the_others_are_read(value: object) -> None:
    names = ["eventID", "eventTime", "userIdentity", "resources", "requestParameters", "readOnly", "recipientAccountId"]
    good = {"eventID": "e", "eventTime": "2026-03-02T12:00:00Z"}
    odd = [{**good, name: value} for name in names] + [value]
    events, unread = events_of([*(json.dumps(each) for each in odd), json.dumps(good)], event_of_json)
    assert len(events) + unread == len(odd) + 1
    assert len(events) >= 5
    assert all(event.session_arn.encode() is not None for event in events)
