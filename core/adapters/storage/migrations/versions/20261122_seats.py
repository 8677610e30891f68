"""Shortened approvals, extensions, reminders, and Home screens that are kept up to date."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_seats"
down_revision: str | None = "20261122_first"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TEXT = sa.String()
INSTANT = sa.DateTime(timezone=True)
SECONDS = sa.BigInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("request", sa.Column("extends", NUMBER, nullable=True))
    op.add_column("request", sa.Column("asked_duration", SECONDS, nullable=True))
    op.add_column("request", sa.Column("remind_at", INSTANT, nullable=True))
    op.add_column("request", sa.Column("reminders", NUMBER, nullable=False, server_default="0"))
    op.add_column("vote", sa.Column("allowed", SECONDS, nullable=True))
    op.create_table(
        "home",
        sa.Column("platform", TEXT, nullable=False),
        sa.Column("team", TEXT, nullable=False),
        sa.Column("chat_user", TEXT, nullable=False),
        sa.Column("principal_id", TEXT, nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=False),
        sa.Column("pages", TEXT, nullable=False),
        sa.Column("said", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "team", "chat_user", name=op.f("pk_home")),
    )
    op.create_index(op.f("ix_home_principal_id"), "home", ["principal_id"])


def downgrade() -> None:
    op.drop_table("home")
    op.drop_column("vote", "allowed")
    for column in ("extends", "asked_duration", "remind_at", "reminders"):
        op.drop_column("request", column)
