"""CloudWatch Logs Insights over the log groups that the trail is delivered to."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.adapters.aws.activity.configuration import SourceConfiguration
from core.adapters.aws.activity.polling import Bounds, QueryProgress, QueryState, until_done
from core.adapters.aws.activity.record import event_of_json, events_of
from core.adapters.aws.activity.source_client import SourceClient
from core.adapters.aws.activity.sql import check_names
from core.adapters.aws.session import AwsSession
from core.domain.activity import ActivityQuery, Limit
from core.domain.errors import SourceRefused, SourceTrouble
from core.ports import Findings

LATE = timedelta(minutes=30)
"""The most by which the log's own time may be later than the event."""
_STATES = {
    "Complete": QueryState.DONE,
    "Failed": QueryState.FAILED,
    "Cancelled": QueryState.CANCELLED,
    "Timeout": QueryState.TIMED_OUT,
}
_PLAIN = re.compile(r"[^A-Za-z0-9_]")


class InsightsActivity:
    """The ``SessionActivity`` of core."""

    name = "CloudWatch Logs"

    def __init__(self, session: AwsSession, configuration: SourceConfiguration) -> None:
        self._configuration = configuration
        self._groups = configuration.log_groups
        self._client = SourceClient(session, "logs", session.budgets.logs, configuration)
        self._unknown = SourceRefused(SourceTrouble.UNKNOWN_LOG_GROUP, ", ".join(self._groups))

    async def read(self, query: ActivityQuery) -> Findings:
        check_names(query)
        most = self._configuration.most_events
        answer = await self._client.call(
            "start_query",
            **self._named(),
            startTime=int(query.start_at.timestamp()),
            endTime=int((query.end_at + LATE).timestamp()),
            queryString=query_string(query, most),
            limit=most,
            troubles={
                "ResourceNotFoundException": self._unknown,
                "MalformedQueryException": SourceRefused(SourceTrouble.TOO_OLD, ", ".join(self._groups)),
            },
        )
        messages = await self._messages(str(answer["queryId"]))
        limits = {Limit.LARGE_EVENTS_MISSING} | ({Limit.CUT} if len(messages) >= most else set())
        events, unread = events_of(messages, event_of_json)
        return Findings(events, frozenset(limits), unread)

    async def check(self) -> str:
        for group in self._groups:
            name = group.partition(":log-group:")[2].removesuffix(":*") or group
            found = await self._client.call("describe_log_groups", logGroupNamePrefix=name)
            if name not in {each["logGroupName"] for each in found["logGroups"]}:
                raise SourceRefused(SourceTrouble.UNKNOWN_LOG_GROUP, group)
        return ", ".join(self._groups)

    def _named(self) -> dict[str, Any]:
        """By ARN where one is given: it is how log groups of another account are named."""
        by_arn = any(group.startswith("arn:") for group in self._groups)
        return {"logGroupIdentifiers" if by_arn else "logGroupNames": [g.removesuffix(":*") for g in self._groups]}

    async def _messages(self, query_id: str) -> list[str]:
        answer: Mapping[str, Any] = {}

        async def look() -> QueryProgress:
            nonlocal answer
            answer = await self._client.call("get_query_results", queryId=query_id)
            scanned = answer.get("statistics", {}).get("bytesScanned", 0)
            return QueryProgress(_STATES.get(answer["status"], QueryState.RUNNING), answer["status"], int(scanned))

        async def stop() -> None:
            await self._client.call("stop_query", queryId=query_id)

        await until_done(look, stop, Bounds(self._configuration.patience, self._configuration.most_scanned))
        rows = ({cell["field"]: cell["value"] for cell in row} for row in answer["results"])
        return [row["@message"] for row in rows if "@message" in row]


def query_string(query: ActivityQuery, limit: int) -> str:
    """Each value is a quoted string or part of a regular expression, with everything escaped that either reads."""
    session = f"{pattern(f'/{query.role_prefix}')}[0-9a-f]+{pattern(f'/{query.user_name}')}$"
    role = f"{pattern(f'/{query.role_prefix}')}[0-9a-f]+{pattern('/')}"
    user_id = "userIdentity.onBehalfOf.userId"
    return "\n".join(
        (
            "fields @message",
            f"| filter recipientAccountId = {quoted(query.account)}",
            '| filter userIdentity.type = "AssumedRole"',
            f"| filter userIdentity.arn like /{role}/",
            f"| filter {user_id} = {quoted(query.principal)} or userIdentity.arn like /{session}/",
            "| sort @timestamp asc",
            f"| limit {limit}",
        )
    )


def quoted(text: str) -> str:
    """A string of the query language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def pattern(text: str) -> str:
    """The text itself as a regular expression, that cannot end the one it stands in."""
    return _PLAIN.sub(lambda found: f"\\{found[0]}" if found[0].isascii() else found[0], text)
