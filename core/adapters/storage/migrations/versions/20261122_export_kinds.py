"""Exports of more than one kind, and one at a time of the same wish."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_export_kinds"
down_revision: str | None = "20261122_sweep"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

STILL_OPEN = sa.text("closed_at IS NULL")
ANOTHER_KIND = "closed_at IS NULL AND kind <> 'requests'"


def upgrade() -> None:
    op.execute("ALTER TABLE export RENAME COLUMN search TO subject")
    op.add_column("export", sa.Column("kind", sa.String(), nullable=False, server_default="requests"))
    op.add_column("export", sa.Column("key", sa.String(), nullable=False, server_default=""))
    op.execute("UPDATE export SET key = 'export ' || id")
    op.create_index(
        "uq_export_open_key",
        "export",
        ["key"],
        unique=True,
        sqlite_where=STILL_OPEN,
        postgresql_where=STILL_OPEN,
    )


def downgrade() -> None:
    """What is of another kind and waits would be taken for a search."""
    op.execute(f"DELETE FROM export WHERE {ANOTHER_KIND}")  # noqa: S608 - no value in it
    op.drop_index("uq_export_open_key", "export")
    op.drop_column("export", "key")
    op.drop_column("export", "kind")
    op.execute("ALTER TABLE export RENAME COLUMN subject TO search")
