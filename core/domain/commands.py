"""Commands: one type for each thing that people want done, with the fields that it needs.

The inbox keeps a command as it came in; ``core/adapters/storage/command_documents.py`` says how it is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from core.domain.approval import Verdict
from core.domain.evaluation import RequestedAccess
from core.domain.ids import RequestId
from core.domain.organization import Target
from core.domain.people import ChatUser


class CommandKind(StrEnum):
    """The kinds as they are stored."""

    SUBMIT = "submit"
    SUBMIT_TOGETHER = "submit_together"
    """Several targets: all of them, or none."""
    DECIDE = "decide"
    CANCEL = "cancel"
    REVOKE = "revoke"
    CLOSE = "close"
    EXPORT = "export"
    TAKE_FILE = "take_file"
    """One that was offered."""
    SAVE_POLICIES = "save_policies"
    DECIDE_POLICIES = "decide_policies"
    """Of a change that waits for a second admin."""


class ExportKind(StrEnum):
    REQUESTS = "requests"
    """Every request that a search finds; its subject is the search as it is written."""
    ACTIVITY = "activity"
    """The session activity of one request; its subject is ``R-1042``, or ``R-1042 2026-11-22`` for one day of it."""
    REPORT = "report"
    """The figures of a period as a table; its subject is the first and the last day, ``2026-11-01 2026-11-30``."""
    CHARTS = "charts"
    """The same as one picture."""


@dataclass(frozen=True, slots=True)
class _FromPerson:
    actor: ChatUser
    key: str
    """Makes the same press or form delivered twice one command."""
    sent_at: datetime | None = field(default=None, kw_only=True)
    """The time when it came in; None: now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitRequest(_FromPerson):
    kind: ClassVar = CommandKind.SUBMIT
    access: RequestedAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitTogether(_FromPerson):
    """Ask for several targets in one go: ``access`` says everything but the other targets."""

    kind: ClassVar = CommandKind.SUBMIT_TOGETHER
    access: RequestedAccess
    others: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest(_FromPerson):
    """``digest`` is that of the facts which were shown (rule 13)."""

    kind: ClassVar = CommandKind.DECIDE
    request_id: RequestId
    digest: str
    verdict: Verdict
    comment: str
    allowed: timedelta | None = None
    """The length that is approved; None: as long as was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest(_FromPerson):
    kind: ClassVar = CommandKind.CANCEL
    request_id: RequestId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeAccess(_FromPerson):
    kind: ClassVar = CommandKind.REVOKE
    request_id: RequestId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRequest(_FromPerson):
    """End by hand a revocation that AWS will never finish (rule 17)."""

    kind: ClassVar = CommandKind.CLOSE
    request_id: RequestId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartExport(_FromPerson):
    kind: ClassVar = CommandKind.EXPORT
    export: ExportKind
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFile(_FromPerson):
    """``accepted`` is the platform's: where the file may go. Its values are texts."""

    kind: ClassVar = CommandKind.TAKE_FILE
    export_id: int
    accepted: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePolicies(_FromPerson):
    kind: ClassVar = CommandKind.SAVE_POLICIES
    draft: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidePolicies(_FromPerson):
    kind: ClassVar = CommandKind.DECIDE_POLICIES
    proposal: int
    approve: bool


Command = (
    SubmitRequest
    | SubmitTogether
    | DecideRequest
    | CancelRequest
    | RevokeAccess
    | CloseRequest
    | StartExport
    | TakeFile
    | SavePolicies
    | DecidePolicies
)


def request_of(command: Command) -> RequestId | None:
    """The request that a command names."""
    match command:
        case DecideRequest() | CancelRequest() | RevokeAccess() | CloseRequest():
            return command.request_id
        case SubmitRequest() | SubmitTogether() | StartExport() | TakeFile() | SavePolicies() | DecidePolicies():
            return None


def typed_in(command: Command) -> str:
    """The text that somebody typed, given back when nothing came of it."""
    match command:
        case SubmitRequest() | SubmitTogether():
            return command.access.justification
        case DecideRequest():
            return command.comment
        case SavePolicies():
            return command.why
        case CancelRequest() | RevokeAccess() | CloseRequest() | StartExport() | TakeFile() | DecidePolicies():
            return ""
