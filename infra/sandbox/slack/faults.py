"""Scripted trouble: what Slack does now and then, on demand."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from infra.sandbox.slack.model import Json


@dataclass
class Fault:
    """Hits calls of a method (`*`: every one) until its times are used up, or until it is removed."""

    method: str
    times: int | None = None
    status: int | None = None
    retry_after: int | None = None
    error: str = ""
    #: Seconds before the answer.
    latency: float = 0.0
    #: The connection breaks before the work was done, or after it, with the answer lost.
    drop: Literal["", "before", "after"] = ""
    channel: str = ""
    hits: int = 0
    removed: bool = False

    def remove(self) -> None:
        self.removed = True

    def applies(self, method: str, arguments: Json) -> bool:
        spent = self.removed or (self.times is not None and self.hits >= self.times)
        elsewhere = bool(self.channel) and arguments.get("channel") != self.channel
        return not spent and not elsewhere and self.method in ("*", method)


class Faults:
    def __init__(self) -> None:
        self._scripted: list[Fault] = []

    def add(
        self,
        method: str = "*",
        *,
        times: int | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        error: str = "",
        latency: float = 0.0,
        drop: Literal["", "before", "after"] = "",
        channel: str = "",
    ) -> Fault:
        """Adds a fault; of several for one call the first added comes first."""
        fault = Fault(method, times, status, retry_after, error, latency, drop, channel)
        self._scripted.append(fault)
        return fault

    def clear(self) -> None:
        self._scripted.clear()

    def strike(self, method: str, arguments: Json) -> Fault | None:
        """The fault that hits this call, counted."""
        fault = next(self._applying(method, arguments), None)
        if fault is not None:
            fault.hits += 1
        return fault

    def _applying(self, method: str, arguments: Json) -> Iterator[Fault]:
        return (fault for fault in self._scripted if fault.applies(method, arguments))
