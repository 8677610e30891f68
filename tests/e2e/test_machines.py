"""Programs beside the whole process: one that gets events, and one that files requests with a token."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from tests.e2e.both_chats import both, in_teams
from tests.e2e.in_teams import dialog_of
from tests.e2e.play import PATIENCE, PROD_POWER, PROD_READ, MakePlay, Play

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEY = b"k" * 32
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
TOPIC = "arn:aws:sns:eu-west-1:222233334444:example-events"
BUS = "arn:aws:events:eu-west-1:222233334444:event-bus/example-events"
TOKEN = re.compile(r"tb_[A-Za-z0-9_-]{43}")


class Receiver:
    """Takes events as docs/events.md tells receivers to. The first try of all finds it away."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.forged = 0
        self._tries = 0
        self._came = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._tries += 1
        if self._tries == 1:
            return web.Response(status=503)
        if not _is_genuine(request.headers, body):
            self.forged += 1
            return web.Response(status=401)
        async with self._came:
            self.events.append(json.loads(body))
            self._came.notify_all()
        return web.Response(status=204)

    async def until(self, kind: str) -> None:
        async with self._came:
            has_come = self._came.wait_for(lambda: any(event["type"] == kind for event in self.events))
            await asyncio.wait_for(has_come, PATIENCE)


def _is_genuine(headers: Mapping[str, str], body: bytes) -> bool:
    moment = headers["webhook-timestamp"]
    signed = b".".join([headers["webhook-id"].encode(), moment.encode(), body])
    good = "v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    return abs(time.time() - int(moment)) < 300 and headers["webhook-signature"] == good


async def _until_followed(play: Play, up_to: int = 0) -> None:
    """A new destination gets what happens once the bot has seen it; each has everything up to this event."""
    async with asyncio.timeout(PATIENCE):
        while True:
            _, out, _ = await play.run("events", "--json")
            reached = [row["last_event"] for row in json.loads(out)["destinations"]]
            if all(last is not None and last >= up_to for last in reached):
                return


async def test_webhook_topic_and_bus_get_the_life_of_a_request_in_order(make_play: MakePlay) -> None:
    receiver, app = Receiver(), web.Application()
    app.router.add_post("/hook", receiver.take)
    async with TestServer(app) as server:
        play = await make_play(
            variables={
                "TEAMBOT_EVENTS_WEBHOOK_URL": str(server.make_url("/hook")),
                "TEAMBOT_EVENTS_WEBHOOK_SECRET": SECRET,
                "TEAMBOT_EVENTS_SNS_TOPIC": TOPIC,
                "TEAMBOT_EVENTS_BUS": BUS,
                "TEAMBOT_EVENTS_ROLE": "arn:aws:iam::222233334444:role/TeamBotEvents",
            }
        )
        for arn in (TOPIC, BUS):
            play.aws.world.messages.make(arn)
        await _until_followed(play)
        number = await play.grant("ada", PROD_READ, approver="bob")
        live = await play.told("ada", number, "is active until")
        await play.revoke("ada", live, button="End now")
        await play.until_held()
        await receiver.until("request.ended_early")

        _, out, _ = await play.run("audit", "export")
        trail = {line["seq"]: line for line in map(json.loads, out.splitlines())}
        told = [event["data"]["sequence"] for event in receiver.events]
        assert (told, receiver.forged) == (sorted(set(told)), 0)
        assert told == list(range(told[0], told[-1] + 1)), "nothing is left out"
        assert [event["id"] for event in receiver.events] == [trail[seq]["hash"] for seq in told]
        life = [event["type"] for event in receiver.events if event["data"]["request_id"] == number]
        assert life[:4] == ["request.submitted", "request.approved", "request.started", "request.granted"]
        await _until_followed(play, told[-1])
        for arn in (TOPIC, BUS):
            others = [json.loads(each.body) for each in play.aws.world.messages.arrived[arn]]
            there = [event for event in others if event["data"]["request_id"] == number]
            assert [event["type"] for event in there[:4]] == life[:4], arn
        assert SECRET not in play.whole_log()


async def _made_token(play: Play, *may: str) -> str:
    """A token, as an admin makes one on Slack and copies it."""
    frank = play.person("frank")
    await frank.types("/team tokens")
    listed = await frank.modal("API tokens")
    await listed.shows("Make a token")
    await listed.press("Make a token")
    form = await frank.modal("API tokens")
    await form.shows("Valid for")
    await form.fill("Name", f"job {len(may)}")
    for each in may:
        await form.choose("May", each)
    await form.choose("Valid for", "1 day")
    answer = await play.submit(form)
    assert answer.modal is not None, answer.errors
    found = TOKEN.search(answer.modal.text())
    assert found, answer.modal.text()
    await answer.modal.close(whole_stack=True)
    return found.group()


class Caller:
    """A program with a token."""

    def __init__(self, session: ClientSession, play: Play, token: str) -> None:
        self._session, self._play, self._token = session, play, token

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        url, proof = f"{self._play.bot.url}/api/v1{path}", {"Authorization": f"Bearer {self._token}"}
        async with self._session.request(method, url, json=body, headers=proof) as answer:
            return answer.status, await answer.text()


async def test_a_program_files_lists_shows_and_ends_with_a_token_and_does_nothing_else(make_play: MakePlay) -> None:
    play = await make_play(variables={"TEAMBOT_API_URL": "https://team.example.com"})
    play.aws.add_member("Payments", "frank@example.com")
    everything = await _made_token(
        play, "Read requests", "File requests", "Withdraw requests and end access", "Read the audit trail"
    )
    reading = await _made_token(play, "Read requests")
    form = {"permission_set": "ReadOnlyAccess", "duration": "1h", "justification": "the nightly job"}
    async with ClientSession() as session:
        job, reader = Caller(session, play, everything), Caller(session, play, reading)
        status, text = await job.call("POST", "/requests", {**form, "account": PROD_READ.account_id})
        assert status == 201, text
        number = json.loads(text)["request"]["id"]
        _, text = await job.call("POST", "/requests", {**form, "account": "Ledger Prod"})
        other = json.loads(text)["request"]["id"]
        card = await play.card("bob", number)
        assert "job 4" in card.text(), "whoever decides sees that a token filed it"
        status, text = await job.call("POST", f"/requests/{other}/cancel", {"reason": "not needed"})
        assert (status, json.loads(text)["request"]["status"]) == (200, "cancelled")
        await play.approve("bob", number)
        await play.until_held(PROD_READ.held_by("frank@example.com"))
        _, text = await job.call("GET", "/requests")
        assert [each["id"] for each in json.loads(text)["requests"]] == [other, number]
        status, text = await job.call("POST", f"/requests/{number}/end", {"reason": "done"})
        assert status == 200, text
        await play.until_held()
        await play.card("bob", number, words="Ended early")  # the bot knows it from AWS a moment later
        _, text = await job.call("GET", f"/requests/{number}")
        shown = json.loads(text)
        assert (shown["filed_by_token"], "Frank Rosen (by token): asked" in shown["history"][0]) == ("job 4", True)

        for method, path, body in (
            ("POST", "/requests", {**form, "account": PROD_POWER.account_id}),
            ("POST", f"/requests/{number}/end", {}),
            ("GET", "/audit", None),
            ("GET", "/policies", None),
        ):
            status, text = await reader.call(method, path, body)
            assert (status, json.loads(text)["errors"][0]["reason"]) == (403, "token_out_of_scope"), path
        status, text = await job.call("GET", "/audit")
        trail = [json.loads(line) for line in text.splitlines()]
        assert [event["seq"] for event in trail] == list(range(trail[0]["seq"], trail[-1]["seq"] + 1))
        assert {"request.ended_early", "token.made", "token.out_of_scope"} <= {event["action"] for event in trail}
    assert not TOKEN.search(play.whole_log()), "the log has a token"
    await play.verified()


async def test_a_token_that_was_made_on_teams_works_until_it_is_revoked_there(
    make_play: MakePlay, tmp_path: Path
) -> None:
    play = await both(make_play, tmp_path, variables={"TEAMBOT_API_URL": "https://team.example.com"})
    frank = in_teams(play, "frank")
    await frank.types("tokens")
    listed = dialog_of(await (await frank.sees("API tokens")).press("API tokens"))
    form = dialog_of(await listed.press("Make a token"))
    await form.fill("Name", "the nightly job")
    await form.choose("May", "Read requests")
    await form.choose("Valid for", "1 day")
    await form.submit("Make")
    found = TOKEN.search(form.text())
    assert found, form.text()
    await form.close()
    async with ClientSession() as session:
        job = Caller(session, play, found.group())
        assert (await job.call("GET", "/requests"))[0] == 200
        listed = dialog_of(await (await frank.sees("API tokens")).press("API tokens"))
        assert not TOKEN.search(listed.text()), "it is shown once"
        await listed.press("Revoke", near="the nightly job")
        assert (await job.call("GET", "/requests"))[0] == 401
    assert not TOKEN.search(play.whole_log()), "the log has a token"
    await play.verified()
