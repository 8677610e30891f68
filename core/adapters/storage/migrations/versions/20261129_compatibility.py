"""The oldest program that may run on this schema: one that knows the named migration."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_compatibility"
down_revision: str | None = "20261128_undecidable"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    table = op.create_table(
        "schema_compatibility",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("minimum_revision", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_schema_compatibility_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_compatibility")),
    )
    op.execute(table.insert().values(id=1, minimum_revision=revision))


def downgrade() -> None:
    op.drop_table("schema_compatibility")
