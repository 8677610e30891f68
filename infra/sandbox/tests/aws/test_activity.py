"""The local CloudTrail: what it records of real assignments, and what its four services refuse."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from infra.sandbox.aws import LocalAws
from infra.sandbox.aws.activity import athena, insights, lake
from infra.sandbox.aws.activity.insights_query import MalformedError, parse
from infra.sandbox.aws.activity.tables import BadParametersError, with_parameters
from infra.sandbox.aws.cloudtrail.trail import ELSEWHERE, Entry, Holding, Trail
from infra.sandbox.company import PAYMENTS_PROD, PAYMENTS_STAGING
from infra.sandbox.tests.aws.conftest import Call

SELECT = f"SELECT eventname FROM {athena.TABLE} WHERE account = '{PAYMENTS_PROD}'"  # noqa: S608 - our own
ADA = "ada@example.com"


@pytest.fixture
def later(aws: LocalAws) -> Any:
    """Ada held a permission set for a while, and the time on this AWS is a day later."""
    aws.conduct.query_seconds = 0
    aws.make_assignment(PAYMENTS_PROD, "PowerUserAccess", ADA)
    (holding,) = aws.world.trail.holdings
    holding.since -= 7200
    aws.remove_assignment(PAYMENTS_PROD, "PowerUserAccess", ADA)
    now = time.time() + 86_400
    aws.world.trail._clock = lambda: now
    return holding


async def answered(call: Call, sql: str, *parameters: str) -> tuple[str, list[list[str]]]:
    """State or reason of an Athena query, and its rows."""
    more = {"ExecutionParameters": list(parameters)} if parameters else {}
    begun = await call(
        "athena",
        "start_query_execution",
        QueryString=sql,
        QueryExecutionContext={"Database": athena.DATABASE},
        WorkGroup=athena.WORKGROUP,
        **more,
    )
    told = await call("athena", "get_query_execution", QueryExecutionId=begun["QueryExecutionId"])
    status = told["QueryExecution"]["Status"]
    if status["State"] != "SUCCEEDED":
        return status["StateChangeReason"], []
    found = await call("athena", "get_query_results", QueryExecutionId=begun["QueryExecutionId"])
    rows = [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in found["ResultSet"]["Rows"]]
    return status["State"], rows


@pytest.mark.usefixtures("later")
async def test_the_trail_has_the_person_and_around_them_others_that_are_much_like_them(aws: LocalAws) -> None:
    kinds = Counter(entry.kind for entry in aws.world.trail.entries())
    assert kinds.pop("own") > 10
    assert len(kinds) >= 8
    assert len({entry.record["eventID"] for entry in aws.world.trail.entries()}) == kinds.total() + len(
        [entry for entry in aws.world.trail.entries() if entry.kind == "own"]
    )
    tags = Counter("onBehalfOf" in e.record["userIdentity"] for e in aws.world.trail.entries() if e.kind == "own")
    assert set(tags) == {True, False}


@pytest.mark.usefixtures("later")
async def test_events_of_one_account_are_made_without_those_of_others(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of thousands of holdings that takes so long that the local AWS answers nobody meanwhile."""
    trail, made, of = aws.world.trail, list[str](), Trail._of
    aws.make_assignment(PAYMENTS_STAGING, "ReadOnlyAccess", ADA)
    told = {
        account: [entry for entry in trail.entries() if entry.record["recipientAccountId"] == account]
        for account in (PAYMENTS_PROD, ELSEWHERE)
    }

    def noted(this: Trail, holding: Holding) -> Iterator[Entry]:
        made.append(holding.assignment.account_id)
        return of(this, holding)

    monkeypatch.setattr(Trail, "_of", noted)
    assert trail.entries(PAYMENTS_PROD) == told[PAYMENTS_PROD]
    assert made == [PAYMENTS_PROD]
    assert trail.entries(ELSEWHERE) == told[ELSEWHERE]


async def test_the_trail_is_late_and_knows_no_future(aws: LocalAws) -> None:
    aws.make_assignment(PAYMENTS_PROD, "ReadOnlyAccess", ADA)
    began = aws.world.trail.holdings[0].since
    aws.world.trail._clock = lambda: began + 300
    seen = [entry for entry in aws.world.trail.entries() if entry.kind == "own"]
    assert seen
    assert max(entry.at for entry in seen) <= began + 300 - aws.conduct.trail_delay_seconds


@pytest.mark.usefixtures("later")
async def test_athena_evaluates_what_it_is_asked(call: Call) -> None:
    state, rows = await answered(call, f"{SELECT} AND eventname = ?", "'StopDeployment'")
    assert (state, rows) == ("SUCCEEDED", [["eventname"], ["StopDeployment"]])
    _, none = await answered(call, f"{SELECT} AND eventname = ?", "'StopDeployment'' OR 1=1'")
    assert none == [["eventname"]]


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (SELECT.partition(" WHERE")[0], "CONSTRAINT_VIOLATION"),
        (SELECT.replace(athena.TABLE, "elsewhere"), "TABLE_NOT_FOUND"),
        (SELECT.replace("eventname", "colour"), "COLUMN_NOT_FOUND"),
        (f"{SELECT} AND", "SYNTAX_ERROR"),
        (f"DROP TABLE {athena.TABLE} -- account = '{PAYMENTS_PROD}'", "SYNTAX_ERROR"),
        (f"{SELECT}; {SELECT}", "SYNTAX_ERROR"),
        (SELECT.replace(athena.TABLE, "read_csv('/etc/passwd')"), ""),
    ],
)
async def test_athena_fails_what_it_cannot_answer(call: Call, sql: str, reason: str) -> None:
    state, rows = await answered(call, sql)
    assert reason in state != "SUCCEEDED"
    assert rows == []


@pytest.mark.parametrize("parameters", [["1 OR 1=1"], ["'a", "b'"], [], ["'a'", "'b'"], ["'a' --"]])
def test_what_stands_for_a_question_mark_is_a_literal(parameters: list[str]) -> None:
    with pytest.raises(BadParametersError):
        with_parameters("SELECT ?", parameters)


def test_a_question_mark_in_a_string_is_none() -> None:
    assert with_parameters("SELECT '?', ?", ["'it''s'"]) == "SELECT '?', 'it''s'"


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize(
    "query",
    [
        "delete @message",
        "fields @message | filter a == 'b'",
        'fields @message | filter (a = "b"',
        'fields @message | filter a = "b" c',
        "fields @message | filter a like b",
        "fields @message | limit many",
        "fields a b",
        "fields @message | sort",
        'fields @message | filter a = "unended',
    ],
)
async def test_insights_refuses_what_it_does_not_understand(refused: Call, query: str) -> None:
    times = {"startTime": 0, "endTime": int(time.time()) + 99_999}
    answer = await refused("logs", "start_query", logGroupName=insights.LOG_GROUP, queryString=query, **times)
    assert answer["Code"] in {"MalformedQueryException", "ResourceNotFoundException"}
    with pytest.raises(MalformedError):
        parse(query)


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ('a.b = "x|y"', True),
        ('a.b = "x"', False),
        ('a.b != "x"', True),
        (r"a.b like /^x\|y$/", True),
        ("a.b like /z/", False),
        ("ispresent(a.c) or ispresent(a.b)", True),
        ('not a.b = "x|y"', False),
        ('a.b = "x" and a.b = "x|y" or ispresent(a)', True),
        ('a.b = "x" and (a.b = "x|y" or ispresent(a))', False),
        (r'a.q = "say \"hi\" \\"', True),
    ],
)
def test_insights_conditions_mean_what_they_say(condition: str, matches: bool) -> None:
    record = {"a": {"b": "x|y", "q": 'say "hi" \\'}}
    assert parse(f"fields @message | filter {condition} | limit 5").matches(record) is matches


async def test_the_event_history_is_of_one_account_and_region(aws: LocalAws, call: Call, later: Any) -> None:
    wanted = [{"AttributeKey": "Username", "AttributeValue": ADA}]
    times = {"StartTime": later.since, "EndTime": later.until}
    assert (await call("cloudtrail", "lookup_events", LookupAttributes=wanted, **times))["Events"] == []
    aws.conduct.caller_account_id = PAYMENTS_PROD
    found = (await call("cloudtrail", "lookup_events", LookupAttributes=wanted, **times))["Events"]
    assert {event["Username"] for event in found} == {ADA}
    assert "GetObject" not in {event["EventName"] for event in found}
    assert "CreateRole" not in {event["EventName"] for event in found}, "it is in us-east-1"


@pytest.mark.usefixtures("later")
async def test_lake_has_one_store_and_wants_it_named(refused: Call) -> None:
    other = lake.STORE_ID.replace("5", "6")
    for sql, code in (
        ("SELECT 1", "InvalidQueryStatementException"),
        (f"SELECT 1 FROM {other}", "EventDataStoreNotFoundException"),  # noqa: S608 - our own
    ):
        assert (await refused("cloudtrail", "start_query", QueryStatement=sql))["Code"] == code


async def test_only_known_roles_of_the_organization_are_assumed(call: Call, refused: Call) -> None:
    arn = "arn:aws:iam::{}:role/{}"
    for account, role in ((PAYMENTS_PROD, "Admin"), ("000000000000", "TeamBotActivity")):
        answer = await refused("sts", "assume_role", RoleArn=arn.format(account, role), RoleSessionName="x1")
        assert answer["Code"] == "AccessDenied"
    answer = await call(
        "sts", "assume_role", RoleArn=arn.format(PAYMENTS_PROD, "TeamBotActivity"), RoleSessionName="x1"
    )
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")


async def test_sessions_of_the_access_portal_are_given_to_users_for_permission_sets_that_exist(
    call: Call, refused: Call
) -> None:
    arn = f"arn:aws:iam::{PAYMENTS_PROD}:role/AWSReservedSSO_{{}}_0123456789abcdef"
    for permission_set, session in (("ReadOnlyAccess", "nobody@example.com"), ("NoSuchSet", "ada@example.com")):
        answer = await refused("sts", "assume_role", RoleArn=arn.format(permission_set), RoleSessionName=session)
        assert answer["Code"] == "AccessDenied"
    given = await call("sts", "assume_role", RoleArn=arn.format("ReadOnlyAccess"), RoleSessionName="ada@example.com")
    assert given["AssumedRoleUser"]["Arn"].endswith("AWSReservedSSO_ReadOnlyAccess_0123456789abcdef/ada@example.com")
