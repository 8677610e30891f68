"""The audit trail of one request as readable lines."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.domain.audit import Sealed, told
from core.domain.durations import MINUTE, show_duration
from core.domain.errors import Reason
from core.domain.machines import TERMINAL, TOKEN
from core.domain.platforms import MACHINE
from handlers.screens.spans import Code, Instant, Quotation, Text, Untrusted, joined, name, strong, text

MOST = 30
_WORDS = {
    "request.submitted": "asked",
    "request.submitted_without_approval": "asked; no approval needed",
    "request.approval_counted": "approved, more are needed",
    "request.approved": "approved",
    "request.reminded": "approvers reminded",
    "request.rejected": "rejected",
    "request.cancelled": "withdrew it",
    "request.expired": "not decided in time",
    "request.disallowed": "no longer allowed, failed",
    "request.started": "asked AWS for access",
    "request.granted": "AWS confirmed: active",
    "request.grant_failed": "could not be granted, failed",
    "request.slow_grant_told": "told the requester that AWS is slow",
    "request.ending_soon_told": "told the requester that access ends soon",
    "request.revoked": "ended it early",
    "request.end_reached": "time's up, asked AWS to end access",
    "request.ended": "AWS confirmed: gone",
    "request.ended_early": "AWS confirmed: gone, early",
    "request.requester_untold": "the requester could not be told",
    "request.revocation_overdue": "the end is overdue, told the admins",
    "decision.refused": "tried to decide and was refused",
    "ending.refused": "tried to end it and was refused",
    "assignment.restored": "made again, after AWS was late to do an earlier deletion",
    "drift.found": "AWS and the database disagree",
    "export.asked": "asked for the session activity as a file",
    "export.offered": "was offered the session activity as a file",
    "export.accepted": "accepted the session activity as a file",
    "export.sent": "was sent the session activity as a file",
    "export.failed": "was not sent the session activity",
}
_WHY = ("comment", "reason", "failure", "detail")
_REASONS = frozenset(Reason)


def lines(events: Sequence[Sealed], most: int = MOST) -> list[Text]:
    """Oldest first; of a long history the end, with the number of what is left out."""
    left_out = len(events) - most
    begin = [text("… ", left_out, " earlier events, see the audit export")] if left_out > 0 else []
    return [*begin, *(_line(told(event)) for event in events[-most:])]


_MACHINES = {TOKEN: "by token", TERMINAL: "at a terminal"}


def _line(body: Mapping[str, Any]) -> Text:
    at = datetime.fromisoformat(str(body["at"])).astimezone(UTC)
    action = str(body["action"])
    said = _WORDS.get(action) or Code(action)
    return text(Instant(at), " · ", strong(name(_actor(body))), ": ", said, _why(body.get("facts") or {}))


def _actor(body: Mapping[str, Any]) -> str:
    actor = body.get("actor") or {}
    called = str(actor.get("name") or "TEAM Bot")
    platform, kind, _ = actor.get("chat_user") or ("", "", "")
    return f"{called} ({_MACHINES.get(kind, kind)})" if platform == MACHINE else called


def _why(facts: Mapping[str, Any]) -> Text:
    said = [_readable(str(facts[key])) for key in _WHY if facts.get(key)]
    reasons = facts.get("reasons")
    if isinstance(reasons, list):
        said.append(", ".join(_readable(str(reason)) for reason in reasons))
    lapsed = facts.get("not_counted")
    if isinstance(lapsed, list):
        said.append(f"not counted: {', '.join(map(str, lapsed))}")
    if facts.get("second_account"):
        said.append("from a second chat account that no admin had released")
    minutes = facts.get("minutes_approved")
    if isinstance(minutes, int):
        said.insert(0, f"for {show_duration(MINUTE * minutes)}")
    more = text(" · continues under ", Untrusted(str(facts["continued_by"]))) if facts.get("continued_by") else ""
    return text(joined("", (" ", Quotation(" · ".join(said)))) if said else "", more)


def _readable(said: str) -> str:
    """A text for reading: what people typed stays as it is; a reason of the rules is kept in the trail by its name."""
    return said.replace("_", " ") if said in _REASONS else said
