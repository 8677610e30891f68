"""Conversations in Microsoft Teams, which tells nobody where to write: they are learnt from what arrives."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_teams"
down_revision: str | None = "20261129_activity_events"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

INDEXES = (["tenant", "chat_user"], ["tenant", "email"], ["tenant", "team"], ["tenant", "seen_at"])
WORDS = (
    *("tenant", "conversation", "kind", "service_url", "chat_user", "mri", "email", "zone", "name"),
    *("team", "team_name", "team_group", "channel_type", "turn_of"),
)


def upgrade() -> None:
    op.create_table(
        "teams_conversation",
        *(sa.Column(word, sa.String(), nullable=False) for word in WORDS),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("installed", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("turn_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "conversation", name=op.f("pk_teams_conversation")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_teams_conversation_{'_'.join(columns)}"), "teams_conversation", columns)


def downgrade() -> None:
    op.drop_table("teams_conversation")
