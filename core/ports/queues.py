"""The queues: the inbox of people's commands, the outbox of messages, and where cards stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from core.domain.commands import Command, ExportKind
from core.domain.conversations import Place
from core.domain.ids import RequestId
from core.domain.notices import Form, Notice, Recipient, Topic
from core.domain.people import ChatUser
from core.ports.chat import MessageRef


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice in the outbox."""

    id: int
    notice: Notice
    created_at: datetime
    attempts: int = 0
    fence: int = 0
    faults: int = 0
    """The number of attempts that met a fault of this program."""


class Outbox(Protocol):
    async def forget(self, closed_before: datetime, limit: int) -> int:
        """Delete messages closed before that; returns how many there were."""
        ...

    async def put(self, notices: Sequence[Notice], at: datetime) -> None:
        """Queue, in order. A card or Home queued for the same place and not being sent is not queued twice."""
        ...

    async def claim(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Outgoing]:
        """Lease what is due, at most one of each recipient, in one statement.

        One person's messages keep their order; the n-th that waits of one goes behind the first n of the others
        (``core.domain.notices.flow_of``, rule 26).

        What was tried and waits for its next try holds back what else is for its recipient, unless it is ``passed``.
        """
        ...

    async def hold(self, outgoing: Outgoing, until: datetime) -> None:
        """Go on holding it; Conflict when it was claimed anew."""
        ...

    async def sent(self, outgoing: Outgoing, at: datetime) -> None: ...

    async def retry(
        self, outgoing: Outgoing, at: datetime, error: str, *, faulty: bool = False, passed: bool = False
    ) -> None:
        """Again at that time.

        ``faulty``: it met a fault of this program, which is counted. ``passed``: from now on it holds back only what is
        about the same request.
        """
        ...

    async def hasten(self, request_id: RequestId, to: Recipient, now: datetime) -> None:
        """Try at once what waits for this one about a request: what it waited for is there."""
        ...

    async def undeliverable(self, outgoing: Outgoing, at: datetime, error: str) -> None:
        """Give up on this one and keep it, with why: it is shown by ``doctor`` and in metrics."""
        ...

    async def was_put(self, topic: Topic, to: Recipient, request_id: RequestId, since: datetime) -> bool:
        """True if such a message about this request was put in after that time, whatever has become of it."""
        ...

    async def was_refused(self, form: Form, to: Recipient, request_id: RequestId) -> bool:
        """True if such a message about this request was given up lately."""
        ...

    async def waiting(self) -> tuple[int, int, datetime | None]:
        """The number that wait, the number undeliverable, and the time of the oldest that waits."""
        ...


class Cards(Protocol):
    """The message that shows a request's card, for each place."""

    async def get(self, request_id: RequestId, place: Place) -> MessageRef | None: ...

    async def put(self, request_id: RequestId, place: Place, ref: MessageRef, at: datetime) -> None:
        """Remember, replacing what was known for the place."""
        ...

    async def of(self, request_id: RequestId) -> Mapping[Place, MessageRef]: ...

    async def note_buttons(self, request_id: RequestId, ref: MessageRef, at: datetime) -> None:
        """Remember another message with buttons that decide: a reminder."""
        ...

    async def is_ours(self, request_id: RequestId, ref: MessageRef) -> bool:
        """True if a press in this message comes from a card of the request, or from such a message."""
        ...


@dataclass(frozen=True, slots=True)
class Export:
    """A file that somebody is to get. ``file`` is the platform's id of it, once it is there and about to be shown."""

    id: int
    asked_by: ChatUser
    kind: ExportKind
    subject: str
    asked_at: datetime
    attempts: int = 0
    fence: int = 0
    """The number of claims so far."""
    file: str = ""
    accepted: Mapping[str, str] = field(default_factory=dict)
    """The destination of an accepted offer, as the platform told it."""
    made: Mapping[str, object] = field(default_factory=dict)
    """The facts of ``file``, as they go on record. Empty of one that an earlier release made."""


class Exports(Protocol):
    """Files that are to be made and sent: apart from the outbox, because one may take minutes."""

    async def put(
        self,
        asked_by: ChatUser,
        kind: ExportKind,
        subject: str,
        at: datetime,
        *,
        accepted: Mapping[str, str] | None = None,
    ) -> bool:
        """Queue; False when the same person waits for the same file already: two clicks are one file."""
        ...

    async def get(self, export_id: int) -> Export | None: ...

    async def claim(self, now: datetime, lease: timedelta) -> Export | None:
        """Lease one that is due, people taking turns, in one statement."""
        ...

    async def hold(
        self, export: Export, until: datetime, *, file: str = "", made: Mapping[str, object] | None = None
    ) -> Export:
        """Go on holding it, and note the file with its facts; Conflict when it was claimed anew."""
        ...

    async def close(self, export: Export, at: datetime, error: str = "") -> None:
        """Sent, or given up with why. Conflict when it was claimed anew."""
        ...

    async def retry(self, export: Export, at: datetime, error: str) -> None:
        """Again at that time. Conflict when it was claimed anew."""
        ...

    async def forget(self, closed_before: datetime, limit: int) -> int:
        """Delete what is over since then, the oldest first; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class StoredCommand:
    """A command in the inbox. ``outcome`` is None while it is open; ``answer_later``: nobody waits at a screen."""

    id: int
    command: Command
    received_at: datetime
    outcome: Mapping[str, object] | None = None
    answer_later: bool = False
    attempts: int = 0
    faults: int = 0
    """The number of attempts that met a fault of this program."""


class Inbox(Protocol):
    async def forget(self, closed_before: datetime, limit: int, *, only: str = "") -> int:
        """Delete commands closed before that, ``only`` those with this result; returns how many there were."""
        ...

    async def drop(self, command_id: int) -> None:
        """Delete one that is closed; its key is free again."""
        ...

    async def put(self, command: Command, at: datetime) -> StoredCommand:
        """Store, leased to the caller; returns the one already there when the key is known."""
        ...

    async def get(self, command_id: int) -> StoredCommand | None: ...

    async def close(self, command_id: int, outcome: Mapping[str, object], at: datetime) -> StoredCommand:
        """Record what came of it; Conflict when another has done so."""
        ...

    async def answer_later(self, command_id: int) -> StoredCommand:
        """The screen gives up waiting: the outcome is to be told in a message. Returns the row as it is now."""
        ...

    async def claim_open(self, now: datetime, lease: timedelta, limit: int) -> Sequence[StoredCommand]:
        """Lease open commands that nobody works on, people taking turns; their answer then comes in a message."""
        ...

    async def retry(self, command_id: int, at: datetime, error: str, *, is_fault: bool = False) -> None: ...
