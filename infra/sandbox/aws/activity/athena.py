"""Athena over the organization's trail: one database, one table, one workgroup with a place for its results."""

import re
from typing import Any

from infra.sandbox.aws.faults import Faults
from infra.sandbox.aws.operation import Answer, Operation
from infra.sandbox.aws.pages import page
from infra.sandbox.aws.wire import AwsError, Call
from infra.sandbox.aws.world import World

from .questions import Answered, End, Question, Questions, Row
from .tables import ATHENA, ATHENA_PARTITIONS, BadParametersError, ask, for_athena, with_parameters

DATABASE, TABLE, WORKGROUP = "cloudtrail", "organization_trail", "teambot"
_STATES = {
    End.RUNNING: "RUNNING",
    End.DONE: "SUCCEEDED",
    End.FAILED: "FAILED",
    End.CANCELLED: "CANCELLED",
    End.TIMED_OUT: "FAILED",
}
_INJECTED = re.compile(r'"?\baccount"?\s*=\s*\'\d{12}\'', re.IGNORECASE)
_TYPES = {"VARCHAR": "string", "TIMESTAMP": "timestamp", "BOOLEAN": "boolean"}


class AthenaOperations:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._questions = Questions(world.conduct, faults)

    def operations(self) -> dict[str, Operation]:
        return {
            "GetTableMetadata": self.table,
            "GetWorkGroup": self.workgroup,
            "StartQueryExecution": self.start,
            "GetQueryExecution": self.execution,
            "GetQueryResults": self.results,
            "StopQueryExecution": self.stop,
        }

    def table(self, call: Call) -> Answer:
        if (call.arguments["DatabaseName"], call.arguments["TableName"]) != (DATABASE, TABLE):
            message = f"EntityNotFoundException: Entity Not Found: {call.arguments['TableName']}"
            raise AwsError("MetadataException", message)
        keys = [{"Name": name, "Type": "string"} for name in ATHENA_PARTITIONS]
        return {
            "TableMetadata": {
                "Name": TABLE,
                "TableType": "EXTERNAL_TABLE",
                "Columns": [{"Name": name, "Type": _type(found)} for name, found in ATHENA.items()],
                "PartitionKeys": keys,
                "Parameters": {
                    "projection.enabled": "true",
                    "projection.timestamp.format": "yyyy/MM/dd",
                    "projection.account.type": "injected",
                },
            }
        }

    def workgroup(self, call: Call) -> Answer:
        self._check_workgroup(call)
        return {"WorkGroup": {"Name": call.arguments["WorkGroup"], "State": "ENABLED"}}

    def start(self, call: Call) -> Answer:
        self._check_workgroup(call)
        self._check_output(call)
        try:
            sql = with_parameters(call.arguments["QueryString"], call.arguments.get("ExecutionParameters", ()))
        except BadParametersError as error:
            raise _invalid(str(error)) from None
        records = self._world.trail.records()
        scanned = sum(len(str(found)) for found in records)
        question = self._questions.begin(call, sql, _answered(sql, for_athena(records)), scanned)
        return {"QueryExecutionId": question.id}

    def execution(self, call: Call) -> Answer:
        question = self._known(call)
        status = {"State": _STATES[question.state]}
        if question.state not in (End.RUNNING, End.DONE):
            status["StateChangeReason"] = question.reason or "Query was cancelled"
        return {
            "QueryExecution": {
                "QueryExecutionId": question.id,
                "Query": question.text,
                "Status": status,
                "Statistics": {"DataScannedInBytes": question.scanned},
            }
        }

    def results(self, call: Call) -> Answer:
        question = self._known(call)
        if question.state is not End.DONE:
            raise _invalid(f"Query has not yet finished. Current state: {_STATES[question.state]}")
        names: Row = {name: name for name in question.columns}
        found = page(call, "Rows", [names, *question.rows], 1000, _cells)
        more = {"NextToken": found["NextToken"]} if "NextToken" in found else {}
        columns = [{"Name": name, "Type": "varchar"} for name in question.columns]
        return {"ResultSet": {"Rows": found["Rows"], "ResultSetMetadata": {"ColumnInfo": columns}}, **more}

    def stop(self, call: Call) -> Answer:
        self._known(call).is_stopped = True
        return {}

    def _known(self, call: Call) -> Question:
        found = self._questions.find(call.arguments["QueryExecutionId"])
        if found is None:
            raise _invalid(f"QueryExecution {call.arguments['QueryExecutionId']} was not found")
        return found

    def _check_workgroup(self, call: Call) -> None:
        name = call.arguments.get("WorkGroup", "primary")
        if name not in ("primary", WORKGROUP):
            raise _invalid(f"WorkGroup {name} is not found.")

    def _check_output(self, call: Call) -> None:
        named = call.arguments.get("ResultConfiguration", {}).get("OutputLocation")
        if call.arguments.get("WorkGroup", "primary") == "primary" and not named:
            raise _invalid(
                "No output location provided. You did not provide an output location for your query results."
            )


def _answered(sql: str, rows: list[dict[str, Any]]) -> Answered:
    """The table's accounts are injected: a question that names none cannot be planned."""
    if not _INJECTED.search(sql):
        return Answered(
            failure="CONSTRAINT_VIOLATION: For the injected projected partition column account, the WHERE clause must "
            "contain only static equality conditions, and at least one such condition must be present."
        )
    columns = {**ATHENA, **dict.fromkeys(ATHENA_PARTITIONS, "VARCHAR")}
    return ask(sql, f"{DATABASE}.{TABLE}", columns, rows)


def _cells(row: Row) -> dict[str, Any]:
    return {"Data": [{} if value is None else {"VarCharValue": value} for value in row.values()]}


def _type(found: Any) -> str:
    """As Hive writes types."""
    if isinstance(found, dict):
        return f"struct<{','.join(f'{name}:{_type(each)}' for name, each in found.items())}>"
    if isinstance(found, list):
        return f"array<{_type(found[0])}>"
    return _TYPES.get(found, "string")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)
