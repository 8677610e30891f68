"""The number of tries of an act that met a fault of the program, apart from those that met an outage."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_act_faults"
down_revision: str | None = "20261128_closed_by_hand"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("act", sa.Column("faults", NUMBER, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("act", "faults")
