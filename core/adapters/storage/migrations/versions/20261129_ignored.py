"""Unknown assignments that an operator has reported no more."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_ignored"
down_revision: str | None = "20261129_untold"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("unknown_assignment", sa.Column("ignored", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("unknown_assignment", "ignored")
