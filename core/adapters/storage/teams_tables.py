"""The table of conversations in Microsoft Teams."""

from typing import Annotated

from sqlalchemy import Index
from sqlmodel import Field

from core.adapters.storage.columns import MaybeWhen, TableRow, When, Word, WordKey
from core.adapters.storage.types import PlainText


class TeamsConversationRow(TableRow, table=True):
    __tablename__ = "teams_conversation"
    __table_args__ = (
        Index(None, "tenant", "chat_user"),
        Index(None, "tenant", "email"),
        Index(None, "tenant", "team"),
        Index(None, "tenant", "seen_at"),
    )

    tenant: WordKey
    conversation: WordKey
    kind: Word
    service_url: Word
    seen_at: When
    installed: bool
    chat_user: Word
    mri: Word
    email: Word
    zone: Word
    name: Word
    team: Word
    team_name: Word
    team_group: Word
    channel_type: Word
    archived: bool
    turn_of: Word
    turn_until: MaybeWhen
    """Until then only that process writes there."""
    home_card: Annotated[str, Field(sa_type=PlainText, sa_column_kwargs={"server_default": ""})]
