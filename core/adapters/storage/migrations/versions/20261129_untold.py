"""Why a requester could not be told of a request."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_untold"
down_revision: str | None = "20261129_replicas"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("request", sa.Column("untold", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("request", "untold")
