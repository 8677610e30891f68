"""Whether approvers of a request get its card themselves, beside the channels."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_tells_each"
down_revision: str | None = "20261129_file_offers"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("request", sa.Column("tells_each", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("request", "tells_each")
