"""The tables of what people see on Home: which ones are open, and what somebody starred."""

from sqlalchemy import Index

from core.adapters.storage.columns import TableRow, When, Word, WordKey


class HomeRow(TableRow, table=True):
    __tablename__ = "home"
    __table_args__ = (Index(None, "principal_id"),)

    platform: WordKey
    team: WordKey
    chat_user: WordKey
    principal_id: Word
    drawn_at: When
    pages: Word
    said: Word


class StarRow(TableRow, table=True):
    __tablename__ = "star"

    principal_id: WordKey
    account_id: WordKey
    permission_set_arn: WordKey
    starred_at: When
