"""From Teams to the bot: signed activities, the time an answer may take, the invoke sent again, and the record."""

import asyncio
import json
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp

from infra.sandbox.changes import Change
from infra.sandbox.local_teams.ids import EventIds
from infra.sandbox.local_teams.keys import SigningKeys
from infra.sandbox.local_teams.model import Json
from infra.sandbox.local_teams.tenant import Tenant

ANSWER_WITHIN = 15.0
"""Seconds after which an invoke is given up, and sent again. Source: Microsoft's page on long operations of bots."""
TRIES = 2
Problem = Literal["", "timeout", "connection_failed", "http_error"]


@dataclass(frozen=True)
class Delivery:
    """A sent request and its answer, for the record."""

    activity: Json
    #: 1, or 2 when it was sent again.
    attempt: int
    problem: Problem
    status: int | None
    #: The answer's body: an object, or empty.
    answer: Json
    seconds: float
    #: What Teams had to say about an answer it could not use.
    complaints: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problem

    @property
    def name(self) -> str:
        """Of an invoke its name, of anything else its type."""
        return str(self.activity.get("name") or self.activity["type"])


class ActivitySender:
    """Posts to the bot's messaging endpoint; owns one client session."""

    def __init__(self, tenant: Tenant, keys: SigningKeys, ids: EventIds) -> None:
        self._tenant = tenant
        self._keys = keys
        self._ids = ids
        self._session: aiohttp.ClientSession | None = None
        self._underway: set[asyncio.Task[Any]] = set()
        self.answer_within = ANSWER_WITHIN
        #: An invoke that is sent again keeps its id. Not known of the real Teams: try a bot with both.
        self.keeps_id = True
        self.deliveries: list[Delivery] = []

    async def open(self) -> None:
        # A connection of its own for each delivery: the bot may have been restarted in between.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True))

    async def close(self) -> None:
        for task in self._underway:
            task.cancel()
        await asyncio.gather(*self._underway, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def deliver(self, activity: Json) -> Delivery:
        """A message or an event, once."""
        return await self._deliver(activity, 1)

    async def invoke(self, activity: Json) -> Delivery:
        """An invoke, and again when no answer came in time; the last answer counts."""
        delivery = await self._deliver(activity, 1)
        for attempt in range(2, TRIES + 1):
            if delivery.problem != "timeout":
                break
            delivery = await self._deliver(self._again(activity), attempt)
        return delivery

    async def repeat(self, delivery: Delivery) -> Delivery:
        """The same once more, as Teams does when an answer was lost on its way."""
        return await self._deliver(self._again(delivery.activity), delivery.attempt + 1)

    def in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def settle(self) -> None:
        """Waits until no delivery is under way in the background."""
        while self._underway:
            await asyncio.wait(set(self._underway))

    def complain(self, delivery: Delivery, complaint: str) -> None:
        """Records that the answer was of no use, or not all of it."""
        delivery.complaints.append(complaint)
        self._tenant.changes.announce(Change("delivery.complained", delivery))

    def _again(self, activity: Json) -> Json:
        return activity if self.keeps_id else {**activity, "id": self._ids.next()}

    async def _deliver(self, activity: Json, attempt: int) -> Delivery:
        self._tenant.changes.announce(Change("delivery.begun", activity))
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.answer_within):
                status, answer = await self._post(activity)
            problem: Problem = "" if 200 <= status < 300 else "http_error"
        except TimeoutError:
            status, answer, problem = None, {}, "timeout"
        except aiohttp.ClientError:
            status, answer, problem = None, {}, "connection_failed"
        took = time.monotonic() - began
        delivery = Delivery(activity, attempt, problem, status, answer, took)
        self.deliveries.append(delivery)
        self._tenant.changes.announce(Change("delivery.ended", delivery))
        return delivery

    async def _post(self, activity: Json) -> tuple[int, Json]:
        endpoint = self._tenant.app.messaging_endpoint
        if self._session is None or not endpoint:
            raise aiohttp.ClientConnectionError
        token = self._keys.token(activity["serviceUrl"])
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
        body = json.dumps(activity).encode()
        async with self._session.post(endpoint, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.status, _parsed(await answer.text())


def _parsed(text: str) -> Json:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
