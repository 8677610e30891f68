"""Which requests were asked for in one go, and which of them share a card."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_together"
down_revision: str | None = "20261129_due_indexes"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("request", sa.Column("submission", NUMBER, nullable=True))
    op.add_column("request", sa.Column("card", NUMBER, nullable=True))
    some = sa.text("submission IS NOT NULL")
    op.create_index("ix_request_submission", "request", ["submission"], sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    op.drop_index("ix_request_submission", "request")
    op.drop_column("request", "card")
    op.drop_column("request", "submission")
