"""CloudWatch Logs Insights over the log group that the organization's trail is delivered to."""

import json
from typing import Any

from infra.sandbox.aws.cloudtrail.trail import Entry
from infra.sandbox.aws.faults import Faults
from infra.sandbox.aws.operation import Answer, Operation
from infra.sandbox.aws.wire import AwsError, Call
from infra.sandbox.aws.world import World

from .insights_query import MalformedError, parse
from .questions import Answered, End, Question, Questions, Row

LOG_GROUP = "organization-trail"
MOST = 10_000
_STATES = {
    End.RUNNING: "Running",
    End.DONE: "Complete",
    End.FAILED: "Failed",
    End.CANCELLED: "Cancelled",
    End.TIMED_OUT: "Timeout",
}


class InsightsOperations:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._questions = Questions(world.conduct, faults)

    def operations(self) -> dict[str, Operation]:
        return {
            "DescribeLogGroups": self.groups,
            "StartQuery": self.start,
            "GetQueryResults": self.results,
            "StopQuery": self.stop,
        }

    def groups(self, call: Call) -> Answer:
        begins = call.arguments.get("logGroupNamePrefix", "")
        found = {"logGroupName": LOG_GROUP, "arn": f"{self._arn}:*", "retentionInDays": 365}
        return {"logGroups": [found] if LOG_GROUP.startswith(begins) else []}

    def start(self, call: Call) -> Answer:
        arguments = call.arguments
        for name in arguments.get("logGroupNames") or arguments.get("logGroupIdentifiers") or ("",):
            if name not in (LOG_GROUP, self._arn):
                raise AwsError("ResourceNotFoundException", f"Log group '{name}' does not exist for account")
        try:
            query = parse(arguments["queryString"])
        except MalformedError as error:
            raise AwsError("MalformedQueryException", f"unexpected symbol found: {error}") from None
        entries = [
            entry for entry in self._world.trail.entries() if arguments["startTime"] <= entry.at <= arguments["endTime"]
        ]
        limit = min(arguments.get("limit", MOST), query.limit or MOST, MOST)
        rows = [_row(entry, query.fields) for entry in entries if query.matches(entry.record)][:limit]
        scanned = sum(len(str(entry.record)) for entry in entries)
        question = self._questions.begin(call, arguments["queryString"], Answered(query.fields, rows), scanned)
        return {"queryId": question.id}

    def results(self, call: Call) -> Answer:
        question = self._known(call)
        rows = question.rows if question.state is End.DONE else ()
        return {
            "status": _STATES[question.state],
            "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
            "statistics": {"recordsMatched": float(len(rows)), "bytesScanned": float(question.scanned)},
        }

    def stop(self, call: Call) -> Answer:
        question = self._known(call)
        if question.state is not End.RUNNING:
            raise AwsError("InvalidParameterException", "The query is not running.")
        question.is_stopped = True
        return {"success": True}

    def _known(self, call: Call) -> Question:
        found = self._questions.find(call.arguments["queryId"])
        if found is None:
            raise AwsError("ResourceNotFoundException", "The specified query does not exist.")
        return found

    @property
    def _arn(self) -> str:
        company = self._world.company
        return f"arn:aws:logs:{company.region}:{self._world.caller_account_id}:log-group:{LOG_GROUP}"


def _row(entry: Entry, fields: tuple[str, ...]) -> Row:
    values: dict[str, Any] = {"@message": json.dumps(entry.record), "@timestamp": str(entry.record["eventTime"])}
    return {name: values.get(name) for name in fields} | {"@ptr": str(entry.record["eventID"])}
