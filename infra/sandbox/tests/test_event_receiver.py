"""The local webhook: what it takes, what it refuses, and what the page shows of it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from infra.sandbox.event_receiver import LocalReceiver

EVENT = {
    "version": "1",
    "id": "9f2c",
    "type": "request.granted",
    "timestamp": "2026-11-22T09:14:03+00:00",
    "data": {"sequence": 7, "kind": "access", "request_id": "R-1042", "actor": {"name": "TEAM Bot"}},
}


@pytest.fixture
async def receiver() -> AsyncIterator[LocalReceiver]:
    async with LocalReceiver() as receiver:
        yield receiver


async def sent(receiver: LocalReceiver, id_: str = "9f2c", *, late: int = 0, key: bytes = b"") -> int:
    body, moment = json.dumps(EVENT).encode(), str(int(time.time()) - late)
    secret = receiver.environment()["TEAMBOT_EVENTS_WEBHOOK_SECRET"].removeprefix("whsec_")
    signed = b".".join([id_.encode(), moment.encode(), body])
    signature = base64.b64encode(hmac.digest(key or base64.b64decode(secret), signed, hashlib.sha256)).decode()
    headers = {"webhook-id": id_, "webhook-timestamp": moment, "webhook-signature": f"v1,b2xk v1,{signature}"}
    async with aiohttp.ClientSession() as http, http.post(receiver.url, data=body, headers=headers) as answer:
        return answer.status


async def test_a_genuine_event_is_kept_once_however_often_it_comes(receiver: LocalReceiver) -> None:
    assert [await sent(receiver), await sent(receiver)] == [204, 204]
    (kept,) = receiver.deliveries()
    assert (kept.type, kept.request, kept.actor, kept.sequence, kept.is_good) == (
        *("request.granted", "R-1042", "TEAM Bot", 7),
        True,
    )
    assert '"request_id": "R-1042"' in kept.payload


@pytest.mark.parametrize(("late", "key", "why"), [(301, b"", "five minutes off"), (0, b"k" * 32, "not the bot's")])
async def test_another_signature_or_an_old_one_is_refused(
    receiver: LocalReceiver, late: int, key: bytes, why: str
) -> None:
    assert await sent(receiver, late=late, key=key) == 401
    (kept,) = receiver.deliveries()
    assert not kept.is_good
    assert why in kept.verdict
    assert await sent(receiver) == 204, "what was refused before is taken once it is genuine"
    assert receiver.deliveries()[0].is_good


async def test_while_it_is_away_it_keeps_nothing_and_counts_the_tries(receiver: LocalReceiver) -> None:
    receiver.is_away = True
    assert await sent(receiver) == 503
    assert (receiver.deliveries(), receiver.turned_away) == ([], 1)
    receiver.is_away = False
    assert await sent(receiver) == 204
    assert receiver.deliveries()[0].tries == 2
