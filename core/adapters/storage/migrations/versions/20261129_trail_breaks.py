"""Breaks of the audit trail that were found and told."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_trail_breaks"
down_revision: str | None = "20261129_compatibility"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_break",
        sa.Column("seq", NUMBER, nullable=False, autoincrement=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_break")),
    )


def downgrade() -> None:
    op.drop_table("audit_break")
