"""How far the search for unknown assignments has come, and which of them were seen twice."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_sweep"
down_revision: str | None = "20261122_session_activity"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String()
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    op.add_column("unknown_assignment", sa.Column("confirmed_at", INSTANT, nullable=True))
    op.execute("UPDATE unknown_assignment SET confirmed_at = told_at")
    sweep = op.create_table(
        "drift_sweep",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("permission_set_arn", TEXT, nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_drift_sweep_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_sweep")),
    )
    never = {"id": 1, "begun_at": LONG_AGO, "account_id": "", "permission_set_arn": "", "is_over": True, "fence": 0}
    op.bulk_insert(sweep, [never])


def downgrade() -> None:
    op.drop_table("drift_sweep")
    op.drop_column("unknown_assignment", "confirmed_at")
