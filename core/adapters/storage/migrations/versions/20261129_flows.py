"""Whose messages, acts and files take turns with whose: the flow of each, and how many of it are ahead."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_flows"
down_revision: str | None = "20261129_sent_messages"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


TABLES = ("outgoing", "act", "export")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("flow", sa.String(), nullable=False, server_default=""))
        op.add_column(table, sa.Column("ahead", NUMBER, nullable=False, server_default="0"))
        _index(f"ix_{table}_flow", table, "flow", "ahead")
    op.drop_index("ix_outgoing_waiting", table_name="outgoing")
    _index("ix_outgoing_waiting", "outgoing", "audience", "recipient", "lane", "ahead", "id")


def downgrade() -> None:
    op.drop_index("ix_outgoing_waiting", table_name="outgoing")
    _index("ix_outgoing_waiting", "outgoing", "audience", "recipient", "lane", "id")
    for table in TABLES:
        op.drop_index(f"ix_{table}_flow", table_name=table)
        op.drop_column(table, "ahead")
        op.drop_column(table, "flow")


def _index(name: str, table: str, *columns: str) -> None:
    still_open = sa.text("closed_at IS NULL")
    op.create_index(name, table, list(columns), sqlite_where=still_open, postgresql_where=still_open)
