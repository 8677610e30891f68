"""Mark the requests that were stored by what was known, and are still to be judged by what is so."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_unjudged"
down_revision: str | None = "20261129_machines"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("request", sa.Column("unjudged", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_request_unjudged",
        "request",
        ["id"],
        sqlite_where=sa.text("closed_at IS NULL AND unjudged IS 1"),
        postgresql_where=sa.text("closed_at IS NULL AND unjudged IS true"),
    )


def downgrade() -> None:
    op.drop_index("ix_request_unjudged", "request")
    op.drop_column("request", "unjudged")
