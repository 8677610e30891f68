"""Every attempt to call Slack is counted, by its method and what came of it."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_calls import CallObserver
from infra.sandbox.company import example_company
from infra.sandbox.slack import LocalSlack
from infra.sandbox.stage import BOT_TOKEN, workspace_of

Counted = list[tuple[str, str, int]]


def client_of(base_url: str, counted: Counted) -> AsyncWebClient:
    observer = CallObserver(base_url, lambda *attempt: counted.append(attempt))
    again = AsyncRateLimitErrorRetryHandler(max_retry_count=1)
    return AsyncWebClient(token=BOT_TOKEN, base_url=base_url, timeout=60, retry_handlers=[observer, again])


async def test_what_slack_answers_is_told_in_few_words() -> None:
    counted: Counted = []
    async with LocalSlack(workspace_of(example_company())) as slack:
        client = client_of(slack.api_url, counted)
        await client.auth_test()
        with pytest.raises(SlackApiError):
            await client.conversations_info(channel="C0NOWHERE")

    assert counted == [("auth.test", "ok", 1), ("conversations.info", "refused", 1)]


async def test_a_call_that_is_throttled_and_made_again_is_two_attempts() -> None:
    counted: Counted = []
    async with LocalSlack(workspace_of(example_company())) as slack:
        slack.faults.add("auth.test", times=1, status=429, retry_after=0)
        await client_of(slack.api_url, counted).auth_test()

    assert counted == [("auth.test", "throttled", 1), ("auth.test", "ok", 2)]


async def test_a_slack_that_is_away_is_unreachable() -> None:
    counted: Counted = []
    async with LocalSlack(workspace_of(example_company())) as slack:
        client = client_of(slack.api_url, counted)
    with pytest.raises(OSError, match=r"Cannot connect"):
        await client.auth_test()

    assert counted == [("auth.test", "unreachable", 1)]


async def test_the_upload_of_a_file_is_no_method() -> None:
    counted: Counted = []
    async with LocalSlack(workspace_of(example_company())) as slack:
        await client_of(slack.api_url, counted).files_upload_v2(content="a,b", filename="a.csv")

    assert [method for method, *_ in counted] == [
        "files.getUploadURLExternal",
        "upload",
        "files.completeUploadExternal",
    ]
