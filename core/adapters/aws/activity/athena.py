"""Athena over the bucket of the organization's trail.

The table is looked at first: which partitions it has, so that no more is scanned than the account and the days in
question, and whether its columns are the ones of CloudTrail (docs/operations.md has them).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.adapters.aws.activity import partitions
from core.adapters.aws.activity.configuration import SourceConfiguration
from core.adapters.aws.activity.polling import Bounds, QueryProgress, QueryState, until_done
from core.adapters.aws.activity.record import events_of
from core.adapters.aws.activity.rows import QueryRow, event_of_row
from core.adapters.aws.activity.source_client import SourceClient
from core.adapters.aws.activity.sql import COLUMNS, check_names, literal, of_this_role
from core.adapters.aws.errors import denied_action
from core.adapters.aws.session import AwsSession
from core.domain.activity import ActivityQuery, Limit
from core.domain.errors import SourceRefused, SourceTrouble
from core.ports import Findings

PAGE = 1000
_STATES = {"SUCCEEDED": QueryState.DONE, "FAILED": QueryState.FAILED, "CANCELLED": QueryState.CANCELLED}
_NEEDED = (
    *("eventid", "eventtime", "eventsource", "eventname", "awsregion", "recipientaccountid", "useridentity"),
    *("readonly", "errorcode", "errormessage", "sourceipaddress", "useragent", "resources", "requestparameters"),
)
_IN_IDENTITY = ("type", "arn", "accesskeyid", "sessioncontext", "sessionissuer", "creationdate")
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class AthenaQuery:
    """SQL with question marks, and what stands for them, in order: literals."""

    sql: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The table as the catalogue has it."""

    name: str
    partitions: tuple[partitions.Partition, ...]
    has_user_ids: bool
    missing: tuple[str, ...]


class AthenaActivity:
    """The ``SessionActivity`` of core."""

    name = "Athena"

    def __init__(self, session: AwsSession, configuration: SourceConfiguration) -> None:
        self._configuration = configuration
        self._where = configuration.athena
        self._client = SourceClient(session, "athena", session.budgets.logs, configuration)

    async def read(self, query: ActivityQuery) -> Findings:
        check_names(query)
        table = await self._table()
        if table.missing:
            raise SourceRefused(SourceTrouble.MISSING_COLUMNS, f"{table.name}: {', '.join(table.missing)}")
        execution = await self._start(question(table, query, self._configuration.most_events + 1))
        await self._finish(execution)
        rows = await self._rows(execution)
        limits = frozenset() if table.has_user_ids else frozenset({Limit.SESSION_NAME_ONLY})
        most = self._configuration.most_events
        if len(rows) > most:
            limits |= {Limit.CUT}
        events, unread = events_of(rows[:most], event_of_row)
        return Findings(events, limits, unread)

    async def check(self) -> str:
        table = await self._table()
        if table.missing:
            raise SourceRefused(SourceTrouble.MISSING_COLUMNS, f"{table.name}: {', '.join(table.missing)}")
        unknown = SourceRefused(SourceTrouble.UNKNOWN_WORKGROUP, self._where.workgroup)
        await self._client.call(
            "get_work_group", WorkGroup=self._where.workgroup, troubles={"InvalidRequestException": unknown}
        )
        keys = ", ".join(partition.name for partition in table.partitions) or "none"
        scans = "" if partitions.has_days(table.partitions) else "; no day that can be used, so a query scans all days"
        return f"{table.name}, workgroup {self._where.workgroup}, partitions: {keys}{scans}"

    async def _table(self) -> Table:
        where = self._where
        name = f"{where.database}.{where.table}"
        unknown = SourceRefused(SourceTrouble.UNKNOWN_TABLE, name)
        answer = await self._client.call(
            "get_table_metadata",
            CatalogName=where.catalog,
            DatabaseName=where.database,
            TableName=where.table,
            troubles={"MetadataException": unknown, "InvalidRequestException": unknown},
        )
        return table_of(name, answer["TableMetadata"])

    async def _start(self, asked: AthenaQuery) -> str:
        where = self._where
        output: dict[str, Any] = {"ResultConfiguration": {"OutputLocation": where.output}} if where.output else {}
        try:
            answer = await self._client.call(
                "start_query_execution",
                QueryString=asked.sql,
                ExecutionParameters=list(asked.parameters),
                QueryExecutionContext={"Database": where.database, "Catalog": where.catalog},
                WorkGroup=where.workgroup,
                **output,
            )
        except SourceRefused as refused:
            raise _not_started(refused, where.workgroup) from refused
        return str(answer["QueryExecutionId"])

    async def _finish(self, execution: str) -> None:
        async def look() -> QueryProgress:
            answer = await self._client.call("get_query_execution", QueryExecutionId=execution)
            return _progress(answer["QueryExecution"])

        async def stop() -> None:
            await self._client.call("stop_query_execution", QueryExecutionId=execution)

        bounds = Bounds(self._configuration.patience, self._configuration.most_scanned)
        try:
            await until_done(look, stop, bounds)
        except SourceRefused as refused:
            raise _meaning(refused, f"{self._where.database}.{self._where.table}") from refused

    async def _rows(self, execution: str) -> list[QueryRow]:
        """The first row of the first page has the names of the columns."""
        lines: list[list[str | None]] = []
        async for page in self._client.pages("get_query_results", QueryExecutionId=execution, MaxResults=PAGE):
            lines += [_values(row) for row in page["ResultSet"]["Rows"]]
        names = [name or "" for name in lines[0]] if lines else []
        return [dict(zip(names, line, strict=False)) for line in lines[1:]]


def table_of(name: str, metadata: Mapping[str, Any]) -> Table:
    columns = {str(column["Name"]).lower(): str(column.get("Type", "")).lower() for column in metadata["Columns"]}
    identity = columns.get("useridentity", "")
    missing = [needed for needed in _NEEDED if needed not in columns]
    missing += [f"useridentity…{needed}" for needed in _IN_IDENTITY if identity and f"{needed}:" not in identity]
    return Table(
        name=name,
        partitions=partitions.read(metadata.get("PartitionKeys", ()), metadata.get("Parameters", {})),
        has_user_ids="onbehalfof:" in identity,
        missing=tuple(missing),
    )


def question(table: Table, query: ActivityQuery, limit: int) -> AthenaQuery:
    """The partitions stand in the text, so that they prune; they are digits and dates that were made here."""
    role, prefix = of_this_role(query)
    database, _, bare = table.name.partition(".")
    who, people = _whose(query, by_user_id=table.has_user_ids)
    conditions = [
        *partitions.conditions(table.partitions, query),
        "recipientaccountid = ?",
        "eventtime >= ?",
        "eventtime < ?",
        "useridentity.type = 'AssumedRole'",
        f"{role}?",
        who,
    ]
    times = (query.start_at.strftime(_TIME), query.end_at.strftime(_TIME))
    user_id = "useridentity.onbehalfof.userid" if table.has_user_ids else "NULL"
    sql = (
        f"SELECT {COLUMNS},\n    {user_id} AS user_id,\n    requestparameters AS parameters\n"
        f'FROM "{database}"."{bare}"\nWHERE ' + "\n  AND ".join(conditions) + f"\nORDER BY eventtime\nLIMIT {limit}"
    )
    return AthenaQuery(sql, tuple(map(literal, (query.account, *times, prefix, *people))))


def _whose(query: ActivityQuery, *, by_user_id: bool) -> tuple[str, tuple[str, ...]]:
    session = "split_part(useridentity.arn, '/', 3) = ?"
    if not by_user_id:
        return session, (query.user_name,)
    without = f"(coalesce(useridentity.onbehalfof.userid, '') = '' AND {session})"
    return f"(useridentity.onbehalfof.userid = ? OR {without})", (query.principal, query.user_name)


def _values(row: Mapping[str, Any]) -> list[str | None]:
    return [cell.get("VarCharValue") for cell in row["Data"]]


def _progress(execution: Mapping[str, Any]) -> QueryProgress:
    status = execution["Status"]
    scanned = execution.get("Statistics", {}).get("DataScannedInBytes", 0)
    return QueryProgress(_STATES.get(status["State"], QueryState.RUNNING), status.get("StateChangeReason", ""), scanned)


def _not_started(refused: SourceRefused, workgroup: str) -> SourceRefused:
    """Athena has one code for everything that is wrong with a question."""
    if "output location" in refused.said.lower():
        return SourceRefused(SourceTrouble.NO_OUTPUT, workgroup, said=refused.said)
    if "workgroup" in refused.said.lower() and refused.trouble is SourceTrouble.FAILED:
        return SourceRefused(SourceTrouble.UNKNOWN_WORKGROUP, workgroup, said=refused.said)
    return refused


def _meaning(refused: SourceRefused, table: str) -> SourceRefused:
    """Athena puts what went wrong into the words of a query that FAILED or was CANCELLED."""
    said: Sequence[tuple[SourceTrouble, str, bool]] = (
        (SourceTrouble.TOO_MUCH, "the workgroup's limit", "scanned limit" in refused.said.lower()),
        (SourceTrouble.UNKNOWN_TABLE, table, "TABLE_NOT_FOUND" in refused.said or "SCHEMA_NOT_FOUND" in refused.said),
        (SourceTrouble.MISSING_COLUMNS, table, "COLUMN_NOT_FOUND" in refused.said),
        (SourceTrouble.NO_PERMISSION, denied_action(refused.said) or "s3:GetObject", _is_denial(refused.said)),
    )
    trouble, what = next(((trouble, what) for trouble, what, holds in said if holds), (refused.trouble, refused.what))
    return SourceRefused(trouble, what, said=refused.said)


def _is_denial(said: str) -> bool:
    return any(words in said.lower() for words in ("access denied", "not authorized to perform", "insufficient perm"))
