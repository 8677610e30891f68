"""What a pinned user was called, and when the admins were told of a pair that waits for them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_pins"
down_revision: str | None = "20261128_refusals"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("pin", sa.Column("known_as", sa.Text(), nullable=True))
    op.add_column("pin", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE pin SET told_at = pinned_at WHERE state <> 'active'")
    op.create_index("ix_pin_claimed", "pin", ["claimed"])
    op.create_index("ix_pin_chat_user", "pin", ["chat_user"])


def downgrade() -> None:
    """A second account, which the older schema does not know, waits as a suspended one."""
    op.execute("UPDATE pin SET state = 'suspended', claimed = principal_id WHERE state = 'second'")
    op.drop_index("ix_pin_chat_user", "pin")
    op.drop_index("ix_pin_claimed", "pin")
    op.drop_column("pin", "told_at")
    op.drop_column("pin", "known_as")
