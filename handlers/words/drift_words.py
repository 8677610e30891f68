"""Where AWS and the book disagree, in words: what it is, and what to do about it."""

from core.domain.ids import show_request_id
from core.domain.reconciliation import Discord, DriftFinding

_IS = {
    Discord.UNKNOWN: "unknown: no request here accounts for it",
    Discord.FORGOTTEN: "made by TEAM Bot, which has forgotten it",
    Discord.LEFT: "left behind: its request is over",
    Discord.MISSING: "missing: {request} is active, and AWS does not list it",
    Discord.ENDED: "taken away by TEAM Bot, which still calls it active",
}
_DO = {
    Discord.UNKNOWN: "teambot reconcile adopt, ignore or remove",
    Discord.FORGOTTEN: "--repair: it goes on for the request it was made for, or is taken away",
    Discord.LEFT: "--repair: it is taken away",
    Discord.MISSING: "--repair: it is looked at again; end the request if it stays away",
    Discord.ENDED: "--repair: its request ends",
}
_DONE = {
    Discord.UNKNOWN: "stays: teambot reconcile adopt, ignore or remove",
    Discord.FORGOTTEN: "known again: it goes on for its request, or is being taken away",
    Discord.LEFT: "is being taken away",
    Discord.MISSING: "is being looked at again; end the request if it stays away",
    Discord.ENDED: "its request is being ended",
}


def what(finding: DriftFinding) -> str:
    """Say what it is."""
    number = show_request_id(finding.request_id) if finding.request_id is not None else "its request"
    return _IS[finding.discord].format(request=number)


def then(finding: DriftFinding, *, repaired: bool) -> str:
    """Say what to do about it, or what was done."""
    return (_DONE if repaired else _DO)[finding.discord]
