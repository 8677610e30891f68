"""The tables of what waits to be worked off, and of where cards were posted.

``closed_at``: done with. ``flow``: the person who has caused it. ``ahead``: how many of the same flow waited when it
came; it goes behind as many of every other (rule 26).
"""

from sqlalchemy import Index, UniqueConstraint

from core.adapters.storage.columns import (
    Document,
    MaybeDocument,
    MaybeNumber,
    MaybeOfRequest,
    MaybeWhen,
    Number,
    Numbered,
    OfRequest,
    OfRequestKey,
    TableRow,
    When,
    Word,
    WordKey,
    of_closed,
    of_open,
    of_some,
)


class OutgoingRow(TableRow, table=True):
    __tablename__ = "outgoing"
    __table_args__ = (
        of_open("ix_outgoing_waiting", "audience", "recipient", "lane", "ahead", "id"),
        of_open("ix_outgoing_flow", "flow", "ahead"),
        of_open("ix_outgoing_open", "next_try_at", "id"),
        of_closed("ix_outgoing_closed"),
        of_some("ix_outgoing_undeliverable", "id", which="undeliverable {true}"),
        {"sqlite_autoincrement": True},
    )

    id: Numbered
    form: Word
    topic: Word
    audience: Word
    recipient: Word
    lane: Number
    flow: Word
    ahead: Number
    request_id: MaybeOfRequest
    facts: Document
    created_at: When
    attempts: Number
    faults: Number
    next_try_at: When
    last_error: Word
    fence: Number
    held_until: MaybeWhen
    closed_at: MaybeWhen
    undeliverable: bool


class CardRow(TableRow, table=True):
    __tablename__ = "card"

    request_id: OfRequestKey
    place: WordKey
    platform: Word
    conversation: Word
    message: Word
    placed_at: When


class ButtonRow(TableRow, table=True):
    __tablename__ = "button"

    request_id: OfRequestKey
    conversation: WordKey
    message: WordKey
    platform: Word
    placed_at: When


class SentMessageRow(TableRow, table=True):
    __tablename__ = "sent_message"
    __table_args__ = (Index("ix_sent_message_subject", "subject"), Index("ix_sent_message_sent_at", "sent_at"))

    conversation: WordKey
    message: WordKey
    platform: Word
    subject: Word
    topic: Word
    request_id: MaybeOfRequest
    facts: Document
    sent_at: When


class CommandRow(TableRow, table=True):
    __tablename__ = "act"
    __table_args__ = (
        UniqueConstraint("key"),
        of_open("ix_act_open", "next_try_at"),
        of_open("ix_act_flow", "flow", "ahead"),
        of_closed("ix_act_closed"),
        {"sqlite_autoincrement": True},
    )

    id: Numbered
    key: Word
    kind: Word
    actor: Document
    flow: Word
    ahead: Number
    payload: Document
    received_at: When
    answer_later: bool
    attempts: Number
    faults: Number
    next_try_at: When
    last_error: Word
    held_until: MaybeWhen
    closed_at: MaybeWhen
    outcome: MaybeDocument


class ExportRow(TableRow, table=True):
    __tablename__ = "export"
    __table_args__ = (
        of_open("ix_export_open", "next_try_at"),
        of_closed("ix_export_closed"),
        of_open("ix_export_flow", "flow", "ahead"),
        of_open("uq_export_open_key", "key", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: Numbered
    asked_by: Document
    kind: Word
    subject: Word
    key: Word
    """The same for the same wish of the same person."""
    flow: Word
    ahead: Number
    asked_at: When
    attempts: Number
    next_try_at: When
    last_error: Word
    fence: Number
    held_until: MaybeWhen
    closed_at: MaybeWhen
    file: Word
    accepted: MaybeDocument
    made: MaybeDocument


class SummaryRow(TableRow, table=True):
    __tablename__ = "activity_summary"
    __table_args__ = (
        UniqueConstraint("request_id"),
        of_open("ix_activity_summary_open", "next_try_at"),
        of_some("ix_activity_summary_given_up", "id", which="given_up {true}"),
        {"sqlite_autoincrement": True},
    )

    id: Numbered
    request_id: OfRequest
    due_at: When
    attempts: Number
    next_try_at: When
    last_error: Word
    fence: Number
    held_until: MaybeWhen
    closed_at: MaybeWhen
    given_up: bool
    events: MaybeNumber
    """The number of events it told of; NULL: not known."""
