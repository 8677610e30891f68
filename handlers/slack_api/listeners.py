"""The listener for each call of Slack's, found by what the call names: a command, an action, a form, an event.

Bolt would ask one listener after another whether a call is for it, and then look every 10 ms whether that one has
acknowledged. With seventy listeners that took more time than the answers themselves. All that comes before, such as
Slack's test of an address, stays with Bolt, and so does a call that nobody listens to.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

import structlog
from slack_bolt.async_app import AsyncAck
from slack_bolt.response import BoltResponse

Body: TypeAlias = Mapping[str, Any]
Listener: TypeAlias = Callable[[AsyncAck, Body], Awaitable[None]]
Listening: TypeAlias = Callable[[Listener], None]

log = structlog.get_logger()


class Listeners:
    """To be listened with as with Bolt's application: ``listeners.action(id)(listener)``."""

    def __init__(self) -> None:
        self._by_name: dict[tuple[str, str], Listener] = {}

    def command(self, name: str) -> Listening:
        return partial(self._listen, ("command", name))

    def action(self, action_id: str) -> Listening:
        return partial(self._listen, ("block_actions", action_id))

    def options(self, action_id: str) -> Listening:
        return partial(self._listen, ("block_suggestion", action_id))

    def view(self, callback_id: str) -> Listening:
        return partial(self._listen, ("view_submission", callback_id))

    def view_closed(self, callback_id: str) -> Listening:
        return partial(self._listen, ("view_closed", callback_id))

    def shortcut(self, callback_id: str) -> Listening:
        """Global, or in a message's menu."""
        return partial(self._listen, ("shortcut", callback_id))

    def event(self, kind: str) -> Listening:
        return partial(self._listen, ("event_callback", kind))

    def _listen(self, named: tuple[str, str], listener: Listener) -> None:
        self._by_name[named] = listener

    async def answer(self, ack: AsyncAck, body: Body, next_: Callable[[], Awaitable[None]]) -> BoltResponse | None:
        """Bolt's middleware, the last one: what the listener acknowledged is the answer, whatever happens after it."""
        listener = self._by_name.get(_named(body))
        if listener is None:
            await next_()
            return None
        try:
            await listener(ack, body)
        except Exception:
            if ack.response is None:
                raise
            log.exception("a listener failed after its answer", kind=_named(body)[0], incident=secrets.token_hex(4))
        return ack.response


def _named(body: Body) -> tuple[str, str]:
    """Kind and name (docs.slack.dev, interaction payloads)."""
    if "command" in body:
        return "command", str(body["command"])
    kind = str(body.get("type") or "")
    match kind:
        case "block_actions":
            return kind, str(body["actions"][0].get("action_id"))
        case "view_submission" | "view_closed":
            return kind, str(body["view"].get("callback_id"))
        case "event_callback":
            return kind, str(body["event"].get("type"))
        case "shortcut" | "message_action":
            return "shortcut", str(body.get("callback_id"))
        case _:
            return kind, str(body.get("action_id"))
