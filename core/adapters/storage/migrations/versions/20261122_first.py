"""The first schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "20261122_first"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FIRST_REQUEST_ID = 1001
GENESIS = "0" * 64
APPEND_ONLY = "the audit trail is append-only"

TEXT = sa.String()
DOCUMENT = sa.Text()
INSTANT = sa.DateTime(timezone=True)
SECONDS = sa.BigInteger()
FLAG = sa.Boolean()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STILL_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    _create_requests()
    _create_votes()
    _create_assignments()
    _create_audit_trail()
    _create_outbox()
    _create_inbox()
    _create_people()
    _create_knowledge()
    _protect_audit_trail()


def downgrade() -> None:
    for table in ("vote", "card", "outgoing", "request", "assignment", "act", "audit_event", "audit_anchor"):
        op.drop_table(table)
    for table in ("pin", "policy_revision", "snapshot", "replica", "unknown_assignment"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION keep_audit_trail()")


def _create_requests() -> None:
    op.create_table(
        "request",
        sa.Column("id", NUMBER, sa.Identity(start=FIRST_REQUEST_ID), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("requester", TEXT, nullable=False),
        sa.Column("requester_name", TEXT, nullable=False),
        sa.Column("requester_chat", DOCUMENT, nullable=True),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("account_name", TEXT, nullable=False),
        sa.Column("permission_set_arn", TEXT, nullable=False),
        sa.Column("permission_set_name", TEXT, nullable=False),
        sa.Column("duration", SECONDS, nullable=False),
        sa.Column("justification", TEXT, nullable=False),
        sa.Column("ticket", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("start_at", INSTANT, nullable=True),
        sa.Column("session_duration", SECONDS, nullable=False),
        sa.Column("eligibility_policies", DOCUMENT, nullable=False),
        sa.Column("approval_policies", DOCUMENT, nullable=False),
        sa.Column("channels", DOCUMENT, nullable=False),
        sa.Column("quorum", NUMBER, nullable=False),
        sa.Column("policy_revision", NUMBER, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("decision_comment", TEXT, nullable=False),
        sa.Column("granting_at", INSTANT, nullable=True),
        sa.Column("window_start_at", INSTANT, nullable=True),
        sa.Column("end_at", INSTANT, nullable=True),
        sa.Column("warn_at", INSTANT, nullable=True),
        sa.Column("revoking_at", INSTANT, nullable=True),
        sa.Column("revoked_by", TEXT, nullable=False),
        sa.Column("revoke_reason", TEXT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("failure", TEXT, nullable=False),
        sa.Column("ending_soon_told", FLAG, nullable=False),
        sa.Column("alarmed_at", INSTANT, nullable=True),
        sa.Column("continued_by", NUMBER, nullable=True),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_request_requester_id"), "request", ["requester", "id"])
    op.create_index(op.f("ix_request_status_id"), "request", ["status", "id"])
    if op.get_bind().dialect.name == "sqlite":
        first = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('request', :before)")
        op.execute(first.bindparams(before=FIRST_REQUEST_ID - 1))


def _create_votes() -> None:
    op.create_table(
        "vote",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("request_id", NUMBER, nullable=False),
        sa.Column("principal_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("comment", TEXT, nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("chat_user", DOCUMENT, nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_vote_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vote")),
        sa.UniqueConstraint("request_id", "principal_id", name=op.f("uq_vote_request_id_principal_id")),
        sqlite_autoincrement=True,
    )


def _create_assignments() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("principal_id", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("permission_set_arn", TEXT, nullable=False),
        sa.Column("ours", FLAG, nullable=False),
        sa.Column("operation_kind", TEXT, nullable=True),
        sa.Column("operation_begun_at", INSTANT, nullable=True),
        sa.Column("operation_aws_id", TEXT, nullable=False),
        sa.Column("urgent", FLAG, nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=True),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("woken_at", INSTANT, nullable=True),
        sa.Column("missing_since", INSTANT, nullable=True),
        sa.Column("wants_slot", FLAG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("principal_id", "account_id", "permission_set_arn", name="uq_assignment_holding"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_assignment_next_try_at"), "assignment", ["next_try_at"])


def _create_audit_trail() -> None:
    op.create_table(
        "audit_event",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("prev_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("request_id", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("prev_hash", name=op.f("uq_audit_event_prev_hash")),
    )
    op.create_index(op.f("ix_audit_event_request_id_seq"), "audit_event", ["request_id", "seq"])
    op.create_table(
        "audit_anchor",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_anchor_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_anchor")),
    )
    op.execute(sa.text("INSERT INTO audit_anchor (id, seq, hash) VALUES (1, 0, :hash)").bindparams(hash=GENESIS))


def _create_outbox() -> None:
    op.create_table(
        "outgoing",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("audience", TEXT, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("request_id", NUMBER, nullable=True),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("fence", NUMBER, nullable=False),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("undeliverable", FLAG, nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_outgoing_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_outgoing_waiting",
        "outgoing",
        ["audience", "recipient", "id"],
        sqlite_where=STILL_OPEN,
        postgresql_where=STILL_OPEN,
    )
    op.create_table(
        "card",
        sa.Column("request_id", NUMBER, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("platform", TEXT, nullable=False),
        sa.Column("conversation", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_card_request_id_request")),
        sa.PrimaryKeyConstraint("request_id", "place", name=op.f("pk_card")),
    )


def _create_inbox() -> None:
    op.create_table(
        "act",
        sa.Column("id", NUMBER, sa.Identity(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("actor", DOCUMENT, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("answer_later", FLAG, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("next_try_at", INSTANT, nullable=False),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("held_until", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("outcome", DOCUMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sa.UniqueConstraint("key", name=op.f("uq_act_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_act_open", "act", ["next_try_at"], sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN)


def _create_people() -> None:
    op.create_table(
        "pin",
        sa.Column("platform", TEXT, nullable=False),
        sa.Column("team", TEXT, nullable=False),
        sa.Column("chat_user", TEXT, nullable=False),
        sa.Column("principal_id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("claimed", TEXT, nullable=True),
        sa.Column("pinned_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "team", "chat_user", name=op.f("pk_pin")),
    )
    op.create_index(op.f("ix_pin_principal_id"), "pin", ["principal_id"])


def _create_knowledge() -> None:
    op.create_table(
        "policy_revision",
        sa.Column("revision", NUMBER, autoincrement=False, nullable=False),
        sa.Column("book", DOCUMENT, nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("author", DOCUMENT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_policy_revision")),
    )
    op.create_table(
        "snapshot",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=False),
        sa.Column("organization", DOCUMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_snapshot_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "replica",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_replica")),
    )
    op.create_table(
        "unknown_assignment",
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("permission_set_arn", TEXT, nullable=False),
        sa.Column("principal_id", TEXT, nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("account_id", "permission_set_arn", "principal_id", name=op.f("pk_unknown_assignment")),
    )


def _protect_audit_trail() -> None:
    """Events stay as they are, and the anchor only moves forward: a guard against bugs, not against an owner."""
    if op.get_bind().dialect.name == "sqlite":
        _protect_on_sqlite()
    else:
        _protect_on_postgresql()


def _protect_on_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER audit_event_{verb.lower()} BEFORE {verb} ON audit_event {refuse}")
    op.execute(f"CREATE TRIGGER audit_anchor_delete BEFORE DELETE ON audit_anchor {refuse}")
    op.execute(
        f"CREATE TRIGGER audit_anchor_update BEFORE UPDATE ON audit_anchor WHEN NEW.seq <= OLD.seq {refuse}",
    )


def _protect_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION keep_audit_trail() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
    )
    refuse = "EXECUTE FUNCTION keep_audit_trail()"
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(f"CREATE TRIGGER audit_event_{verb.lower()} BEFORE {verb} ON audit_event {refuse}")
    for verb in ("DELETE", "TRUNCATE"):
        op.execute(f"CREATE TRIGGER audit_anchor_{verb.lower()} BEFORE {verb} ON audit_anchor {refuse}")
    op.execute(
        "CREATE TRIGGER audit_anchor_update BEFORE UPDATE ON audit_anchor "
        f"FOR EACH ROW WHEN (NEW.seq <= OLD.seq) {refuse}"
    )
