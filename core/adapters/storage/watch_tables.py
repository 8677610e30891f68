"""The tables of what replicas share: alarms that stand, who is alive, rounds of one for all, and the people listed."""

from typing import Annotated

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from core.adapters.storage.columns import Document, MaybeWhen, Number, NumberKey, Packed, TableRow, When, WordKey
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


class PeopleListingRow(TableRow, table=True):
    __tablename__ = "people_listing"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: NumberKey
    asked_at: When
    people: Packed
