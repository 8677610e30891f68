"""Exports of other tools: every way they come in is read alike; what is wrong is one line without a value."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.adapters.peer_files import json_file, read_statements, read_tables
from core.domain.errors import InvalidPolicies
from core.domain.ids import AccountId
from core.domain.imports.statements import Statement, Statements
from core.domain.imports.team_tables import TeamApprovers, TeamEligibility, TeamSettings, TeamTables

SECRET = "xoxb-4711-never-to-be-seen"
READ_ONLY = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1111111111111111"
ELIGIBILITY: dict[str, Any] = {
    "id": "group-1",
    "name": "Engineers",
    "type": "Group",
    "accounts": [{"id": "111111111111", "name": "Shop"}],
    "ous": [{"id": "ou-1", "name": "Shops"}],
    "permissions": [{"id": READ_ONLY, "name": "ReadOnlyAccess"}],
    "approvalRequired": False,
    "duration": "12",
    "ticketNo": "CHG-1",
    "modifiedBy": "idc_grace",
    "owner": SECRET,
}
APPROVERS: dict[str, Any] = {
    "id": "ou-1",
    "name": "Shops",
    "type": "OU",
    "approvers": ["Leads"],
    "groupIds": ["group-2"],
}
SETTINGS: dict[str, Any] = {
    "id": "settings",
    "duration": "8",
    "expiry": "2",
    "approval": True,
    "comments": False,
    "ticketNo": False,
    "slackToken": SECRET,
    "sesSourceArn": SECRET,
    "slackNotificationsEnabled": True,
    "snsNotificationsEnabled": False,
    "slackAuditNotificationsChannel": "audit",
    "teamAdminGroup": "Admins",
}
STATEMENT: dict[str, Any] = {
    "ResourceType": "Account",
    "Resource": ["111111111111"],
    "PermissionSet": "*",
    "Approvers": "grace@example.com",
    "AllowSelfApproval": True,
}
READ_TABLES = TeamTables(
    eligibility=(
        TeamEligibility(
            "group-1",
            "Engineers",
            is_group=True,
            accounts=("111111111111",),
            ous=("ou-1",),
            permission_sets=((READ_ONLY, "ReadOnlyAccess"),),
            hours=12,
            approval_required=False,
            ticket="CHG-1",
            modified_by="idc_grace",
        ),
    ),
    approvers=(TeamApprovers("ou-1", "Shops", is_ou=True, groups=("group-2",)),),
    settings=TeamSettings(
        8, 2, comments=False, ticket=False, admin_group="Admins", audit_channel="audit", notifications=("Slack",)
    ),
)
READ_STATEMENT = Statement(
    1, frozenset([AccountId("111111111111")]), None, ("grace@example.com",), None, allow_self_approval=True
)

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: object, name: str = "given.json") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def typed(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, dict):
        return {"M": {key: typed(inside) for key, inside in value.items()}}
    return {"NULL": True} if value is None else {"L": [typed(inside) for inside in value]}


def item(row: dict[str, Any]) -> dict[str, Any]:
    return {key: typed(value) for key, value in row.items()}


ROWS = (ELIGIBILITY, APPROVERS, SETTINGS)
LINES = "\n".join(json.dumps({"Item": item(row)}) for row in ROWS) + "\n"
WAYS: dict[str, object] = {
    "scan": {"Items": [item(row) for row in ROWS], "Count": 3, "ConsumedCapacity": None},
    "export to S3": LINES,
    "packed": gzip.compress(LINES.encode()),
    "GraphQL": {
        "data": {
            "listEligibilities": {"items": [ELIGIBILITY], "nextToken": None},
            "listApprovers": {"items": [APPROVERS]},
            "getSettings": SETTINGS,
        }
    },
    "rows alone": list(ROWS),
    "of PowerShell": json.dumps({"Items": [item(row) for row in ROWS]}).encode("utf-16"),
    "with nulls": {"Items": [item({**row, "createdAt": None}) for row in ROWS]},
}


@pytest.mark.parametrize("way", WAYS)
def test_the_tables_are_told_apart_whichever_way_they_come(write: Write, way: str) -> None:
    assert read_tables([write(WAYS[way])]) == READ_TABLES


def test_several_files_are_read_as_one(write: Write) -> None:
    paths = [write({"Items": [item(row)]}, f"{number}.json") for number, row in enumerate(ROWS)]

    assert read_tables([*paths, paths[0]]) == READ_TABLES


def test_no_secret_is_kept(write: Write) -> None:
    for way in WAYS.values():
        assert SECRET not in repr(read_tables([write(way)]))


def test_requests_are_counted_and_pages_are_noticed(write: Write) -> None:
    request = {"id": "1", "accountId": "111111111111", "role": "ReadOnlyAccess", "approvers": []}
    tables = read_tables([write({"Items": [item(APPROVERS), item(request)], "LastEvaluatedKey": {"id": {"S": "1"}}})])

    assert (tables.requests, tables.unfinished) == (1, ("given.json",))
    page = {"data": {"listApprovers": {"items": [APPROVERS], "nextToken": "more"}}}
    assert read_tables([write(page)]).unfinished == ("given.json",)


def test_what_a_settings_row_leaves_out_is_as_aws_team_has_it(write: Write) -> None:
    assert read_tables([write([{"id": "settings"}])]).settings == TeamSettings()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "given.json is empty: give exports"),
        (f"not JSON {SECRET}", "given.json is not JSON (line 1): give exports"),
        (f'{{"id": "1",\n"slackToken": "{SECRET}"', "given.json is not JSON (line 2): give exports"),
        (f'{{"Item": {{}}}}\n{{"Item": "{SECRET}', "given.json is not JSON (line 2): give exports"),
        ("[" * 100_000, "given.json is not JSON (line 1): give exports"),
        (b"\x00\xff\xfe\x01\x80", "given.json is not text: give exports"),
        (b"\x1f\x8b\x08\x00broken", "given.json cannot be read: it cannot be unpacked. Give exports"),
        ("[]", "given.json has no row of a table that can be imported: give exports"),
        ([1, "two"], "given.json has no row of a table that can be imported: give exports"),
        ({"data": None, "errors": [{"message": SECRET}]}, "row 1 is of no table of AWS TEAM that can be imported"),
        ({"Items": [item({"id": "1", "email": SECRET})]}, "row 1 is of no table of AWS TEAM that can be imported"),
        ({"statements": [STATEMENT]}, "given.json holds statements of SSO Elevator: use `teambot import elevator`."),
        ([STATEMENT], "given.json holds statements of SSO Elevator: use `teambot import elevator`."),
        ([{**ELIGIBILITY, "id": ""}], "given.json: row 1 has no `id`: export it with all its attributes."),
        ([{**ELIGIBILITY, "duration": None}], "row 1 has no `duration`: export it with all its attributes."),
        ([{**ELIGIBILITY, "duration": SECRET}], "row 1 has something else than 1 to 8000 whole hours in `duration`"),
        ([{**ELIGIBILITY, "duration": 0}], "row 1 has something else than 1 to 8000 whole hours in `duration`"),
        ([{**ELIGIBILITY, "type": SECRET}], "row 1 has something else than User or Group in `type`: export it again."),
        ([{**ELIGIBILITY, "name": [SECRET]}], "row 1 has something else than a text in `name`: export it again."),
        ([{**ELIGIBILITY, "ous": SECRET}], "row 1 has something else than a list in `ous`: export it again."),
        ([{**ELIGIBILITY, "ous": [{"name": SECRET}]}], "row 1 has an entry without an id in `ous`: export it again."),
        ([{**ELIGIBILITY, "approvalRequired": SECRET}], "something else than true or false in `approvalRequired`"),
        ([APPROVERS, {**APPROVERS, "groupIds": None}], "row 2 has no `groupIds`: export the table Approvers with"),
        ([APPROVERS, {**APPROVERS, "name": SECRET}], "row 2 stands in the files twice, with different values"),
        ([SETTINGS, {**SETTINGS, "expiry": "1"}], "row 2 stands in the files twice, with different values"),
    ],
)
def test_what_is_wrong_with_tables_is_one_line_without_a_value(write: Write, content: object, said: str) -> None:
    with pytest.raises(InvalidPolicies) as refused:
        read_tables([write(content)])
    (problem,) = refused.value.problems
    assert said in problem.message
    assert SECRET not in problem.message
    assert problem.line == 0


@pytest.mark.parametrize(
    "content",
    [
        {"statements": [STATEMENT]},
        {"statements": [STATEMENT], "group_statements": []},
        [STATEMENT],
        {"STATEMENTS": json.dumps([STATEMENT]), "SLACK_BOT_TOKEN": SECRET},
        {"Environment": {"Variables": {"STATEMENTS": json.dumps([STATEMENT]), "SLACK_BOT_TOKEN": SECRET}}},
        [{**STATEMENT, "Resource": "111111111111", "PermissionSet": ["*"], "AllowSelfApproval": "true"}],
    ],
)
def test_statements_are_read_whichever_way_they_come(write: Write, content: object) -> None:
    assert read_statements(write(content)) == Statements((READ_STATEMENT,))


def test_statements_about_something_else_are_counted(write: Write) -> None:
    group = {"Resource": ["group-1"], "Approvers": "grace@example.com"}
    unit = {**STATEMENT, "ResourceType": "OU", "Resource": "ou-1"}
    second = Statement(2, None, frozenset(["Billing"]), (), approval_not_required=False)
    found = {"ResourceType": "Account", "Resource": "*", "PermissionSet": "Billing", "ApprovalIsNotRequired": False}

    given = read_statements(write({"statements": [unit, found], "group_statements": [group, group]}))
    assert given == Statements((second,), 2, ((1, "OU"),))
    assert read_statements(write([STATEMENT, group])) == Statements((READ_STATEMENT,), 1)
    assert read_statements(write({"group_statements": [group]})) == Statements((), 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'config = [{{ token = "{SECRET}" }}]', "given.json is not JSON (line 1): give SSO Elevator's"),
        ("{}\n{}", "given.json has no statements: give SSO Elevator's"),
        ({"SLACK_BOT_TOKEN": SECRET}, "given.json has no statements: give SSO Elevator's"),
        ("1", "given.json has no statements: give SSO Elevator's"),
        (WAYS["scan"], "given.json holds a table of AWS TEAM: use `teambot import team`."),
        (LINES, "given.json holds a table of AWS TEAM: use `teambot import team`."),
        ([APPROVERS], "given.json holds a table of AWS TEAM: use `teambot import team`."),
        ({"STATEMENTS": SECRET}, "given.json: `statements` is not JSON: give SSO Elevator's"),
        ({"statements": {"a": SECRET}}, "given.json: `statements` is no list: give SSO Elevator's"),
        ({"statements": [SECRET]}, "given.json: statement 1 is no object with keys: give SSO Elevator's"),
        ([{**STATEMENT, "ResourceType": None}], "statement 1 has no `ResourceType`"),
        ([{**STATEMENT, "PermissionSet": []}], "statement 1 has no `PermissionSet`: add it, or take"),
        ([{**STATEMENT, "Resource": SECRET}], "something else than account ids of 12 digits in `Resource`: mend it."),
        ([{**STATEMENT, "Resource": [111111111111]}], "something else than texts in `Resource`: write each in quotes."),
        ([{**STATEMENT, "Approvers": {"a": SECRET}}], "something else than a list in `Approvers`"),
        ([{**STATEMENT, "ApprovalIsNotRequired": 1}], "something else than true or false in `ApprovalIsNotRequired`"),
    ],
)
def test_what_is_wrong_with_statements_is_one_line_without_a_value(write: Write, content: object, said: str) -> None:
    with pytest.raises(InvalidPolicies) as refused:
        read_statements(write(content))
    (problem,) = refused.value.problems
    assert said in problem.message
    assert SECRET not in problem.message


def test_a_huge_file_is_refused_packed_or_not(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_file, "LARGEST", 1024 * 1024)
    huge = b" " * (1024 * 1024 + 1)
    for content in (huge, gzip.compress(huge)):
        with pytest.raises(InvalidPolicies) as refused:
            read_tables([write(content)])
        assert "given.json is larger than 1 MiB: give exports" in refused.value.problems[0].message


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    with pytest.raises(InvalidPolicies) as refused:
        read_tables([tmp_path])
    assert "cannot be read: Is a directory. Give exports" in refused.value.problems[0].message
