"""Policy books that somebody has in hand, between the form and its saving."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_policy_draft"
down_revision: str | None = "20261122_search"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "policy_draft",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("based_on", NUMBER, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_draft")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_policy_draft_made_at", "policy_draft", ["made_at"])


def downgrade() -> None:
    op.drop_table("policy_draft")
