"""Whether a request was asked for from a second chat account of its requester."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_second_account"
down_revision: str | None = "20261129_aws_ids"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("request", sa.Column("second_account", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("request", "second_account")
