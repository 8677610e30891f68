"""Whether a requester was told that AWS takes its time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_slow_grants"
down_revision: str | None = "20261128_proposals"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("request", sa.Column("slow_told", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("request", "slow_told")
