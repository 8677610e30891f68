"""Indexes of when something is due, over the requests that are open; and one of the names of those who decided."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_due_indexes"
down_revision: str | None = "20261129_stars"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TIMES = ("expires_at", "remind_at", "start_at", "warn_at", "end_at")
OPEN = sa.text("closed_at IS NULL")
TO_WARN = tuple(sa.text(f"closed_at IS NULL AND ending_soon_told IS {false}") for false in ("0", "false"))
"""As the two databases are asked: an index over some of the rows is found by its very words."""
NAMES = "ix_vote_sought_request_id"


def upgrade() -> None:
    for time in TIMES:
        columns = ["status", time, "id"]
        sqlite, postgresql = TO_WARN if time == "warn_at" else (OPEN, OPEN)
        op.create_index(f"ix_request_open_{time}", "request", columns, sqlite_where=sqlite, postgresql_where=postgresql)
    op.create_index(NAMES, "vote", ["sought", "request_id"])


def downgrade() -> None:
    op.drop_index(NAMES, table_name="vote")
    for time in TIMES:
        op.drop_index(f"ix_request_open_{time}", table_name="request")
