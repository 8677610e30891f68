"""The memory of the system's health: alarms that stand, work that waits, rounds that replicas share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.alarm import Alarm, AlarmKind


class RaisedAlarms(Protocol):
    """The alarms that stand, one of each kind, for all replicas."""

    async def all(self) -> Sequence[Alarm]:
        """Oldest first."""
        ...

    async def put(self, alarm: Alarm) -> bool:
        """Raise it; False when one of its kind stands already, whose facts are then those of this one."""
        ...

    async def remove(self, kind: AlarmKind) -> Alarm | None:
        """Clear it; None when none stands. Of several replicas that clear it one gets it."""
        ...


class Backlog(Protocol):
    """The backlog of work, read only."""

    async def oldest_message(self) -> datetime | None:
        """The time when the oldest unsent message was put into the outbox."""
        ...

    async def oldest_act(self) -> datetime | None:
        """The time when the oldest command without an outcome, or request without a judgement, came in."""
        ...

    async def oldest_assignment(self, now: datetime) -> datetime | None:
        """Since when the assignment has been due that has waited longest for somebody to take it up."""
        ...

    async def stale_leases(self, now: datetime, expired_before: datetime) -> Mapping[str, int]:
        """The number of odd leases, by table: dated further ahead than any may be, or long run out and not taken."""
        ...


@dataclass(frozen=True, slots=True)
class SharedRound:
    """A round that one replica at a time makes. ``place`` is how far it has come: JSON, read by its owner."""

    name: str
    place: Mapping[str, object] = field(default_factory=dict)
    fence: int = 0


class SharedRounds(Protocol):
    """Rounds that all replicas share: when each is due, and how far it has come."""

    async def claim(self, name: str, now: datetime, lease: timedelta, *, early: bool = False) -> SharedRound | None:
        """Lease it; None while another holds it, or, unless ``early``, before it is due again.

        One that never was is due.
        """
        ...

    async def find(self, name: str) -> SharedRound | None:
        """Its state, without claiming it; None for one that never was."""
        ...

    async def hold(self, claimed: SharedRound, until: datetime) -> None:
        """Note how far it has come and go on holding it; Conflict when it was claimed anew."""
        ...

    async def release(self, claimed: SharedRound, due_at: datetime) -> None:
        """Note how far it has come, and when it is due again; Conflict when it was claimed anew."""
        ...
