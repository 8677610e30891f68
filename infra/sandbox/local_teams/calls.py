"""The log of every call of the connector and its neighbours, for tests and for whoever watches."""

from dataclasses import dataclass

from infra.sandbox.changes import Change, Changes
from infra.sandbox.local_teams.model import Json


@dataclass(frozen=True)
class ConnectorCall:
    #: `sendActivity`, `getMember`, `token`, …
    operation: str
    conversation: str
    #: What was sent; of the token endpoint nothing, since it is secret.
    body: Json
    #: 0 when the connection was dropped.
    status: int
    #: The code of a refusal.
    code: str
    at: float

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Calls:
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._all: list[ConnectorCall] = []

    def record(self, call: ConnectorCall) -> None:
        self._all.append(call)
        self._changes.announce(Change("call.made", call, channel_id=call.conversation))

    def all(self) -> list[ConnectorCall]:
        return list(self._all)

    def named(self, operation: str) -> list[ConnectorCall]:
        return [each for each in self._all if each.operation == operation]

    def refused(self) -> list[ConnectorCall]:
        """Every call that was said no to."""
        return [each for each in self._all if not each.ok]

    def clear(self) -> None:
        self._all.clear()
