"""The tables, as SQLModel rows. Rows check nothing and stay in this package (see ``mapping``).

Columns named ``held_until`` are leases: until then the row belongs to whoever claimed it.
"""

from typing import Annotated

from sqlalchemy import CheckConstraint, Identity, Index, UniqueConstraint
from sqlmodel import Field

from core.adapters.storage.columns import (
    Document,
    Length,
    MaybeDocument,
    MaybeLength,
    MaybeNumber,
    MaybeWhen,
    MaybeWord,
    Number,
    Numbered,
    NumberKey,
    OfRequest,
    TableRow,
    When,
    Word,
    WordKey,
    of_closed,
    of_open,
    of_some,
)
from core.adapters.storage.home_tables import HomeRow
from core.adapters.storage.machine_tables import ApiTokenRow, SignedCallRow
from core.adapters.storage.queue_tables import CardRow, CommandRow, ExportRow, OutgoingRow, SummaryRow
from core.adapters.storage.teams_tables import TeamsConversationRow
from core.adapters.storage.types import BigId
from core.adapters.storage.watch_tables import AlarmRow, PeopleListingRow, ReplicaRow, SharedRoundRow

__all__ = [
    "FIRST_REQUEST_ID",
    "AlarmRow",
    "ApiTokenRow",
    "ArchiveRow",
    "AssignmentRow",
    "AuditAnchorRow",
    "AuditEventRow",
    "CardRow",
    "CommandRow",
    "CompatibilityRow",
    "DraftRow",
    "ExportRow",
    "HomeRow",
    "InstanceRow",
    "OutgoingRow",
    "PeopleListingRow",
    "PinRow",
    "PolicyRevisionRow",
    "ReplicaRow",
    "RequestRow",
    "SharedRoundRow",
    "SignedCallRow",
    "SnapshotRow",
    "SummaryRow",
    "SweepRow",
    "TableRow",
    "TeamsConversationRow",
    "UnknownRow",
    "VoteRow",
]

FIRST_REQUEST_ID = 1001
_DUE_TIMES = ("expires_at", "remind_at", "start_at", "end_at")
_IS_TO_WARN = "closed_at IS NULL AND ending_soon_told {false}"


class RequestRow(TableRow, table=True):
    __tablename__ = "request"
    __table_args__ = (
        Index(None, "status", "id"),
        Index(None, "requester", "id"),
        Index(None, "created_at", "id"),
        Index(None, "status", "created_at", "id"),
        Index(None, "requester", "created_at", "id"),
        Index(None, "account_id", "created_at", "id"),
        Index(None, "permission_set_arn", "created_at", "id"),
        of_closed("ix_request_closed"),
        *(of_open(f"ix_request_open_{time}", "status", time, "id") for time in _DUE_TIMES),
        of_some("ix_request_open_warn_at", "status", "warn_at", "id", which=_IS_TO_WARN),
        of_some("ix_request_submission", "submission", which="submission IS NOT NULL"),
        of_some("ix_request_unjudged", "id", which="closed_at IS NULL AND unjudged {true}"),
        {"sqlite_autoincrement": True},
    )

    id: Annotated[int, Field(sa_type=BigId, primary_key=True, sa_column_args=[Identity(start=FIRST_REQUEST_ID)])]
    version: Number
    status: Word
    requester: Word
    requester_name: Word
    requester_user_name: Word = ""
    requester_chat: MaybeDocument
    account_id: Word
    account_name: Word
    account_was: Word = ""
    permission_set_arn: Word
    permission_set_name: Word
    duration: Length
    justification: Word
    ticket: Word
    created_at: When
    expires_at: When
    start_at: MaybeWhen
    session_duration: Length
    eligibility_policies: Document
    approval_policies: Document
    channels: Document
    quorum: Number
    policy_revision: Number
    decided_at: MaybeWhen
    decided_by: Word
    decision_comment: Word
    granting_at: MaybeWhen
    window_start_at: MaybeWhen
    end_at: MaybeWhen
    warn_at: MaybeWhen
    """Derived: when the requester is to be told that the end is near."""
    revoking_at: MaybeWhen
    revoked_by: Word
    revoke_reason: Word
    closed_at: MaybeWhen
    failure: Word
    ending_soon_told: bool
    alarmed_at: MaybeWhen
    continued_by: MaybeNumber
    extends: MaybeNumber
    asked_duration: MaybeLength
    remind_at: MaybeWhen
    reminders: Number
    judged_at: MaybeWhen
    undecidable_since: MaybeWhen
    left_behind: MaybeWord
    untold: Word
    tells_each: bool
    second_account: bool
    filed_by_token: Word = ""
    slow_told: bool
    closed_by: Word
    close_reason: Word
    submission: MaybeNumber
    card: MaybeNumber
    unjudged: bool
    held_until: MaybeWhen
    """Leased for its judgement or its start, or put off."""
    sought: Word
    """Derived: the words that a search finds it by (``sought``)."""


class VoteRow(TableRow, table=True):
    __tablename__ = "vote"
    __table_args__ = (
        UniqueConstraint("request_id", "principal_id"),
        Index(None, "principal_id", "request_id"),
        Index(None, "sought", "request_id"),
        {"sqlite_autoincrement": True},
    )

    id: Numbered
    request_id: OfRequest
    principal_id: Word
    name: Word
    verdict: Word
    comment: Word
    given_at: When
    chat_user: MaybeDocument
    allowed: MaybeLength
    sought: Word
    """Derived: the name as a search compares it."""


class AssignmentRow(TableRow, table=True):
    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("principal_id", "account_id", "permission_set_arn", name="uq_assignment_holding"),
        Index(None, "next_try_at"),
        Index(None, "account_id", "permission_set_arn"),
        of_some("ix_assignment_in_flight", "account_id", which="operation_kind IS NOT NULL"),
        of_some("ix_assignment_waiting", "waits_for", "id", which="waits_for IS NOT NULL"),
        of_some("ix_assignment_at_rest", "changed_at", which="next_try_at IS NULL"),
        {"sqlite_autoincrement": True},
    )

    id: Numbered
    principal_id: Word
    account_id: Word
    permission_set_arn: Word
    ours: bool
    operation_kind: MaybeWord
    operation_begun_at: MaybeWhen
    operation_aws_id: Word
    urgent: bool
    next_try_at: MaybeWhen
    attempts: Number
    last_error: Word
    fence: Number
    held_until: MaybeWhen
    woken_at: MaybeWhen
    """Asked for since the last claim: whoever works under that claim must not put it off any further."""
    missing_since: MaybeWhen
    wants_slot: bool
    """Of the release before ``waits_for``; always false."""
    hanging: Document
    changed_kind: MaybeWord
    changed_at: MaybeWhen
    made_at: MaybeWhen
    changed_aws_id: Word
    asked_since: MaybeWhen
    waits_for: MaybeWord
    waits_since: MaybeWhen
    failures: Number
    unusable: MaybeWord
    unusable_since: MaybeWhen


class AuditEventRow(TableRow, table=True):
    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("prev_hash"),
        Index(None, "request_id", "seq"),
    )

    seq: NumberKey
    prev_hash: Word
    hash: Word
    body: Word
    request_id: MaybeNumber
    """Copied out of the body for look-ups; the body is what was sealed."""


class RefusalRow(TableRow, table=True):
    __tablename__ = "refusal"
    __table_args__ = (Index(None, "at"),)

    who: WordKey
    action: WordKey
    about: WordKey
    at: When
    """Of the event that was sealed; ``more`` counts what came within a minute of it."""
    more: Number
    actor: Document
    request_id: MaybeNumber
    policy_revision: Number
    facts: Document


class AuditAnchorRow(TableRow, table=True):
    __tablename__ = "audit_anchor"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: NumberKey
    seq: Number
    hash: Word


class AuditBreakRow(TableRow, table=True):
    __tablename__ = "audit_break"

    seq: NumberKey
    what: Word
    found_at: When


class ArchiveRow(TableRow, table=True):
    __tablename__ = "audit_archive"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: NumberKey
    seq: Number
    next_day: MaybeWord
    last_sealed: Word = ""
    """``SEQ:HASH`` of the event that the last file ends with; of another number than ``seq``: not known."""
    attempts: Number
    next_try_at: When
    last_error: Word
    fence: Number
    held_until: MaybeWhen


class PinRow(TableRow, table=True):
    __tablename__ = "pin"
    __table_args__ = (
        Index(None, "principal_id"),
        Index(None, "claimed"),
        Index(None, "chat_user"),
    )

    platform: WordKey
    team: WordKey
    chat_user: WordKey
    principal_id: Word
    state: Word
    claimed: MaybeWord
    pinned_at: When
    known_as: MaybeDocument
    told_at: MaybeWhen
    used_at: MaybeWhen


class UnknownRow(TableRow, table=True):
    __tablename__ = "unknown_assignment"

    account_id: WordKey
    permission_set_arn: WordKey
    principal_id: WordKey
    found_at: When
    told_at: MaybeWhen
    confirmed_at: MaybeWhen
    ignored: MaybeDocument


class SweepRow(TableRow, table=True):
    __tablename__ = "drift_sweep"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: NumberKey
    begun_at: When
    account_id: Word
    permission_set_arn: Word
    is_over: bool
    fence: Number
    held_until: MaybeWhen


class InstanceRow(TableRow, table=True):
    __tablename__ = "identity_center"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: NumberKey
    instance_arn: Word
    bound_at: When


class PolicyRevisionRow(TableRow, table=True):
    __tablename__ = "policy_revision"

    revision: NumberKey
    book: Document
    written_at: When
    author: Document
    why: Word


class DraftRow(TableRow, table=True):
    __tablename__ = "policy_draft"
    __table_args__ = (Index("ix_policy_draft_made_at", "made_at"), {"sqlite_autoincrement": True})

    id: Numbered
    author: Word
    book: Document
    based_on: Number
    made_at: When


class ProposalRow(TableRow, table=True):
    __tablename__ = "policy_proposal"
    __table_args__ = (Index("ix_policy_proposal_state", "state"), {"sqlite_autoincrement": True})

    id: Numbered
    book: Document
    based_on: Number
    author: Document
    why: Word
    made_at: When
    expires_at: When
    state: Word
    closed_by: Word
    closed_at: MaybeWhen


class SnapshotRow(TableRow, table=True):
    __tablename__ = "snapshot"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: NumberKey
    taken_at: When
    organization: Document
    alarmed_at: MaybeWhen


class CompatibilityRow(TableRow, table=True):
    __tablename__ = "schema_compatibility"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: NumberKey
    minimum_revision: Word
    """The migration that a program must know to run on this schema (docs/adr/0021)."""
