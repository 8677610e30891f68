"""How far the audit trail has been archived."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_archive"
down_revision: str | None = "20261122_policy_draft"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "audit_archive",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("next_day", sa.String(), nullable=True),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("next_try_at", instant, nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("held_until", instant, nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_archive_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_archive")),
    )
    first = sa.text(
        "INSERT INTO audit_archive (id, seq, attempts, next_try_at, last_error, fence) VALUES (1, 0, 0, :at, '', 0)"
    )
    op.execute(first.bindparams(sa.bindparam("at", LONG_AGO, type_=instant)))


def downgrade() -> None:
    op.drop_table("audit_archive")
