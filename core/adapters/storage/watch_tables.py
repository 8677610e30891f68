"""The tables of what the program knows about itself: alarms that stand, its replicas, rounds that they share."""

from typing import Annotated

from sqlmodel import Field

from core.adapters.storage.columns import Document, MaybeWhen, Number, TableRow, When, WordKey
from core.adapters.storage.types import BigId


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


class ReplicaRow(TableRow, table=True):
    __tablename__ = "replica"

    name: WordKey
    seen_at: When
    divides_by: Annotated[int, Field(sa_type=BigId, sa_column_kwargs={"server_default": "0"})]
    clock_ahead_ms: Annotated[int, Field(sa_type=BigId, sa_column_kwargs={"server_default": "0"})]
