"""The log of every call of the Web API, for tests and for whoever watches."""

import json
from dataclasses import dataclass
from typing import Any

from infra.sandbox.changes import Change, Changes
from infra.sandbox.slack.model import Json


@dataclass(frozen=True)
class ApiCall:
    method: str
    #: Without the token.
    arguments: Json
    #: The answer; empty if the connection was dropped.
    answer: Json
    status: int
    at: float

    def structure(self, name: str) -> Any:
        """An argument that is JSON, whichever way the client sent it."""
        value = self.arguments.get(name)
        return json.loads(value) if isinstance(value, str) else value

    @property
    def ok(self) -> bool:
        return bool(self.answer.get("ok"))

    @property
    def error(self) -> str:
        return str(self.answer.get("error", ""))


class Calls:
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._all: list[ApiCall] = []

    def record(self, call: ApiCall) -> None:
        self._all.append(call)
        self._changes.announce(Change("call.made", call, channel_id=call.arguments.get("channel")))

    def all(self) -> list[ApiCall]:
        return list(self._all)

    def named(self, method: str) -> list[ApiCall]:
        return [each for each in self._all if each.method == method]

    def refused(self) -> list[ApiCall]:
        """Every call that Slack said no to."""
        return [each for each in self._all if not each.ok]

    def clear(self) -> None:
        self._all.clear()
