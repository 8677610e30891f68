"""Short-lived tickets of Slack: trigger ids and response URLs, each with its own end."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from infra.sandbox.slack.refusal import RefusedError

TRIGGER_LIFE = 3.0
RESPONSE_LIFE = 30 * 60.0
RESPONSE_USES = 5


@dataclass
class Trigger:
    id: str
    app_id: str
    user_id: str
    issued_at: float
    #: The modal the interaction came from; only such a trigger may push.
    view_id: str | None = None
    exchanged: bool = False


@dataclass
class ResponseUrl:
    secret: str
    app_id: str
    user_id: str
    channel_id: str
    issued_at: float
    #: The message whose button was pressed, which `replace_original` means.
    message_ts: str | None = None
    uses: int = 0


class Tickets:
    """Issues both kinds and judges them when they come back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.trigger_life = TRIGGER_LIFE
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}

    def trigger(self, app_id: str, user_id: str, view_id: str | None = None) -> Trigger:
        number = len(self._triggers) + 1
        name = f"{number}.{number + 7_000_000}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(name, app_id, user_id, self._clock(), view_id)
        return self._triggers[name]

    def exchange(self, trigger_id: str, app_id: str) -> Trigger:
        """Takes a trigger for its one use."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None or trigger.app_id != app_id:
            raise RefusedError("invalid_trigger_id")
        if trigger.exchanged:
            raise RefusedError("exchanged_trigger_id")
        if self._clock() - trigger.issued_at > self.trigger_life:
            raise RefusedError("expired_trigger_id")
        trigger.exchanged = True
        return trigger

    def response(self, app_id: str, user_id: str, channel_id: str, message_ts: str | None = None) -> ResponseUrl:
        secret = secrets.token_urlsafe(18)
        self._responses[secret] = ResponseUrl(secret, app_id, user_id, channel_id, self._clock(), message_ts)
        return self._responses[secret]

    def answer(self, secret: str) -> ResponseUrl:
        """Counts one use of a response URL."""
        response = self._responses.get(secret)
        if response is None:
            raise RefusedError("no_service")
        if self._clock() - response.issued_at > RESPONSE_LIFE:
            raise RefusedError("expired_url")
        if response.uses >= RESPONSE_USES:
            raise RefusedError("used_url")
        response.uses += 1
        return response
