"""Where the Home card of a person stands in Teams, so that it is kept up to date in place."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_teams_home"
down_revision: str | None = "20261129_teams"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("teams_conversation", sa.Column("home_card", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("teams_conversation") as table:
        table.drop_column("home_card")
