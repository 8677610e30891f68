"""Indexes for what is asked all the time: over the few rows that it is about, however many others there are."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_indexes"
down_revision: str | None = "20261128_buttons"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TRUE = ("IS 1", "IS true")
"""As the two databases are asked: an index over some of the rows is found by its very words."""
NEW: tuple[tuple[str, str, list[str], str], ...] = (
    ("ix_assignment_in_flight", "assignment", ["account_id"], "operation_kind IS NOT NULL"),
    ("ix_assignment_waiting", "assignment", ["waits_for", "id"], "waits_for IS NOT NULL"),
    ("ix_assignment_account_id_permission_set_arn", "assignment", ["account_id", "permission_set_arn"], ""),
    ("ix_assignment_at_rest", "assignment", ["changed_at"], "next_try_at IS NULL"),
    ("ix_outgoing_open", "outgoing", ["next_try_at", "id"], "closed_at IS NULL"),
    ("ix_outgoing_undeliverable", "outgoing", ["id"], "undeliverable {true}"),
    ("ix_outgoing_closed", "outgoing", ["closed_at"], "closed_at IS NOT NULL"),
    ("ix_act_closed", "act", ["closed_at"], "closed_at IS NOT NULL"),
    ("ix_export_closed", "export", ["closed_at"], "closed_at IS NOT NULL"),
    ("ix_activity_summary_given_up", "activity_summary", ["id"], "given_up {true}"),
    ("ix_request_closed", "request", ["closed_at"], "closed_at IS NOT NULL"),
)


def upgrade() -> None:
    for name, table, columns, where in NEW:
        sqlite, postgresql = (sa.text(where.format(true=true)) if where else None for true in TRUE)
        op.create_index(name, table, columns, sqlite_where=sqlite, postgresql_where=postgresql)


def downgrade() -> None:
    for name, table, _, _ in NEW:
        op.drop_index(name, table_name=table)
