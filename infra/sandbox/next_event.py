"""The time of the next event, from the bot's own metrics."""

from datetime import UTC, datetime

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from infra.sandbox.bot_process import BotProcess

NAME = "teambot_next_due_timestamp_seconds"
ANSWER_WITHIN = aiohttp.ClientTimeout(total=2)


async def next_event(bot: BotProcess) -> datetime | None:
    """None when nothing is due by itself, or when nobody is there to ask."""
    if not bot.is_running:
        return None
    try:
        async with aiohttp.ClientSession(timeout=ANSWER_WITHIN) as session, session.get(f"{bot.url}/metrics") as answer:
            return read(await answer.text()) if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError):
        return None


def read(metrics: str) -> datetime | None:
    for family in text_string_to_metric_families(metrics):
        if family.name == NAME and family.samples[0].value:
            return datetime.fromtimestamp(family.samples[0].value, UTC)
    return None
