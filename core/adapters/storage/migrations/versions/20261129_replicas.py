"""Which share of the calls each replica takes, and how far its clock is ahead of the database's."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_replicas"
down_revision: str | None = "20261129_second_account"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("replica", sa.Column("divides_by", NUMBER, nullable=False, server_default="0"))
    op.add_column("replica", sa.Column("clock_ahead_ms", NUMBER, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("replica", "clock_ahead_ms")
    op.drop_column("replica", "divides_by")
