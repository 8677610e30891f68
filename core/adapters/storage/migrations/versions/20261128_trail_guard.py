"""No INSERT OR REPLACE past the triggers of the trail; the archive keeps which event it ends with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_trail_guard"
down_revision: str | None = "20261128_old_picture"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

APPEND_ONLY = "the audit trail is append-only"
TAKEN = {
    "audit_event": "EXISTS (SELECT 1 FROM audit_event WHERE seq = NEW.seq OR prev_hash = NEW.prev_hash)",
    "audit_anchor": "EXISTS (SELECT 1 FROM audit_anchor)",
}


def upgrade() -> None:
    op.add_column("audit_archive", sa.Column("last_sealed", sa.String(), nullable=False, server_default=""))
    op.execute(
        "UPDATE audit_archive SET last_sealed = COALESCE((SELECT CAST(e.seq AS VARCHAR) || ':' || e.hash "
        "FROM audit_event AS e WHERE e.seq = audit_archive.seq), '')"
    )
    if _is_sqlite():  # PostgreSQL has no such statement: its ON CONFLICT DO UPDATE meets the triggers of UPDATE
        for table, taken in TAKEN.items():
            op.execute(
                f"CREATE TRIGGER {table}_insert BEFORE INSERT ON {table} WHEN {taken} "
                f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
            )


def downgrade() -> None:
    if _is_sqlite():
        for table in TAKEN:
            op.execute(f"DROP TRIGGER {table}_insert")
    op.drop_column("audit_archive", "last_sealed")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
