"""Which instance of IAM Identity Center the book belongs to; stored at first use."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_instance"
down_revision: str | None = "20261128_pins"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INSTANT = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.String()


def upgrade() -> None:
    op.create_table(
        "identity_center",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("instance_arn", TEXT, nullable=False),
        sa.Column("bound_at", INSTANT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_identity_center_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_center")),
    )


def downgrade() -> None:
    op.drop_table("identity_center")
