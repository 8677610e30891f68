"""AWS TEAM's tables for a company: three scans of DynamoDB, as an administrator exports them."""

import json
from typing import Any

from infra.sandbox.company import MANAGEMENT_ACCOUNT, PAYMENTS_OU, PAYMENTS_PROD, Company

#: In the settings, as a real export has one: an importer neither keeps nor prints it.
SECRET = "xoxb-of-another-bot-4711"


def team_tables(company: Company) -> dict[str, str]:
    """The text of each table, by its name."""
    return {
        "eligibility": _scan(*_eligibility(company)),
        "approvers": _scan(_approvers(company)),
        "settings": _scan(
            {"id": "settings", "duration": "8", "expiry": "2", "slackToken": SECRET, "teamAdminGroup": "team-admins"}
        ),
    }


def _eligibility(company: Company) -> list[dict[str, Any]]:
    power = {"id": company.permission_set("PowerUserAccess").arn, "name": "An old name"}
    read = {"id": company.permission_set("ReadOnlyAccess").arn, "name": "ReadOnlyAccess"}
    return [
        {
            "id": company.group("Payments").id,
            "name": "Payments",
            "type": "Group",
            "accounts": [{"id": MANAGEMENT_ACCOUNT, "name": "Example Management"}],
            "ous": [{"id": PAYMENTS_OU, "name": "Payments"}],
            "permissions": [power, read],
            "approvalRequired": True,
            "duration": "24",
            "ticketNo": "CHG-31",
        },
        {
            "id": company.user("bob@example.com").id,
            "name": "bob",
            "type": "User",
            "accounts": [{"id": PAYMENTS_PROD, "name": "Payments Prod"}],
            "ous": [],
            "permissions": [read],
            "approvalRequired": False,
            "duration": "4",
        },
    ]


def _approvers(company: Company) -> dict[str, Any]:
    return {
        "id": PAYMENTS_OU,
        "name": "Payments",
        "type": "OU",
        "approvers": ["As they were called once"],
        "groupIds": [company.group("Payments Leads").id, company.group("Nobody").id],
    }


def _scan(*rows: dict[str, Any]) -> str:
    return json.dumps({"Items": [{key: _typed(value) for key, value in row.items()} for row in rows]})


def _typed(value: Any) -> dict[str, Any]:
    """As DynamoDB writes it."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case dict():
            return {"M": {key: _typed(inside) for key, inside in value.items()}}
        case _:
            return {"L": [_typed(inside) for inside in value]}
