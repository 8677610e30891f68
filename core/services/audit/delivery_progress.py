"""The progress of the audit trail at each destination outside: stored by its follower, read by whoever watches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from core.domain.audit import moment_of
from core.ports import OpenUnit

LONGEST = 500
"""Characters of an error that are kept."""


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """Events up to number ``seq`` were taken, or not wanted; ``attempts`` have failed on the next one."""

    seq: int
    attempts: int = 0
    failing_since: datetime | None = None
    error: str = ""

    def failed(self, error: str, at: datetime) -> "DeliveryProgress":
        return DeliveryProgress(self.seq, self.attempts + 1, self.failing_since or at, error[:LONGEST])

    @classmethod
    def load(cls, place: Mapping[str, Any]) -> Self:
        since = place.get("failing_since")
        return cls(
            int(place["seq"]),
            int(place.get("attempts", 0)),
            datetime.fromisoformat(since) if since else None,
            str(place.get("error", "")),
        )

    def dump(self) -> dict[str, object]:
        since = self.failing_since.isoformat() if self.failing_since else None
        return {"seq": self.seq, "attempts": self.attempts, "failing_since": since, "error": self.error}


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """``since``: when the first event happened that waits; None when nothing does."""

    name: str
    waiting: int
    since: datetime | None
    progress: DeliveryProgress | None

    def behind(self, now: datetime) -> timedelta:
        return max(now - self.since, timedelta()) if self.since else timedelta()


def round_of(name: str) -> str:
    """The name under which replicas share the work for a destination."""
    return f"events to {name}"


async def delivery_states(look: OpenUnit, names: Sequence[str]) -> Sequence[DeliveryState]:
    """The state of each destination."""
    async with look() as unit:
        end = (await unit.audit.anchor()).seq
        found = []
        for name in names:
            known = await unit.shared_rounds.find(round_of(name))
            progress = DeliveryProgress.load(known.place) if known and known.place else None
            first = await unit.audit.page(progress.seq, 1) if progress else ()
            waiting = max(0, end - progress.seq) if progress else 0
            found.append(DeliveryState(name, waiting, moment_of(first[0]) if first else None, progress))
    return found
