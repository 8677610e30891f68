"""The tables of the HTTP API: tokens, and the signatures of terminals that were used."""

from sqlalchemy import Index, UniqueConstraint

from core.adapters.storage.columns import Document, MaybeWhen, Numbered, TableRow, When, Word, WordKey


class ApiTokenRow(TableRow, table=True):
    __tablename__ = "api_token"
    __table_args__ = (UniqueConstraint("digest"), Index(None, "expires_at"), {"sqlite_autoincrement": True})

    id: Numbered
    name: Word
    maker: Word
    maker_name: Word
    account: Document
    scopes: Document
    made_at: When
    expires_at: When
    digest: Word
    used_at: MaybeWhen
    revoked_at: MaybeWhen
    revoked_by: Word


class SignedCallRow(TableRow, table=True):
    __tablename__ = "signed_call"
    __table_args__ = (Index(None, "used_at"),)

    signature: WordKey
    used_at: When
