"""Calls that are not Slack's are refused, and nothing else happens."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from infra.sandbox.slack.delivery.signing import signed, stale, unsigned, with_words_for_time, wrongly_signed
from infra.sandbox.stage import SIGNING_SECRET
from tests.e2e.play import STAGING_READ, Play, watching

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def post(play: Play, body: str | bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    data = io.BytesIO(body.encode() if isinstance(body, str) else body)
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{play.bot.url}/slack/events", data=data, headers=headers) as answer,
    ):
        return answer.status, await answer.read()


async def approving(play: Play) -> tuple[str, str]:
    """A request, and the body of an approval of it that was delivered before."""
    number = await play.ask("ada", STAGING_READ)
    card = await play.card("bob", number)
    answer = await card.press("Approve")
    await card.becomes("Active until")
    assert answer.delivery is not None
    return number, answer.delivery.app_call.body


async def test_what_slack_did_not_sign_is_turned_away_without_a_word(play: Play) -> None:
    number = await play.ask("ada", STAGING_READ)
    card = await play.card("bob", number)
    element = next(e for b in card.message.blocks for e in b.get("elements", ()) if "Approve" in str(e.get("text")))
    payload = {
        "type": "block_actions",
        "team": {"id": "T0EXAMPLE"},
        "user": {"id": "U0BOB", "team_id": "T0EXAMPLE"},
        "trigger_id": "1.2.3",
        "actions": [{**element, "block_id": "x"}],
    }
    body = urlencode({"payload": json.dumps(payload)})
    right = signed(SIGNING_SECRET, body)
    wrong = [
        unsigned(body),
        wrongly_signed(SIGNING_SECRET, body),
        stale(SIGNING_SECRET, body),
        stale(SIGNING_SECRET, body, seconds=-400),
        with_words_for_time(SIGNING_SECRET, body),
        {**right, "X-Slack-Request-Timestamp": "9" * 400},
        {**right, "X-Slack-Request-Timestamp": "-1"},
        {**right, "X-Slack-Request-Timestamp": "١٢٣"},
        {**right, "X-Slack-Request-Timestamp": ""},
        {**right, "X-Slack-Signature": "v0=é"},
        {**right, "X-Slack-Signature": ""},
        {k: v for k, v in right.items() if k != "X-Slack-Signature"},
        {k: v for k, v in right.items() if k != "X-Slack-Request-Timestamp"},
    ]
    await play.told("ada", number, "was sent")
    await play.person("erin").sees("asked for")  # so that nothing is left to be said

    def said() -> list[str]:
        """The answers to Slack about this request; the bot has other plays' requests to report meanwhile."""
        return [call.method for call in play.stage.slack.calls.all() if number in json.dumps(call.arguments)]

    before = said()
    async with watching(play) as seen:
        for headers in wrong:
            assert await post(play, body, headers) == (401, b""), headers
        assert await post(play, f"{body}&more=1", right) == (401, b"")
        assert (await post(play, b"\xff\xfe not a form", wrongly_signed(SIGNING_SECRET, "x")))[0] == 401
    assert seen == []
    assert said() == before
    assert "Waiting for approval" in card.refreshed().text()


async def test_a_replay_of_an_approved_click_changes_nothing(play: Play) -> None:
    number, body = await approving(play)
    await play.command("ada", f"/team revoke {number}", "being ended")
    card = await play.card("bob", number, words="Ended early")
    await play.told("ada", number, "Ended early")
    said = len(play.messages("ada", number))
    async with watching(play) as seen:
        for _ in range(3):
            status, _ = await post(play, body, signed(SIGNING_SECRET, body))
            assert status == 200
        await play.command("ada", f"/team show {number}", "Ended early by Ada Lovelace")
    assert seen == []
    assert "Ended early" in card.refreshed().text()
    assert len(play.messages("ada", number)) == said


async def test_a_form_delivered_twice_makes_one_request(play: Play) -> None:
    modal = await play.fill("ada", STAGING_READ)
    number = await play.send("ada", modal)
    submitted = next(d for d in reversed(play.stage.slack.deliveries) if "view_submission" in d.app_call.body)
    body = submitted.app_call.body
    status, again = await post(play, body, signed(SIGNING_SECRET, body))
    assert status == 200
    assert number in again.decode() or b"is saved" in again
    listed = await play.command("ada", "/team requests", "Your requests")
    assert number in listed.text()
    assert f"R-{int(number.removeprefix('R-')) + 1}" not in listed.text()


async def test_more_than_a_megabyte_is_not_read(play: Play) -> None:
    body = "x" * (1024 * 1024 + 1)
    assert (await post(play, body, signed(SIGNING_SECRET, body)))[0] == 413
    assert (await post(play, body, unsigned(body)))[0] == 413


@pytest.mark.parametrize("body", ["payload=%7Bnonsense", "payload=[]", "payload=7", "", "{", "a=b", "payload="])
async def test_nonsense_that_is_rightly_signed_breaks_nothing(play: Play, body: str) -> None:
    for kind in ("application/x-www-form-urlencoded", "application/json"):
        status, _ = await post(play, body, signed(SIGNING_SECRET, body, content_type=kind))
        assert 200 <= status < 500, (status, body, kind)
    async with aiohttp.ClientSession() as session, session.get(f"{play.bot.url}/healthz") as answer:
        assert answer.status == 200


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere() -> AsyncIterator[tuple[str, list[Any]]]:
    """A server that is not Slack's, and what it was asked."""
    asked: list[Any] = []

    async def note(request: web.Request) -> web.Response:
        asked.append((request.path, await request.text()))
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", note)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    yield f"127.0.0.1:{port}", asked
    await runner.cleanup()


async def test_a_response_url_that_is_not_slacks_is_never_called(play: Play, elsewhere: tuple[str, list[Any]]) -> None:
    address, asked = elsewhere
    answer = await play.person("ada").types("/team help")
    assert answer.delivery is not None
    told = {name: values[0] for name, values in parse_qs(answer.delivery.app_call.body).items()}
    slack = play.stage.slack.url.removeprefix("http://")
    urls = [
        f"http://{address}/x",
        f"http://localhost:{address.rpartition(':')[2]}/x",
        f"http://hooks.slack.com:{address.rpartition(':')[2]}@{address}/x",
        f"http://{slack}@{address}/x",
        f"https://hooks.slack.com@{address}/x",
        f"http://{address}/?http://{slack}/",
        "http://hooks.slack.com.evil.test/x",
        "http://[nonsense",
        "file:///etc/passwd",
    ]
    for url in urls:
        body = urlencode({**told, "response_url": url, "text": "help", "channel_id": "C0GENERAL"})
        before = len(play.answers("ada"))
        assert (await post(play, body, signed(SIGNING_SECRET, body)))[0] == 200
        await more_answers(play, before, url)
    assert asked == []


async def more_answers(play: Play, before: int, url: str) -> None:
    await play.until(lambda: len(play.answers("ada")) > before or None, lambda: f"no answer another way for {url}")
