"""Targets that people starred, to ask for them again with one press."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_stars"
down_revision: str | None = "20261129_tells_each"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "star",
        sa.Column("principal_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("permission_set_arn", sa.String(), nullable=False),
        sa.Column("starred_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal_id", "account_id", "permission_set_arn", name=op.f("pk_star")),
    )


def downgrade() -> None:
    op.drop_table("star")
