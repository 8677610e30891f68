"""Sends each call over the app's road, holds it to the deadline, tries events again, and keeps the record."""

import asyncio
import time
from collections.abc import Collection, Coroutine
from typing import Any

from infra.sandbox.changes import Change
from infra.sandbox.slack.delivery.app_call import Ack, AppCall, Delivery, Kind
from infra.sandbox.slack.delivery.http import HttpRoad
from infra.sandbox.slack.delivery.socket import Sockets
from infra.sandbox.slack.model import App, Json, User
from infra.sandbox.slack.workspace import Workspace

ACK_DEADLINE = 3.0
#: Seconds before each further try of an event.
RETRY_DELAYS = (0.0, 60.0, 300.0)
_REASONS = {
    "operation_timeout": "http_timeout",
    "dispatch_failed": "http_error",
    "connection_failed": "connection_failed",
}


class EventSender:
    def __init__(self, workspace: Workspace, http: HttpRoad, sockets: Sockets) -> None:
        self._workspace = workspace
        self._http = http
        self.sockets = sockets
        self.ack_deadline = ACK_DEADLINE
        self.retry_delays: tuple[float, ...] = RETRY_DELAYS
        self.deliveries: list[Delivery] = []
        self._underway: set[asyncio.Task[Any]] = set()

    async def deliver(self, app: App, kind: Kind, payload: Json) -> Delivery:
        return await self._deliver(app, AppCall(kind, payload))

    def complain(self, delivery: Delivery, complaint: str) -> None:
        """Records that the answer was of no use."""
        delivery.complaints.append(complaint)
        self._workspace.changes.announce(Change("delivery.complained", delivery))

    def publish(self, event: Json, only_to: Collection[str] | None = None) -> None:
        """Sends an event, in the background, to every app that subscribed to its type (and whose bot is listed)."""
        for app in self._workspace.apps.values():
            listed = only_to is None or app.bot_user_id in only_to
            if listed and event["type"] in app.events:
                self.in_background(self.send_event(app, event))

    async def send_event(self, app: App, event: Json) -> Delivery:
        """Sends an event until it is acknowledged or the retries are used up."""
        payload = self._event_payload(app, event)
        delivery = await self._deliver(app, AppCall("events_api", payload))
        for retry, delay in enumerate(self.retry_delays, start=1):
            if delivery.ack.ok or delivery.ack.no_retry:
                break
            await asyncio.sleep(delay)
            reason = _REASONS[delivery.ack.problem]
            delivery = await self._deliver(app, AppCall("events_api", payload, retry, reason))
        return delivery

    async def verify_url(self, app: App) -> bool:
        """Slack's handshake with a new request URL."""
        challenge = self._workspace.ids.next("challenge-")
        payload = {
            "token": app.verification_token,
            "challenge": challenge,
            "type": "url_verification",
        }
        delivery = await self._deliver(app, AppCall("events_api", payload))
        return challenge in (delivery.ack.body, delivery.ack.content.get("challenge"))

    def in_background(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._underway.add(task)
        task.add_done_callback(self._underway.discard)

    async def settle(self) -> None:
        """Waits until no delivery is under way."""
        while self._underway:
            await asyncio.wait(set(self._underway))

    async def close(self) -> None:
        for task in self._underway:
            task.cancel()
        await asyncio.gather(*self._underway, return_exceptions=True)

    def tell_profile_change(self, user: User, profile: Json) -> None:
        self.publish({"type": "user_change", "user": profile, "event_ts": self._now(), "cache_ts": user.updated})

    async def _deliver(self, app: App, app_call: AppCall) -> Delivery:
        by_socket = app.socket_mode or bool(self.sockets.connected(app))
        began = time.monotonic()
        road = self.sockets if by_socket else self._http
        ack: Ack = await road.send(app, app_call, self.ack_deadline)
        took = time.monotonic() - began
        delivery = Delivery(app.app_id, app_call, "socket" if by_socket else "http", ack, took)
        self.deliveries.append(delivery)
        self._workspace.changes.announce(Change("delivery.ended", delivery))
        return delivery

    def _event_payload(self, app: App, event: Json) -> Json:
        workspace = self._workspace
        authorization = {
            "enterprise_id": workspace.enterprise.id if workspace.enterprise else None,
            "team_id": workspace.team_id,
            "user_id": app.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": app.verification_token,
            "team_id": workspace.team_id,
            "api_app_id": app.app_id,
            "event": {"event_ts": self._now(), **event},
            "type": "event_callback",
            "event_id": workspace.ids.next("Ev"),
            "event_time": int(workspace.clock()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
        }

    def _now(self) -> str:
        return f"{self._workspace.clock():.6f}"
