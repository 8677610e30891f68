"""The statements of SSO Elevator's configuration."""

from dataclasses import dataclass, field
from datetime import timedelta

from core.domain.ids import AccountId, ConversationId


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. ``None`` for accounts or permission sets stands for ``*``; a flag that is absent is None."""

    number: int
    """Its place in the file, from 1."""
    accounts: frozenset[AccountId] | None
    permission_sets: frozenset[str] | None
    """By name."""
    approvers: tuple[str, ...] = ()
    """Addresses."""
    approval_not_required: bool | None = None
    allow_self_approval: bool | None = None

    @property
    def name(self) -> str:
        return f"statement-{self.number}"


@dataclass(frozen=True, slots=True)
class Statements:
    """The content of a configuration."""

    statements: tuple[Statement, ...] = ()
    group_statements: int = 0
    other_resources: tuple[tuple[int, str], ...] = ()
    """Number and ResourceType of statements that are about something else than accounts."""


@dataclass(frozen=True, slots=True)
class ElevatorOptions:
    """SSO Elevator's options outside of its statements, and who may ask. None: it was not given.

    No time at all stands for never to expire and never to remind, as there.
    """

    requesters: tuple[str, ...] = ()
    """Display names of groups."""
    max_duration: timedelta | None = None
    request_expiry: timedelta | None = None
    reminder_after: timedelta | None = None
    channels: tuple[ConversationId, ...] = field(default=())
    durations: tuple[timedelta, ...] | None = None
    """The only lengths that may be asked for, as the list has them; an empty list stands for any."""
