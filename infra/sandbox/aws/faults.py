"""Faults that were switched on, for which calls, and how often."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .assignments import Script
from .changes import Changes
from .outcome import UNEXPECTED
from .wire import Call


class FaultKind(StrEnum):
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    ACCESS_DENIED = "access_denied"
    #: The customer's key, with which Identity Center encrypts, may not be used, is not there, or is disabled.
    KEY_DENIED = "key_denied"
    KEY_MISSING = "key_missing"
    KEY_DISABLED = "key_disabled"
    #: HTTP 500, the service's internal error.
    SERVER_ERROR = "server_error"
    #: HTTP 503.
    UNAVAILABLE = "unavailable"
    #: Answered as ever, after `seconds`.
    LATENCY = "latency"
    #: Accepted and never answered, until the fault is removed; then the connection is dropped.
    TIMEOUT = "timeout"
    #: The work is done, then the connection is dropped.
    ANSWER_LOST = "answer_lost"
    #: The connection is dropped and nothing is done.
    REFUSED = "refused"
    #: A write of an assignment, or a question to the logs, is accepted and ends FAILED, with `reason`.
    FAILED = "failed"
    #: A question to the logs is accepted and ends so.
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


#: How things end that were accepted.
SCRIPTED = frozenset({FaultKind.FAILED, FaultKind.CANCELLED, FaultKind.TIMED_OUT})


@dataclass(slots=True)
class Fault:
    id: int
    kind: FaultKind
    service: str | None
    operation: str | None
    arguments: Mapping[str, Any]
    #: Calls that are still to meet it; None for every one until it is removed.
    times: int | None
    reason: str
    seconds: float
    #: TIMEOUT and FAILED only: what was asked for is done all the same.
    does_the_work: bool
    lifted: asyncio.Event = field(default_factory=asyncio.Event)

    def matches(self, call: Call) -> bool:
        return (
            self.times != 0
            and self.service in (None, call.service)
            and self.operation in (None, call.operation)
            and all(call.arguments.get(name) == value for name, value in self.arguments.items())
        )

    def described(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "service": self.service,
            "operation": self.operation,
            "arguments": dict(self.arguments),
            "times": self.times,
            "reason": self.reason,
            "seconds": self.seconds,
            "does_the_work": self.does_the_work,
        }


class Faults:
    """The faults in the order they were added; a call meets the first that matches it.

    An SDK repeats a call that failed in passing: each of its attempts counts as one.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._faults: dict[int, Fault] = {}
        self._last_id = 0

    def add(
        self,
        kind: FaultKind | str,
        *,
        service: str | None = None,
        operation: str | None = None,
        arguments: Mapping[str, Any] | None = None,
        times: int | None = None,
        reason: str = "",
        seconds: float = 0,
        does_the_work: bool = False,
    ) -> Fault:
        """A fault for the next `times` calls that match, or for all of them until it is removed."""
        if (times is not None and times < 1) or seconds < 0:
            raise ValueError("a fault lasts for at least one call, and delays by no less than nothing")
        self._last_id += 1
        fault = Fault(
            self._last_id,
            FaultKind(kind),
            service,
            operation,
            arguments or {},
            times,
            reason,
            seconds,
            does_the_work,
        )
        self._faults[fault.id] = fault
        self._changes.publish("fault.added", id=fault.id)
        return fault

    def remove(self, fault_id: int) -> None:
        """Lifts a fault, LookupError where there is none of that id. Calls that hang on it are dropped."""
        if fault_id not in self._faults:
            raise LookupError(f"no fault {fault_id}")
        self._faults.pop(fault_id).lifted.set()
        self._changes.publish("fault.removed", id=fault_id)

    def clear(self) -> None:
        for fault_id in list(self._faults):
            self.remove(fault_id)

    def all(self) -> list[Fault]:
        """Those that may still be met, and those that calls hang on."""
        return [fault for fault in self._faults.values() if fault.times != 0 or fault.kind is FaultKind.TIMEOUT]

    def take(self, call: Call) -> Fault | None:
        """The fault that this call meets on its way in, if any."""
        return self._take(call, scripts=False)

    def take_script(self, call: Call) -> Script | None:
        """The scripted end of the write that this call begins, if there is one."""
        fault = self.take_end(call)
        return Script(fault.reason or UNEXPECTED, fault.does_the_work) if fault else None

    def take_end(self, call: Call) -> Fault | None:
        """The scripted end of the query that this call begins, if there is one."""
        return self._take(call, scripts=True)

    def _take(self, call: Call, *, scripts: bool) -> Fault | None:
        for fault in self._faults.values():
            if (fault.kind in SCRIPTED) is scripts and fault.matches(call):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
