"""Scripted trouble: what Teams, its login and its keys do now and then, on demand."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.sandbox.local_teams.model import Json

Drop = Literal["", "before", "after"]

CONNECTOR = (
    *("createConversation", "sendActivity", "updateActivity", "deleteActivity"),
    *("getMember", "getPagedMembers", "getTeam", "getChannels", "upload"),
)
OPERATIONS = (*CONNECTOR, "token", "metadata", "keys")
"""The operations that a fault may name; `*` is every one, `connector` those of the connector."""


@dataclass
class Fault:
    """Hits calls until its times are used up, or until it is removed."""

    id: int
    operation: str
    times: int | None = None
    status: int | None = None
    code: str = ""
    retry_after: int | None = None
    #: Seconds before the answer.
    latency: float = 0.0
    #: Accepted and never answered, until the fault is removed; then the connection breaks.
    hang: bool = False
    #: The connection breaks before the work was done, or after it, with the answer lost.
    drop: Drop = ""
    #: Only calls about this conversation.
    conversation: str = ""
    hits: int = 0
    lifted: asyncio.Event = field(default_factory=asyncio.Event)

    def remove(self) -> None:
        self.lifted.set()

    def applies(self, operation: str, conversation: str) -> bool:
        spent = self.lifted.is_set() or (self.times is not None and self.hits >= self.times)
        elsewhere = self.conversation not in ("", conversation)
        named = self.operation in ("*", operation) or (self.operation == "connector" and operation in CONNECTOR)
        return named and not spent and not elsewhere

    def described(self) -> Json:
        return {name: value for name, value in vars(self).items() if name != "lifted"}


class Faults:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._scripted: list[Fault] = []

    def add(self, operation: str = "*", **facts: Any) -> Fault:
        """Adds a fault, its facts those of `Fault`; of several for one call the first added comes first."""
        if operation not in ("*", "connector", *OPERATIONS):
            raise ValueError(f"no such operation: {operation}")
        fault = Fault(next(self._numbers), operation, **facts)
        self._scripted.append(fault)
        return fault

    def all(self) -> list[Fault]:
        return [fault for fault in self._scripted if not fault.lifted.is_set()]

    def clear(self) -> None:
        for fault in self._scripted:
            fault.remove()
        self._scripted.clear()

    def remove(self, fault_id: int) -> None:
        """LookupError for one that is not there."""
        found = next((fault for fault in self._scripted if fault.id == fault_id), None)
        if found is None:
            raise LookupError(f"no fault {fault_id}")
        found.remove()
        self._scripted.remove(found)

    def strike(self, operation: str, conversation: str = "") -> Fault | None:
        """The fault that hits this call, counted."""
        fault = next(self._applying(operation, conversation), None)
        if fault is not None:
            fault.hits += 1
        return fault

    def _applying(self, operation: str, conversation: str) -> Iterator[Fault]:
        return (fault for fault in self._scripted if fault.applies(operation, conversation))
