"""Messages with buttons that decide, beside the cards: where a press may come from."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_buttons"
down_revision: str | None = "20261128_names"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "button",
        sa.Column("request_id", NUMBER, nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_button_request_id_request")),
        sa.PrimaryKeyConstraint("request_id", "conversation", "message", name=op.f("pk_button")),
    )


def downgrade() -> None:
    op.drop_table("button")
