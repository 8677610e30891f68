"""This machine's clock beside the others that matter: the database's, AWS's and the chat platform's.

AWS and Slack tell theirs in the Date header of every answer, to the second (RFC 9110, 6.6.1).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from slack_sdk.web.async_client import AsyncWebClient

from bot.compose import Infrastructure
from core.adapters.aws.budget import Priority
from core.domain.errors import Upstream
from handlers.slack_api.failures import call

HALF_A_SECOND = timedelta(seconds=0.5)
"""A date to the second is half of one old on average."""

Ask = Callable[[], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class ClockComparison:
    """``ahead`` is of the other's; None when the other does not tell."""

    other: str
    ahead: timedelta | None


async def compare(base: Infrastructure, slack: AsyncWebClient | None) -> AsyncIterator[ClockComparison]:
    """With each that answers; whether the others are well is told elsewhere.

    The sandbox's AWS moves ahead with the bot's clock. The others there have the machine's.
    """
    asked: dict[str, Ask] = {"AWS": lambda: _of_aws(base)}
    if not base.database.is_for_one_process:
        asked = {"the database": lambda: _of_database(base), **asked}
    if slack is not None:
        asked["Slack"] = lambda: _of_slack(slack)
    for other, ask in asked.items():
        read = base.clock.now if other == "AWS" else lambda: base.clock.read().at
        before = read()
        try:
            told = await ask()
        except Upstream:
            continue
        yield ClockComparison(other, before + (read() - before) / 2 - told if told else None)


async def _of_database(base: Infrastructure) -> datetime | None:
    async with base.database.open() as unit:
        return await unit.replicas.time()


async def _of_aws(base: Infrastructure) -> datetime | None:
    answer = await base.aws.sts.call(Priority.READ, base.aws.sts.client.get_caller_identity)
    return _date(answer["ResponseMetadata"]["HTTPHeaders"])


async def _of_slack(client: AsyncWebClient) -> datetime | None:
    return _date((await call(client.auth_test())).headers)


def _date(headers: Mapping[str, object]) -> datetime | None:
    told = {name.casefold(): str(value) for name, value in headers.items()}.get("date", "")
    try:
        return parsedate_to_datetime(told) + HALF_A_SECOND
    except ValueError:
        return None
