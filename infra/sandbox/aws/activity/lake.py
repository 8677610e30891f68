"""CloudTrail Lake: one event data store with the organization's events."""

import re
from typing import Any

from infra.sandbox.aws.faults import Faults
from infra.sandbox.aws.operation import Answer, Operation
from infra.sandbox.aws.pages import page
from infra.sandbox.aws.wire import AwsError, Call
from infra.sandbox.aws.world import World

from .questions import End, Question, Questions, Row
from .tables import LAKE, ask, for_lake

STORE_ID = "5bd1a0c2-9d1e-4f2a-8c67-0a1b2c3d4e5f"
_STATES = {
    End.RUNNING: "RUNNING",
    End.DONE: "FINISHED",
    End.FAILED: "FAILED",
    End.CANCELLED: "CANCELLED",
    End.TIMED_OUT: "TIMED_OUT",
}
_FROM = re.compile(r"\bFROM\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b", re.IGNORECASE)


def store_arn(region: str, account: str) -> str:
    return f"arn:aws:cloudtrail:{region}:{account}:eventdatastore/{STORE_ID}"


class LakeOperations:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._questions = Questions(world.conduct, faults)

    def operations(self) -> dict[str, Operation]:
        return {
            "GetEventDataStore": self.store,
            "StartQuery": self.start,
            "DescribeQuery": self.described,
            "GetQueryResults": self.results,
            "CancelQuery": self.cancel,
        }

    def store(self, call: Call) -> Answer:
        self._check_store(call.arguments["EventDataStore"].rpartition("/")[2])
        return {
            "EventDataStoreArn": store_arn(self._world.company.region, self._world.caller_account_id),
            "Name": "organization-events",
            "Status": "ENABLED",
            "RetentionPeriod": 2557,
        }

    def start(self, call: Call) -> Answer:
        sql = call.arguments["QueryStatement"]
        found = _FROM.search(sql)
        if found is None:
            raise AwsError("InvalidQueryStatementException", "The query names no event data store.")
        self._check_store(found[1])
        records = self._world.trail.records()
        named = f'{sql[: found.start(1)]}"{STORE_ID}"{sql[found.end(1) :]}'
        answered = ask(named, STORE_ID, LAKE, for_lake(records))
        question = self._questions.begin(call, sql, answered, sum(len(str(each)) for each in records))
        return {"QueryId": question.id}

    def described(self, call: Call) -> Answer:
        question = self._known(call)
        failed = {"ErrorMessage": question.reason} if question.reason else {}
        return {
            "QueryId": question.id,
            "QueryString": question.text,
            "QueryStatus": _STATES[question.state],
            "QueryStatistics": {"BytesScanned": question.scanned, "EventsMatched": len(question.rows)},
            **failed,
        }

    def results(self, call: Call) -> Answer:
        question = self._known(call)
        if question.state is not End.DONE:
            return {"QueryStatus": _STATES[question.state], "QueryResultRows": []}
        size = call.arguments.get("MaxQueryResults", 1000)
        return {"QueryStatus": "FINISHED", **page(call, "QueryResultRows", question.rows, size, _cells)}

    def cancel(self, call: Call) -> Answer:
        question = self._known(call)
        if question.state is not End.RUNNING:
            raise AwsError("InactiveQueryException", "The query is not running.")
        question.is_stopped = True
        return {"QueryId": question.id, "QueryStatus": "CANCELLED"}

    def _check_store(self, store_id: str) -> None:
        if store_id != STORE_ID:
            raise AwsError("EventDataStoreNotFoundException", "The specified event data store was not found.")

    def _known(self, call: Call) -> Question:
        found = self._questions.find(call.arguments["QueryId"])
        if found is None:
            raise AwsError("QueryIdNotFoundException", "The query ID does not exist or does not map to a query.")
        return found


def _cells(row: Row) -> list[dict[str, Any]]:
    """A column without a value is left out of its row."""
    return [{name: value} for name, value in row.items() if value is not None]
