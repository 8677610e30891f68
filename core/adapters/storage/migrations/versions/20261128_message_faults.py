"""How often a message met a fault, and the lane in which it waits without holding back what comes after it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_message_faults"
down_revision: str | None = "20261128_trail_guard"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("outgoing", sa.Column("faults", NUMBER, nullable=False, server_default="0"))
    op.add_column("outgoing", sa.Column("lane", NUMBER, nullable=False, server_default="0"))
    op.drop_index("ix_outgoing_waiting", table_name="outgoing")
    _index("audience", "recipient", "lane", "id")


def downgrade() -> None:
    op.drop_index("ix_outgoing_waiting", table_name="outgoing")
    _index("audience", "recipient", "id")
    op.drop_column("outgoing", "lane")
    op.drop_column("outgoing", "faults")


def _index(*columns: str) -> None:
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_outgoing_waiting", "outgoing", list(columns), sqlite_where=still_open, postgresql_where=still_open
    )
