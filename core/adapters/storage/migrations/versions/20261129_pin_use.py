"""When a chat account was last used, which says where a person is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_pin_use"
down_revision: str | None = "20261129_teams_home"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("pin", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("pin", "used_at")
