"""The number of events a summary of session activity told of."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_activity_events"
down_revision: str | None = "20261129_ignored"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "activity_summary", sa.Column("events", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("activity_summary", "events")
