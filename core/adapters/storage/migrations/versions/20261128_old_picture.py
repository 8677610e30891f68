"""When the admins were told that the organization was not read lately."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_old_picture"
down_revision: str | None = "20261128_outcomes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("snapshot", sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("snapshot", "alarmed_at")
