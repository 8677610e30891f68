"""Keep the facts of an exported file, so that a later try tells the same of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261201_made"
down_revision: str | None = "20261130_people_listing"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("export", sa.Column("made", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("export", "made")
