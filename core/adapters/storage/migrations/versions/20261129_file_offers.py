"""Files that a person has to accept first: where an accepted one may go."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_file_offers"
down_revision: str | None = "20261129_pin_use"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("export", sa.Column("accepted", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("export", "accepted")
