"""Changes of policies that wait for a second admin."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_proposals"
down_revision: str | None = "20261128_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "policy_proposal",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("book", sa.Text(), nullable=False),
        sa.Column("based_on", NUMBER, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_proposal")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_policy_proposal_state", "policy_proposal", ["state"])


def downgrade() -> None:
    op.drop_table("policy_proposal")
