"""Slack on a bad day: faults on demand, rate limits, retries, lost sockets, forged signatures."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from infra.sandbox.slack import App, Change, LocalSlack
from infra.sandbox.slack.delivery import signing


async def test_a_429_carries_how_long_to_wait(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.add(method="chat.postMessage", times=1, status=429, retry_after=0)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    await client.chat_postMessage(channel="C0GENERAL", text="hello")
    assert [each.status for each in slack.calls.named("chat.postMessage")] == [429, 200]


async def test_a_fault_hits_one_channel_until_it_is_removed(slack: LocalSlack, client: AsyncWebClient) -> None:
    fault = slack.faults.add(method="chat.postMessage", error="restricted_action", channel="C0GENERAL")
    for _ in range(2):
        with pytest.raises(SlackApiError, match="restricted_action"):
            await client.chat_postMessage(channel="C0GENERAL", text="hello")
    await client.chat_postMessage(channel="C0APPROVALS", text="hello")
    fault.remove()
    await client.chat_postMessage(channel="C0GENERAL", text="hello")
    assert fault.hits == 2


async def test_a_server_error_and_latency(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.faults.add(times=1, status=500)
    slack.faults.add(times=1, latency=0.01)
    with pytest.raises(SlackApiError):
        await client.auth_test()
    assert (await client.auth_test())["ok"]


@pytest.mark.parametrize(("drop", "left_behind"), [("before", 0), ("after", 1)])
async def test_a_dropped_connection_may_have_done_its_work(
    slack: LocalSlack, client: AsyncWebClient, drop: str, left_behind: int
) -> None:
    slack.faults.add(method="chat.postMessage", times=1, drop="after" if drop == "after" else "before")
    client.retry_handlers.clear()
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C0GENERAL", text="hello")
    assert len(slack.person("ada").reads("general")) == left_behind


async def test_rate_limits_are_enforced_when_asked_for(slack: LocalSlack, client: AsyncWebClient) -> None:
    slack.enforce_rate_limits()
    for _ in range(20):
        await client.users_list()
    with pytest.raises(SlackApiError, match="ratelimited") as refused:
        await client.users_list()
    assert int(refused.value.response.headers["Retry-After"]) > 50
    for number in range(4):
        await client.chat_postMessage(channel="C0GENERAL", text=str(number))
    with pytest.raises(SlackApiError, match="ratelimited"):
        await client.chat_postMessage(channel="C0GENERAL", text="one too many")
    await client.chat_postMessage(channel="C0APPROVALS", text="another channel")


@pytest.fixture
async def endpoint(slack: LocalSlack) -> AsyncIterator[list[web.Request]]:
    """A bare request URL that fails twice, then answers."""
    heard: list[web.Request] = []

    async def hear(request: web.Request) -> web.Response:
        await request.read()
        heard.append(request)
        if (await request.text()).find("url_verification") >= 0:
            return web.json_response({"challenge": (await request.json())["challenge"]})
        return web.Response(status=500 if len(heard) < 3 else 200)

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield heard
    await runner.cleanup()


async def test_an_event_is_tried_again_with_the_same_id(slack: LocalSlack, endpoint: list[web.Request]) -> None:
    slack.event_sender.retry_delays = (0.0, 0.0, 0.0)
    ada = slack.workspace.user("ada")
    slack.workspace.change_user(ada, email="ada@elsewhere.example")
    await slack.event_sender.settle()
    assert [each.headers.get("X-Slack-Retry-Num") for each in endpoint] == [None, "1", "2"]
    assert endpoint[1].headers["X-Slack-Retry-Reason"] == "http_error"
    bodies = [each.app_call.payload for each in slack.deliveries]
    assert len({each["event_id"] for each in bodies}) == 1
    assert bodies[0]["event"]["user"]["profile"]["email"] == "ada@elsewhere.example"


async def test_a_request_url_is_verified(slack: LocalSlack, endpoint: list[web.Request]) -> None:
    assert await slack.event_sender.verify_url(slack.app())
    assert len(endpoint) == 1


async def test_deliveries_are_signed_as_slack_signs(slack: LocalSlack, endpoint: list[web.Request]) -> None:
    await slack.person("bob").types("/anything at all")
    request = endpoint[0]
    verifier = SignatureVerifier(slack.app().signing_secret)
    assert verifier.is_valid_request(await request.text(), dict(request.headers))
    fields = await request.post()
    assert fields["text"] == "at all"
    assert str(fields["response_url"]).startswith(slack.url)
    assert {"trigger_id", "team_domain", "channel_name", "api_app_id", "is_enterprise_install"} <= set(fields)


def test_forged_requests_are_forged_as_they_say() -> None:
    secret, body = "secret", "command=/ask"
    verifier = SignatureVerifier(secret)
    assert verifier.is_valid_request(body, signing.signed(secret, body))
    assert not verifier.is_valid_request(body, signing.wrongly_signed(secret, body))
    assert not verifier.is_valid_request(body, signing.stale(secret, body))
    with pytest.raises(ValueError, match="yesterday"):
        verifier.is_valid_request(body, signing.with_words_for_time(secret, body))
    assert "X-Slack-Signature" not in signing.unsigned(body)


async def test_nobody_listening_is_told_to_the_person(slack: LocalSlack) -> None:
    answer = await slack.person("ada").types("/ask")
    assert answer.trouble == "dispatch_failed"


async def test_sockets_reconnect_when_slack_asks(over_socket: LocalSlack) -> None:
    slack = over_socket
    first = slack.sockets.connected(slack.app())
    await slack.sockets.disconnect(slack.app())
    await slack.workspace.changes.until(
        lambda: slack.sockets.connected(slack.app()) not in ([], first) or None,
        within=60,
        otherwise=lambda: "no new socket",
    )
    answer = await slack.person("ada").types("/echo still here")
    assert answer.message is not None
    assert answer.message.text == "you said still here"


async def test_an_eleventh_socket_is_turned_away(slack: LocalSlack) -> None:
    client = AsyncWebClient(base_url=slack.api_url)
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        kept = []
        for expected in ["hello"] * 10 + ["disconnect"]:
            url = (await client.apps_connections_open(app_token="xapp-pig"))["url"]
            kept.append(await session.ws_connect(url))
            assert (await kept[-1].receive_json())["type"] == expected


async def test_each_delivery_goes_to_one_socket_and_an_unanswered_one_times_out(slack: LocalSlack) -> None:
    slack.event_sender.ack_deadline = 0.1
    client = AsyncWebClient(base_url=slack.api_url)
    async with aiohttp.ClientSession() as session:
        url = (await client.apps_connections_open(app_token="xapp-pig"))["url"]
        ws = await session.ws_connect(url)
        assert (await ws.receive_json())["num_connections"] == 1
        answer = await slack.person("ada").types("/ask now")
        envelope = await ws.receive_json()
        assert envelope["accepts_response_payload"]
        assert envelope["payload"]["text"] == "now"
        assert answer.trouble == "operation_timeout"


async def test_every_change_is_told_to_whoever_listens(slack: LocalSlack, client: AsyncWebClient) -> None:
    heard: list[Change] = []
    stop: Callable[[], None] = slack.workspace.changes.subscribe(heard.append)
    await client.chat_postMessage(channel="C0GENERAL", text="hello")
    stop()
    await client.chat_postMessage(channel="C0GENERAL", text="unheard")
    assert [each.kind for each in heard] == ["message.posted", "call.made"]


async def test_two_apps_share_a_workspace(slack: LocalSlack) -> None:
    other = App("UOTHER", "A0OTHER", "xoxb-other", commands=frozenset({"/other"}), name="other")
    slack.workspace.install_app(other)
    mine = AsyncWebClient(token="xoxb-pig", base_url=slack.api_url)
    theirs = AsyncWebClient(token="xoxb-other", base_url=slack.api_url)
    slack.workspace.join(slack.workspace.channel("general"), "UOTHER")
    posted = await theirs.chat_postMessage(channel="C0GENERAL", text="mine")
    with pytest.raises(SlackApiError, match="cant_update_message"):
        await mine.chat_update(channel="C0GENERAL", ts=posted["ts"], text="no, mine")
    assert (await theirs.auth_test())["user_id"] == "UOTHER"
