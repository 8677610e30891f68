"""The tables of what the program knows about itself: alarms that stand, rounds that replicas share."""

from core.adapters.storage.columns import Document, MaybeWhen, Number, TableRow, When, WordKey


class AlarmRow(TableRow, table=True):
    __tablename__ = "alarm"

    kind: WordKey
    raised_at: When
    facts: Document


class SharedRoundRow(TableRow, table=True):
    __tablename__ = "shared_round"

    name: WordKey
    place: Document
    due_at: When
    fence: Number
    held_until: MaybeWhen
