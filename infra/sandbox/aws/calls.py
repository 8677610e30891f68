"""The record of every call: what was asked, when, and what came of it; and how fast calls came."""

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .wire import Call

#: How many calls are remembered; the rates are kept apart and forget nothing.
_REMEMBERED = 50_000


@dataclass(slots=True)
class CallRecord:
    number: int
    service: str
    operation: str
    arguments: Mapping[str, Any]
    request_id: str
    #: Seconds since the epoch.
    at: float
    #: "ok", an error code, or what became of the connection ("unanswered", "dropped", "answer lost").
    outcome: str = "under way"
    seconds: float | None = None
    #: The role it was made with; empty for somebody who may do everything.
    role: str = ""

    def described(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "service": self.service,
            "operation": self.operation,
            "arguments": dict(self.arguments),
            "request_id": self.request_id,
            "at": self.at,
            "outcome": self.outcome,
            "seconds": self.seconds,
            "role": self.role,
        }


class Rate:
    """Calls in the second that ends now, and the most that any second ever saw."""

    def __init__(self) -> None:
        self.peak = 0
        self._times: deque[float] = deque()

    def now(self) -> int:
        a_second_ago = time.monotonic() - 1
        while self._times and self._times[0] <= a_second_ago:
            self._times.popleft()
        return len(self._times)

    def count(self) -> None:
        self._times.append(time.monotonic())
        self.peak = max(self.peak, self.now())


class CallLog:
    """Calls in the order they arrived, refused ones included."""

    def __init__(self) -> None:
        self._records: deque[CallRecord] = deque(maxlen=_REMEMBERED)
        self._count = 0
        self._arrived: dict[str, Rate] = {}
        self._admitted: dict[str, Rate] = {}

    def arrived(self, call: Call) -> CallRecord:
        self._count += 1
        record = CallRecord(self._count, call.service, call.operation, call.arguments, call.request_id, at=time.time())
        self._records.append(record)
        self._arrived.setdefault(call.service, Rate()).count()
        return record

    def admits(self, service: str, limit: int | None) -> bool:
        """True if one more call of the service stays within so many a second; refused calls do not count."""
        rate = self._admitted.setdefault(service, Rate())
        if limit is not None and rate.now() >= limit:
            return False
        rate.count()
        return True

    def records(self, operation: str | None = None, service: str | None = None) -> list[CallRecord]:
        return [
            record
            for record in self._records
            if operation in (None, record.operation) and service in (None, record.service)
        ]

    def last(self, count: int) -> list[CallRecord]:
        return list(self._records)[-count:]

    def peak_rate(self, service: str) -> int:
        """The most calls of the service that arrived within one second."""
        rate = self._arrived.get(service)
        return rate.peak if rate else 0

    def peak_rates(self) -> dict[str, int]:
        return {service: rate.peak for service, rate in self._arrived.items()}

    def forget(self) -> None:
        """Empties the record and begins the peaks anew."""
        self._records.clear()
        self._arrived.clear()
