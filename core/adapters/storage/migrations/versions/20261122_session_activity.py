"""Summaries of session activity that are still to be told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_session_activity"
down_revision: str | None = "20261122_archive"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TEXT = sa.String()
INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STILL_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "activity_summary",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("request_id", NUMBER, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_activity_summary_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_summary")),
        sa.UniqueConstraint("request_id", name=op.f("uq_activity_summary_request_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_activity_summary_open",
        "activity_summary",
        ["next_try_at"],
        sqlite_where=STILL_OPEN,
        postgresql_where=STILL_OPEN,
    )


def downgrade() -> None:
    op.drop_table("activity_summary")
