"""Since when too few people are left to approve a request."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_undecidable"
down_revision: str | None = "20261128_slow_grants"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("request", sa.Column("undecidable_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("request", "undecidable_since")
