"""One delivery to an app, and how it ended."""

import json
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from infra.sandbox.slack.model import Json

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True)
class AppCall:
    kind: Kind
    payload: Json
    retry: int = 0
    retry_reason: str = ""

    @property
    def content_type(self) -> str:
        json_type, form_type = "application/json", "application/x-www-form-urlencoded"
        return json_type if self.kind == "events_api" else form_type

    @property
    def body(self) -> str:
        """As it goes over HTTP."""
        if self.kind == "events_api":
            return json.dumps(self.payload)
        if self.kind == "slash_commands":
            return urlencode(self.payload)
        return urlencode({"payload": json.dumps(self.payload)})


@dataclass(frozen=True)
class Ack:
    """The app's answer, or why there is none."""

    #: `operation_timeout`, `dispatch_failed` or `connection_failed`; empty if all went well.
    problem: str = ""
    #: An object, or a plain text.
    body: Any = None
    status: int | None = None
    #: The app asked for no more retries of an event.
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        return not self.problem

    @property
    def content(self) -> Json:
        """The answer as an object; a plain text is the text of a message."""
        if isinstance(self.body, dict):
            return self.body
        return {"text": self.body} if isinstance(self.body, str) and self.body.strip() else {}


@dataclass(frozen=True)
class Delivery:
    """A sent request, its way and its answer, for the record."""

    app_id: str
    app_call: AppCall
    transport: Literal["http", "socket"]
    ack: Ack
    seconds: float
    #: What Slack had to say about an answer it could not use.
    complaints: list[str] = field(default_factory=list)
