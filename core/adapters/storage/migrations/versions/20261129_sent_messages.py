"""Messages with buttons, so that they can be drawn anew when the buttons have lost their use."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_sent_messages"
down_revision: str | None = "20261129_alarms"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent_message",
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("request_id", NUMBER, nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_sent_message_request_id_request")),
        sa.PrimaryKeyConstraint("conversation", "message", name=op.f("pk_sent_message")),
    )
    op.create_index("ix_sent_message_subject", "sent_message", ["subject"])
    op.create_index("ix_sent_message_sent_at", "sent_message", ["sent_at"])


def downgrade() -> None:
    op.drop_table("sent_message")
