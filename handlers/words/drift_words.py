"""Drift between AWS and the database, in words, with what to do about it."""

from core.domain.ids import show_request_id
from core.domain.reconciliation import Discord, DriftFinding

_IS = {
    Discord.UNKNOWN: "unknown: no request here accounts for it",
    Discord.FORGOTTEN: "made by TEAM Bot, but missing from its database",
    Discord.LEFT: "left behind: its request is over",
    Discord.MISSING: "missing: {request} is active, and AWS does not list it",
    Discord.ENDED: "removed by TEAM Bot, but still recorded as active",
}
_DO = {
    Discord.UNKNOWN: "teambot reconcile adopt, ignore or remove",
    Discord.FORGOTTEN: "--repair: it is kept for the request it was made for, or removed",
    Discord.LEFT: "--repair: it is removed",
    Discord.MISSING: "--repair: it is checked again; end the request if it stays missing",
    Discord.ENDED: "--repair: its request ends",
}
_DONE = {
    Discord.UNKNOWN: "stays: teambot reconcile adopt, ignore or remove",
    Discord.FORGOTTEN: "recorded again: it is kept for its request, or being removed",
    Discord.LEFT: "is being removed",
    Discord.MISSING: "is being checked again; end the request if it stays missing",
    Discord.ENDED: "its request is being ended",
}


def what(finding: DriftFinding) -> str:
    """Say what it is."""
    number = show_request_id(finding.request_id) if finding.request_id is not None else "its request"
    return _IS[finding.discord].format(request=number)


def then(finding: DriftFinding, *, repaired: bool) -> str:
    """Say what to do about it, or what was done."""
    return (_DONE if repaired else _DO)[finding.discord]
