"""The metrics that Prometheus reads from a running process, after a request has lived its whole life."""

from datetime import timedelta

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.play import PROD_POWER, MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def sums(play: Play) -> dict[str, float]:
    """Samples by name, added up over their labels."""
    url = play.bot.events_url.replace("/slack/events", "/metrics")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        text = await answer.text()
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


async def test_a_life_is_measured_once_with_what_was_asked_of_slack_and_aws_for_it(make_play: MakePlay) -> None:
    play = await make_play(forked=False)
    number = await play.grant("ada", PROD_POWER)
    await play.pass_time(timedelta(minutes=61))
    await play.card("carol", number, words="Ended")
    seen = await sums(play)

    assert seen["teambot_grant_lateness_seconds_count"] == seen["teambot_revocation_lateness_seconds_count"] == 1
    assert seen["teambot_interaction_duration_seconds_count"] > 2
    assert seen["teambot_slack_calls_total"] > 3
    assert seen["teambot_aws_calls_total"] > 3
    assert {"teambot_aws_retries_total", "teambot_slack_retries_total"} <= seen.keys()
