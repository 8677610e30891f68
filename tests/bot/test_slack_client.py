"""The client asks with the token as it is now, and once more when Slack does not take the one that it had."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError

from bot.secret_values import SecretValues
from bot.settings import load_settings
from bot.slack_client import SlackClient, keeping_connections
from infra.sandbox.company import example_company
from infra.sandbox.slack import LocalSlack
from infra.sandbox.slack.model import App
from infra.sandbox.stage import BOT_TOKEN, workspace_of

NEW = "xoxb-a-token-that-is-new"


class Changing(SecretValues):
    """Secret values that find another token when they are read."""

    def __init__(self, token: str, then: str) -> None:
        super().__init__(load_settings().holding({"SLACK_BOT_TOKEN": SecretStr(token)}))
        self.tokens = [token, then]
        self.renewed = 0

    def bot_token(self) -> str:
        return self.tokens[min(self.renewed, 1)]

    async def renew(self) -> None:
        self.renewed += 1


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(workspace_of(example_company())) as slack:
        yield slack


def app_of(slack: LocalSlack) -> App:
    return next(iter(slack.workspace.apps.values()))


@pytest.mark.usefixtures("env_file")
async def test_a_token_that_slack_does_not_take_any_more_is_read_anew_and_the_call_made_again(
    slack: LocalSlack,
) -> None:
    app_of(slack).bot_token = NEW
    client = SlackClient(Changing(BOT_TOKEN, NEW), base_url=slack.api_url, timeout=60)

    assert (await client.auth_test())["ok"]
    assert [call.error for call in slack.calls.named("auth.test")] == ["invalid_auth", ""]


@pytest.mark.usefixtures("env_file")
async def test_without_another_token_it_is_asked_once_and_refused(slack: LocalSlack) -> None:
    app_of(slack).bot_token = NEW
    secrets = Changing(BOT_TOKEN, BOT_TOKEN)
    client = SlackClient(secrets, base_url=slack.api_url, timeout=60)
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.auth_test()

    assert (secrets.renewed, len(slack.calls.named("auth.test"))) == (1, 1)


@pytest.mark.usefixtures("env_file")
async def test_another_refusal_is_no_reason_to_read_the_token_anew(slack: LocalSlack) -> None:
    secrets = Changing(BOT_TOKEN, NEW)
    client = SlackClient(secrets, base_url=slack.api_url, timeout=60)
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel="C0NOWHERE", text="hello")

    assert secrets.renewed == 0


@pytest.mark.usefixtures("env_file")
async def test_calls_share_a_connection_while_it_is_kept_and_have_one_of_their_own_otherwise() -> None:
    connections = list[object]()

    async def answer(request: web.Request) -> web.Response:
        connections.append(request.transport)
        return web.json_response({"ok": True})

    app = web.Application()
    app.router.add_post("/auth.test", answer)
    async with TestServer(app) as server:
        client = SlackClient(Changing(BOT_TOKEN, BOT_TOKEN), base_url=str(server.make_url("/")), timeout=60)
        async with keeping_connections(client):
            await client.auth_test()
            await client.auth_test()
        await client.auth_test()

    assert connections[0] is connections[1]
    assert connections[2] is not connections[1]
