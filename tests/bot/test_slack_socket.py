"""The bot is reached over its socket, whatever happens to it, and says when it is not."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot import slack_socket
from bot.lifecycle import BackgroundTasks
from bot.logs import configure
from bot.slack_socket import SlackSocket, connected
from tests.bot.slack_line import SlackLine, slack_line
from tests.bot.waiting import until

pytestmark = pytest.mark.usefixtures("_restored_logging")
COMMAND = {
    "type": "slash_commands",
    "envelope_id": "e-1",
    "payload": {"command": "/team", "text": "help", "team_id": "T1", "user_id": "U1", "trigger_id": "1"},
}
REFRESH = {"type": "disconnect", "reason": "refresh_requested"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_socket, "PAUSES", (0.01,))
    monkeypatch.setattr(slack_socket, "LINGER", 0.1)


@pytest.fixture
async def line() -> AsyncIterator[SlackLine]:
    async with slack_line() as line:
        yield line


class Kept:
    """A socket, and what was said about it."""

    def __init__(self, socket: SlackSocket, seen: list[tuple[bool, str]]) -> None:
        self.socket = socket
        self.seen = seen


@asynccontextmanager
async def kept(line: SlackLine, may_take: Callable[[], bool] = lambda: True) -> AsyncIterator[Kept]:
    client = AsyncWebClient(token="xoxb-1", base_url=f"{line.url}/api/", timeout=60, retry_handlers=[])
    app = AsyncApp(client=client, signing_secret="s", request_verification_enabled=False)

    @app.command("/team")
    async def team(ack: Callable[[str], Awaitable[None]]) -> None:
        await ack("here")

    seen: list[tuple[bool, str]] = []
    background = BackgroundTasks()

    def see(there: bool, what: str) -> None:
        seen.append((there, what))

    async with connected(app, lambda: "xapp-1", background, see, may_take) as socket:
        yield Kept(socket, seen)
    assert await background.drain(1) == ()


async def test_what_slack_asks_is_answered_on_the_connection_it_came_by(line: SlackLine) -> None:
    async with kept(line) as at:
        await until(lambda: at.socket.is_connected)
        await line.say(COMMAND)
        answer = await asyncio.wait_for(line.heard.get(), 60)
    assert (answer["envelope_id"], answer["payload"], answer["on"]) == ("e-1", {"text": "here"}, 0)
    assert at.seen[:2] == [(False, ""), (True, "connected")]


MISSHAPEN = {
    "nested": '{"type": ' + "[" * 100_000,
    "no JSON": "hello?",
    "no object": "[]",
    "no envelope": '{"type": "slash_commands"}',
    "no type": '{"envelope_id": "e-0", "payload": {}}',
    "payload of a list": '{"type": "interactive", "envelope_id": "e-0", "payload": [1]}',
    "payload of a number": '{"type": "interactive", "envelope_id": "e-0", "payload": 7}',
    "payload of text": '{"type": "interactive", "envelope_id": "e-0", "payload": "{"}',
    "payload of null": '{"type": "interactive", "envelope_id": "e-0", "payload": null}',
    "odd payload": '{"type": "interactive", "envelope_id": "e-0", "payload": {"type": "block_actions", "user": 7}}',
    "odd id": '{"type": "interactive", "envelope_id": {"a": []}, "payload": {}}',
    "odd type": '{"type": {"a": []}, "envelope_id": "e-0", "payload": {}}',
    "odd retry": '{"type": "events_api", "envelope_id": "e-0", "payload": {}, "retry_attempt": [], "retry_reason": {}}',
}


@pytest.mark.parametrize("text", MISSHAPEN.values(), ids=MISSHAPEN)
async def test_what_slack_does_not_send_is_passed_over_and_the_connection_stays(line: SlackLine, text: str) -> None:
    with capture_logs() as logged:
        async with kept(line) as at:
            await until(lambda: at.socket.is_connected)
            await line.open[0].send_str(text)
            await line.say(COMMAND)
            answer = await asyncio.wait_for(line.heard.get(), 60)
    assert (answer["envelope_id"], answer["on"]) == ("e-1", 0)
    assert (False, "lost") not in at.seen[:2]
    assert [each for each in logged if each["log_level"] in {"error", "critical"}] == []


async def test_every_try_has_a_fresh_address(line: SlackLine) -> None:
    line.refusals = 5
    async with kept(line) as at:
        await until(lambda: at.socket.is_connected)
        assert line.used == line.given == [str(number) for number in range(6)]
        await line.open[-1].close()
        await until(lambda: len(line.open) == 2 and at.socket.is_connected)
    assert len(set(line.used)) == len(line.used) == 7
    assert (False, "refused") in at.seen
    assert (False, "lost") in at.seen


async def test_a_connection_that_is_replaced_serves_until_the_new_one_is_there(line: SlackLine) -> None:
    async with kept(line) as at:
        await until(lambda: at.socket.is_connected)
        line.refusals = 3
        await line.say(REFRESH)
        await until(lambda: line.refusals == 0)
        assert at.socket.is_connected
        await line.say(COMMAND, on=0)
        assert (await asyncio.wait_for(line.heard.get(), 60))["on"] == 0
        await until(lambda: line.living == [1])
        await line.say(COMMAND)
        assert (await asyncio.wait_for(line.heard.get(), 60))["on"] == 1
    assert (False, "lost") not in at.seen[:-1]


@pytest.mark.parametrize("greeting", [{"type": "disconnect", "reason": "too_many_websockets"}, {}, {"type": "x"}])
async def test_a_connection_without_a_greeting_is_none(line: SlackLine, greeting: dict[str, Any]) -> None:
    line.greeting = greeting
    async with kept(line) as at:
        await until(lambda: len(line.used) > 3)
        assert not at.socket.is_connected
        assert not at.socket.is_well
        line.greeting = {"type": "hello"}
        await until(lambda: at.socket.is_connected)


async def test_a_token_that_slack_refuses_is_told_loudly_and_tried_on(
    line: SlackLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("json", to=(out := io.StringIO()))
    monkeypatch.setattr(slack_socket, "PAUSES", (0.0,))
    line.error = "invalid_auth"
    async with kept(line) as at:
        await until(lambda: len([event for event in at.seen if event == (False, "refused")]) > 2)
        assert not at.socket.is_well
        line.error = ""
        await until(lambda: at.socket.is_connected)
    said = [json.loads(each) for each in out.getvalue().splitlines()]
    loud = [each for each in said if each["level"] == "error"]
    assert "invalid_auth" in loud[0]["because"]
    assert "SLACK_APP_TOKEN" in loud[0]["event"]


async def test_nonsense_on_the_line_harms_nothing(line: SlackLine) -> None:
    async with kept(line) as at:
        await until(lambda: at.socket.is_connected)
        for nonsense in ("{", "[]", "null", '"x"', '{"type": "slash_commands"}', '{"envelope_id": 7}'):
            await line.open[-1].send_str(nonsense)
        await line.open[-1].send_bytes(b"\x00")
        await line.say(COMMAND)
        assert (await asyncio.wait_for(line.heard.get(), 60))["envelope_id"] == "e-1"
        assert line.living == [0]


async def test_it_is_well_for_a_while_after_a_loss_and_not_before_the_first_connection(
    line: SlackLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.error = "internal_error"
    async with kept(line) as at:
        assert not at.socket.is_well
        line.error = ""
        await until(lambda: at.socket.is_connected)
        line.error = "internal_error"
        await line.open[-1].close()
        await until(lambda: not at.socket.is_connected)
        assert at.socket.is_well
        monkeypatch.setattr(slack_socket, "GRACE", 0.0)
        assert not at.socket.is_well


@pytest.mark.parametrize("state", ["refused", "connected", "silent"])
async def test_it_ends_at_once_whatever_slack_does(line: SlackLine, state: str) -> None:
    if state == "refused":
        line.refusals = 1000
    if state == "silent":
        line._open = asyncio.Event().wait  # type: ignore[method-assign, assignment]
    begun = asyncio.get_running_loop().time()
    async with kept(line) as at:
        if state == "connected":
            await until(lambda: at.socket.is_connected)
    assert asyncio.get_running_loop().time() - begun < 30


async def test_while_the_process_may_not_work_slack_speaks_to_others(
    line: SlackLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack_socket, "LOOKED_EVERY", 0.01)
    may_take = True
    async with kept(line, lambda: may_take) as at:
        await until(lambda: at.socket.is_connected)
        may_take = False
        await until(lambda: line.living == [])
        assert not at.socket.is_connected
        may_take = True
        await until(lambda: line.living == [1])
    assert (False, "refused") not in at.seen


async def test_at_the_end_what_was_asked_is_answered_before_the_connection_closes(line: SlackLine) -> None:
    async with kept(line) as at:
        await until(lambda: at.socket.is_connected)
        await line.say(COMMAND)
        await until(lambda: len(at.socket._answers) > 0 or not line.heard.empty())
    assert line.heard.get_nowait()["envelope_id"] == "e-1"
    assert line.living == []
    assert line.used == ["0"]
