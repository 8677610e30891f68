"""What is known of an assignment's changes, of what it waits for, and of what AWS keeps of a request that is over."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_outcomes"
down_revision: str | None = "20261122_export_kinds"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String()
MAYBE_TEXT = ("changed_kind", "waits_for", "unusable")
MAYBE_INSTANTS = ("changed_at", "made_at", "asked_since", "waits_since", "unusable_since")


def upgrade() -> None:
    op.add_column("request", sa.Column("judged_at", INSTANT, nullable=True))
    op.add_column("request", sa.Column("left_behind", TEXT, nullable=True))
    op.add_column("assignment", sa.Column("hanging", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("assignment", sa.Column("failures", NUMBER, nullable=False, server_default="0"))
    for name in MAYBE_TEXT:
        op.add_column("assignment", sa.Column(name, TEXT, nullable=True))
    for name in MAYBE_INSTANTS:
        op.add_column("assignment", sa.Column(name, INSTANT, nullable=True))


def downgrade() -> None:
    for name in (*MAYBE_INSTANTS, *MAYBE_TEXT, "failures", "hanging"):
        op.drop_column("assignment", name)
    op.drop_column("request", "left_behind")
    op.drop_column("request", "judged_at")
