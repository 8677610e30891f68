"""A receiver of the bot's events, as a company would run one: it checks each signature, and keeps what came for a page.

It follows docs/events.md by itself, without the product's code: what it accepts a receiver elsewhere could accept too.
"""

import base64
import hashlib
import hmac
import json
import secrets
import socket
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from infra.sandbox.changes import Change, Changes

KEPT = 200
"""Deliveries that the page can show."""
_LATE = 300
"""Seconds by which the moment of a signature may be off."""
_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Delivered:
    """One event. ``verdict`` says how its signature was judged, or why it was passed over."""

    id: str
    type: str
    kind: str
    request: str
    actor: str
    at: str
    sequence: int
    tries: int
    verdict: str
    is_good: bool
    payload: str


class LocalReceiver:
    """``async with LocalReceiver() as receiver`` serves it on a free port of 127.0.0.1."""

    def __init__(self, *, host: str = "127.0.0.1") -> None:
        self.changes = Changes()
        #: It answers 503 to everything, as a receiver that is away.
        self.is_away = False
        #: Calls that met it so.
        self.turned_away = 0
        self._key = secrets.token_bytes(32)
        self._kept: deque[Delivered] = deque(maxlen=KEPT)
        self._tries: dict[str, int] = {}
        self._listening = socket.create_server((host, 0))
        self.url = f"http://{host}:{self._listening.getsockname()[1]}/events"
        application = web.Application(client_max_size=_LARGEST)
        application.router.add_post("/events", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        self._listening.close()

    def environment(self) -> dict[str, str]:
        """The variables of a bot that sends its events here."""
        secret = f"whsec_{base64.b64encode(self._key).decode()}"
        return {"TEAMBOT_EVENTS_WEBHOOK_URL": self.url, "TEAMBOT_EVENTS_WEBHOOK_SECRET": secret}

    def deliveries(self) -> list[Delivered]:
        """Newest first."""
        return list(reversed(self._kept))

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        id_ = request.headers.get("webhook-id", "")
        self._tries[id_] = self._tries.get(id_, 0) + 1
        if self.is_away:
            self.turned_away += 1
            self.changes.announce(Change("event.turned_away", id_))
            return web.Response(status=503)
        wrong = _fault(request.headers, body, self._key)
        if wrong:
            self._keep(_told(id_, {}, self._tries.pop(id_), wrong, body))
            return web.Response(status=401, text=wrong)
        if not any(each.is_good and each.id == id_ for each in self._kept):
            self._keep(_told(id_, json.loads(body), self._tries.pop(id_), "", body))
        return web.Response(status=204)

    def _keep(self, delivered: Delivered) -> None:
        self._kept.append(delivered)
        self.changes.announce(Change("event.came", delivered))


def _fault(headers: Mapping[str, str], body: bytes, key: bytes) -> str:
    """The fault of a signature; empty where there is none."""
    id_, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isascii() or not moment.isdigit() or abs(time.time() - int(moment)) > _LATE:
        return "its moment is missing, or more than five minutes off"
    signed = b".".join([id_.encode(), moment.encode(), body])
    good = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    shown = headers.get("webhook-signature", "").split()
    return "" if any(hmac.compare_digest(good, each) for each in shown) else "its signature is not the bot's"


def _told(id_: str, event: Mapping[str, Any], tries: int, wrong: str, body: bytes) -> Delivered:
    data = event.get("data") or {}
    payload = json.dumps(event, indent=2, ensure_ascii=False) if event else body.decode(errors="replace")[:2000]
    return Delivered(
        id=id_,
        type=str(event.get("type", "refused")),
        kind=str(data.get("kind", "")),
        request=str(data.get("request_id") or ""),
        actor=str((data.get("actor") or {}).get("name") or ""),
        at=str(event.get("timestamp", "")),
        sequence=int(data.get("sequence", 0)),
        tries=tries,
        verdict=wrong or "signature checked",
        is_good=not wrong,
        payload=payload,
    )
