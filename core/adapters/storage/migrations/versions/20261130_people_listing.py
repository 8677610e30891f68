"""Keep the last listing of users and groups: replicas share it, and a restart knows everybody at once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261130_people_listing"
down_revision: str | None = "20261130_unjudged"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "people_listing",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_people_listing_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_listing")),
    )


def downgrade() -> None:
    op.drop_table("people_listing")
