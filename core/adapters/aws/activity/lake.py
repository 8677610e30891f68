"""CloudTrail Lake: an event data store, for those who have one (it is closed to new customers)."""

from collections.abc import Mapping
from typing import Any

from core.adapters.aws.activity.configuration import SourceConfiguration
from core.adapters.aws.activity.polling import Bounds, QueryProgress, QueryState, until_done
from core.adapters.aws.activity.record import events_of
from core.adapters.aws.activity.rows import QueryRow, event_of_row
from core.adapters.aws.activity.source_client import SourceClient
from core.adapters.aws.activity.sql import COLUMNS, check_names, literal, of_this_role
from core.adapters.aws.session import AwsSession
from core.domain.activity import ActivityQuery, Limit
from core.domain.errors import SourceRefused, SourceTrouble
from core.ports import Findings

PAGE = 1000
_STATES = {
    "FINISHED": QueryState.DONE,
    "FAILED": QueryState.FAILED,
    "CANCELLED": QueryState.CANCELLED,
    "TIMED_OUT": QueryState.TIMED_OUT,
}
_TIME = "%Y-%m-%d %H:%M:%S"


class LakeActivity:
    """The ``SessionActivity`` of core."""

    name = "CloudTrail Lake"

    def __init__(self, session: AwsSession, configuration: SourceConfiguration) -> None:
        self._configuration = configuration
        self._client = SourceClient(session, "cloudtrail", session.budgets.logs, configuration)
        unknown = SourceRefused(SourceTrouble.UNKNOWN_EVENT_STORE, configuration.event_data_store)
        codes = ("EventDataStoreNotFoundException", "EventDataStoreARNInvalidException")
        self._troubles = dict.fromkeys((*codes, "InactiveEventDataStoreException"), unknown)

    async def read(self, query: ActivityQuery) -> Findings:
        check_names(query)
        most = self._configuration.most_events
        answer = await self._client.call(
            "start_query",
            QueryStatement=statement(self._configuration.event_data_store, query, most + 1),
            troubles=self._troubles,
        )
        await self._finish(str(answer["QueryId"]))
        rows = await self._rows(str(answer["QueryId"]))
        limits = frozenset({Limit.CUT}) if len(rows) > most else frozenset()
        events, unread = events_of(rows[:most], event_of_row)
        return Findings(events, limits, unread)

    async def check(self) -> str:
        store = self._configuration.event_data_store
        found = await self._client.call("get_event_data_store", EventDataStore=store, troubles=self._troubles)
        if found.get("Status") not in {None, "ENABLED", "STOPPED_INGESTION"}:
            raise SourceRefused(SourceTrouble.UNKNOWN_EVENT_STORE, f"{store} ({found['Status']})")
        return f"{found.get('Name', store)}, keeps events for {found.get('RetentionPeriod', '?')} days"

    async def _finish(self, query_id: str) -> None:
        async def look() -> QueryProgress:
            return _progress(await self._client.call("describe_query", QueryId=query_id))

        async def stop() -> None:
            await self._client.call("cancel_query", QueryId=query_id)

        await until_done(look, stop, Bounds(self._configuration.patience, self._configuration.most_scanned))

    async def _rows(self, query_id: str) -> list[QueryRow]:
        """Each cell is a mapping of its own, from the column's name to its text."""
        rows: list[QueryRow] = []
        async for page in self._client.pages("get_query_results", QueryId=query_id, MaxQueryResults=PAGE):
            rows += [{name: value for cell in row for name, value in cell.items()} for row in page["QueryResultRows"]]
        return rows


def statement(event_data_store: str, query: ActivityQuery, limit: int) -> str:
    """Lake takes no parameters for a query of one's own: every value stands in it as a literal."""
    role, prefix = of_this_role(query)
    start, end = (literal(at.strftime(_TIME)) for at in (query.start_at, query.end_at))
    user_id = "useridentity.onbehalfof.userid"
    session = f"split_part(useridentity.arn, '/', 3) = {literal(query.user_name)}"
    conditions = [
        f"recipientaccountid = {literal(query.account)}",
        f"eventtime >= {start}",
        f"eventtime < {end}",
        "useridentity.type = 'AssumedRole'",
        f"{role}{literal(prefix)}",
        f"({user_id} = {literal(query.principal)} OR (coalesce({user_id}, '') = '' AND {session}))",
    ]
    return (
        f"SELECT {COLUMNS},\n    {user_id} AS user_id,\n"
        "    json_format(CAST(requestparameters AS JSON)) AS parameters\n"
        f"FROM {event_data_store.rpartition('/')[2]}\nWHERE "
        + "\n  AND ".join(conditions)
        + f"\nORDER BY eventtime\nLIMIT {limit}"
    )


def _progress(answer: Mapping[str, Any]) -> QueryProgress:
    scanned = answer.get("QueryStatistics", {}).get("BytesScanned", 0)
    return QueryProgress(
        _STATES.get(answer["QueryStatus"], QueryState.RUNNING), answer.get("ErrorMessage", ""), scanned
    )
