"""AWS's name for the last change of an assignment."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_aws_ids"
down_revision: str | None = "20261129_flows"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("assignment", sa.Column("changed_aws_id", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("assignment", "changed_aws_id")
