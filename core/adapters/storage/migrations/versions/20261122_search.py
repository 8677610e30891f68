"""Requests can be searched: a column of what they are found by, an index for each way of looking, and exports."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_search"
down_revision: str | None = "20261122_seats"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

REQUEST_INDEXES = (
    ["created_at", "id"],
    ["status", "created_at", "id"],
    ["requester", "created_at", "id"],
    ["account_id", "created_at", "id"],
    ["permission_set_arn", "created_at", "id"],
)
VOTE_INDEX = ["principal_id", "request_id"]
MARKED = (
    ("\x01", "requester_name", "\x02"),
    ("\x03", "account_name || ' ' || account_id", "\x04"),
    ("\x05", "permission_set_name", "\x06"),
    ("\x0e", "ticket", "\x0f"),
)
FREE = ("justification", "decided_by", "decision_comment", "revoked_by", "revoke_reason", "failure")


def upgrade() -> None:
    for table in ("request", "vote"):
        op.add_column(table, sa.Column("sought", sa.String(), nullable=False, server_default=""))
    _fill()
    for columns in REQUEST_INDEXES:
        op.create_index(op.f(f"ix_request_{'_'.join(columns)}"), "request", columns)
    op.create_index(op.f(f"ix_vote_{'_'.join(VOTE_INDEX)}"), "vote", VOTE_INDEX)
    _create_exports()


def downgrade() -> None:
    op.drop_table("export")
    op.drop_index(op.f(f"ix_vote_{'_'.join(VOTE_INDEX)}"), "vote")
    for columns in REQUEST_INDEXES:
        op.drop_index(op.f(f"ix_request_{'_'.join(columns)}"), "request")
    for table in ("vote", "request"):
        op.drop_column(table, "sought")


def _fill() -> None:
    """What is there already is folded as the database can; each row is folded anew when it next changes."""
    pieces = [piece for begin, column, end in MARKED for piece in (f"'{begin}'", f"lower({column})", f"'{end}'")]
    free = " || '\n' || ".join(f"lower({column})" for column in FREE)
    op.execute(f"UPDATE request SET sought = {' || '.join(pieces)} || {free}")  # noqa: S608 - names of ours alone
    op.execute("UPDATE vote SET sought = lower(name)")


def _create_exports() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant, still_open = sa.DateTime(timezone=True), sa.text("closed_at IS NULL")
    op.create_table(
        "export",
        sa.Column("id", number, sa.Identity(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("search", sa.String(), nullable=False),
        sa.Column("asked_at", instant, nullable=False),
        sa.Column("attempts", number, nullable=False),
        sa.Column("next_try_at", instant, nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("fence", number, nullable=False),
        sa.Column("held_until", instant, nullable=True),
        sa.Column("closed_at", instant, nullable=True),
        sa.Column("file", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_export_open", "export", ["next_try_at"], sqlite_where=still_open, postgresql_where=still_open)
