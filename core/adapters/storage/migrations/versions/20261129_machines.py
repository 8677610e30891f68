"""Tokens of the HTTP API, signatures that people at a terminal have used, and which token filed a request."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261129_machines"
down_revision: str | None = "20261129_together"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

WHEN = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("maker", sa.String(), nullable=False),
        sa.Column("maker_name", sa.String(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
        sa.Column("revoked_at", WHEN, nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_api_token_expires_at"), "api_token", ["expires_at"])
    op.create_table(
        "signed_call",
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("used_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("signature", name=op.f("pk_signed_call")),
    )
    op.create_index(op.f("ix_signed_call_used_at"), "signed_call", ["used_at"])
    op.add_column("request", sa.Column("filed_by_token", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("request", "filed_by_token")
    op.drop_index(op.f("ix_signed_call_used_at"), table_name="signed_call")
    op.drop_table("signed_call")
    op.drop_index(op.f("ix_api_token_expires_at"), table_name="api_token")
    op.drop_table("api_token")
