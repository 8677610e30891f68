"""Commands as the JSON that the inbox stores, and back: the keys are those of every release so far.

What lacks a field or has another type in it raises ValueError, so that the row waits (``readable``): no field is
guessed.
"""

from collections.abc import Mapping
from datetime import timedelta

from core.adapters.storage.stored_fields import StoredFields
from core.domain.approval import Verdict
from core.domain.commands import (
    CancelRequest,
    CloseRequest,
    Command,
    CommandKind,
    DecidePolicies,
    DecideRequest,
    ExportKind,
    RevokeAccess,
    SavePolicies,
    StartExport,
    SubmitRequest,
    SubmitTogether,
    TakeFile,
)
from core.domain.durations import MINUTE
from core.domain.evaluation import RequestedAccess
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Target
from core.domain.people import ChatUser


def dump_command(command: Command) -> dict[str, object]:  # noqa: PLR0911 - one per kind
    """Whatever the command holds besides its actor, key and kind, which are columns."""
    match command:
        case SubmitRequest():
            return _dump_access(command.access)
        case SubmitTogether():
            others = [[target.account, target.permission_set] for target in command.others]
            return {**_dump_access(command.access), "others": others}
        case DecideRequest():
            return _dump_decision(command)
        case CancelRequest() | RevokeAccess() | CloseRequest():
            return {"request_id": command.request_id, "reason": command.reason}
        case StartExport():
            return {"kind": command.export.value, "subject": command.subject}
        case TakeFile():
            return {"export": command.export_id, "accepted": dict(command.accepted)}
        case SavePolicies():
            return {"draft": command.draft, "why": command.why}
        case DecidePolicies():
            return {"proposal": command.proposal, "approve": command.approve}


def load_command(  # noqa: C901, PLR0911 - one per kind
    kind: CommandKind, actor: ChatUser, key: str, stored: Mapping[str, object]
) -> Command:
    """From what ``dump_command`` made."""
    fields = StoredFields(stored)
    match kind:
        case CommandKind.SUBMIT:
            return SubmitRequest(actor, key, access=_load_access(fields))
        case CommandKind.SUBMIT_TOGETHER:
            others = tuple(Target(AccountId(a), PermissionSetArn(p)) for a, p in fields.pairs("others"))
            return SubmitTogether(actor, key, access=_load_access(fields), others=others)
        case CommandKind.DECIDE:
            return _load_decision(actor, key, fields)
        case CommandKind.CANCEL:
            return CancelRequest(actor, key, request_id=fields.request_id("request_id"), reason=fields.text("reason"))
        case CommandKind.REVOKE:
            return RevokeAccess(actor, key, request_id=fields.request_id("request_id"), reason=fields.text("reason"))
        case CommandKind.CLOSE:
            return CloseRequest(actor, key, request_id=fields.request_id("request_id"), reason=fields.text("reason"))
        case CommandKind.EXPORT:
            return StartExport(actor, key, export=ExportKind(fields.text("kind")), subject=fields.text("subject"))
        case CommandKind.TAKE_FILE:
            return TakeFile(actor, key, export_id=fields.number("export"), accepted=fields.texts("accepted"))
        case CommandKind.SAVE_POLICIES:
            return SavePolicies(actor, key, draft=fields.number("draft"), why=fields.text("why"))
        case CommandKind.DECIDE_POLICIES:
            return DecidePolicies(actor, key, proposal=fields.number("proposal"), approve=fields.flag("approve"))


def _dump_access(access: RequestedAccess) -> dict[str, object]:
    return {
        "account": access.target.account,
        "permission_set": access.target.permission_set,
        "start_at": int(access.start_at.timestamp()) if access.start_at else None,
        "minutes": round(access.duration / MINUTE),
        "justification": access.justification,
        "ticket": access.ticket,
    }


def _load_access(fields: StoredFields) -> RequestedAccess:
    return RequestedAccess(
        target=Target(AccountId(fields.text("account")), PermissionSetArn(fields.text("permission_set"))),
        duration=fields.minutes("minutes"),
        justification=fields.text("justification"),
        start_at=fields.moment("start_at"),
        ticket=fields.text("ticket"),
    )


def _dump_decision(command: DecideRequest) -> dict[str, object]:
    allowed = {} if command.allowed is None else {"minutes": round(command.allowed / MINUTE)}
    return {
        "request_id": command.request_id,
        "digest": command.digest,
        "verdict": command.verdict.value,
        "comment": command.comment,
        **allowed,
    }


def _load_decision(actor: ChatUser, key: str, fields: StoredFields) -> DecideRequest:
    allowed: timedelta | None = fields.minutes("minutes") if "minutes" in fields else None
    return DecideRequest(
        actor,
        key,
        request_id=fields.request_id("request_id"),
        digest=fields.text("digest"),
        verdict=Verdict(fields.text("verdict")),
        comment=fields.text("comment"),
        allowed=allowed,
    )
