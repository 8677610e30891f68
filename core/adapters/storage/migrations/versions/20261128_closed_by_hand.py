"""Who closed a revocation by hand, and why."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_closed_by_hand"
down_revision: str | None = "20261128_instance"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for name in ("closed_by", "close_reason"):
        op.add_column("request", sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("close_reason", "closed_by"):
        op.drop_column("request", name)
