"""The user name that sessions had, and what an account was called when access to it was asked for."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261128_names"
down_revision: str | None = "20261128_act_faults"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    for column in ("requester_user_name", "account_was"):
        op.add_column("request", sa.Column(column, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for column in ("requester_user_name", "account_was"):
        op.drop_column("request", column)
