"""Errors, refusals and decisions as plain sentences, the same on every platform and on the command line.

A sentence says what is wrong, names the bound and where it comes from, and what to do next. No markup here:
whoever shows a sentence escapes it for its own place.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from core.domain.durations import show_duration
from core.domain.errors import (
    AccessError,
    AnswerLost,
    Conflict,
    InvalidPolicies,
    NewerRelease,
    NotFound,
    OtherInstance,
    Reason,
    Refusal,
    Refused,
    Side,
    SourceRefused,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
    WrongClock,
)
from core.domain.ids import show_request_id
from core.domain.open_requests import MOST_TARGETS
from core.domain.outcome import Outcome, Result
from core.domain.people import ChatUser
from core.domain.request import LeftBehind, Request, Status
from core.domain.windows import time_left
from handlers.words import (
    activity_words,
    closed_request_words,
    ending_words,
    identity_words,
    left_behind_words,
    machine_words,
    policy_words,
)
from handlers.words.waiting_words import SIDES

NO_SUCH_REQUEST = "No such request."
"""The same for one that does not exist and one that is not for this person to see (rule 22)."""

TOO_FAST = (
    "You're sending more than TEAM Bot accepts from one person at a time. This one was not processed. Wait a minute, "
    "then try again."
)

_MOST_NAMES = 10
_ASK_ADMINS = "Ask the admins of TEAM Bot to name more approvers."
_REFUSALS: Mapping[Reason, str] = {
    **identity_words.REFUSALS,
    **machine_words.REFUSALS,
    Reason.NOTHING_CHOSEN: "Nothing is chosen here yet. Choose something, then send it again.",
    Reason.UNKNOWN_ACCOUNT: "This account isn't active in the organization. Choose another.",
    Reason.UNKNOWN_PERMISSION_SET: "This permission set doesn't exist. Choose another.",
    Reason.UNKNOWN_GROUP: "This group doesn't exist. Choose another.",
    Reason.DURATION_UNREADABLE: "This is not a length of time. Write it as 45m, 1h30, 1.5h or 90 minutes.",
    Reason.DURATION_TOO_SHORT: "The shortest access is {limit}. Ask for that or more.",
    Reason.DURATION_NOT_OFFERED: "Choose one of these: {detail}.",
    Reason.DURATION_TOO_LONG: "The maximum here is {limit} ({origin}). Ask for that or less.",
    Reason.START_IN_PAST: "That time has passed. Leave it empty to start right away, or choose a later one.",
    Reason.START_TOO_FAR: "The start can be at most {limit} ahead (settings, max_start_ahead). Choose an earlier one.",
    Reason.JUSTIFICATION_MISSING: "A justification is required (settings). Say what you need the access for.",
    Reason.JUSTIFICATION_TOO_LONG: "The justification is longer than {detail} characters. Shorten it.",
    Reason.TICKET_MISSING: "A ticket is required (settings). Give its number.",
    Reason.TICKET_MISMATCH: "This is not a ticket number. It has to match {detail} (settings, ticket_pattern).",
    Reason.APPROVAL_NOW_REQUIRED: "This now needs approval{by}. Ask again.",
    Reason.WINDOW_OVER: "It's too late: less than 5 min of the requested time would be left. Choose a later start.",
    Reason.START_MISSED: "The start was missed by {limit}, so it is too late. Ask again.",
    Reason.TOO_LITTLE_LEFT: (
        "Less than 5 min of that would be left, because the requested window has begun. Approve it for "
        "longer, or reject it."
    ),
    Reason.ACT_TOO_LATE: (
        "This was sent {limit} ago and could not be carried out within 30 min, so nothing was done. Do it again if it "
        "is still needed."
    ),
    Reason.TOO_FEW_APPROVALS: "Fewer approvals count now than are needed ({detail}{by}). Ask again.",
    Reason.NO_APPROVER: "Approval is needed, and nobody but you could give it{by}. {ask}",
    Reason.QUORUM_UNREACHABLE: "More approvals are needed than there are people to give them ({detail}{by}). {ask}",
    Reason.ALREADY_ASSIGNED: (
        "You already have this access by a direct assignment made outside TEAM Bot, which stays as it is. There is "
        "nothing to ask for."
    ),
    Reason.MANAGEMENT_ACCOUNT: "This is the management account. TEAM Bot never grants access to it.",
    Reason.PROTECTED_ACCOUNT: (
        "This account is protected (settings, protected_accounts). TEAM Bot never grants access to it."
    ),
    Reason.PROTECTED_PERMISSION_SET: (
        "This permission set is protected (settings, protected_permission_sets). TEAM Bot never grants it."
    ),
    Reason.PERMISSION_SET_OUT_OF_REACH: closed_request_words.SET_OUT_OF_REACH,
    Reason.TOO_MANY_TARGETS: (
        f"You can ask for at most {MOST_TARGETS} targets in one go, and this is {{detail}}. Remove some."
    ),
    Reason.ALREADY_MEMBER: (
        "You're already in this group, and TEAM Bot didn't add you. That stays as it is: there is nothing to ask for."
    ),
    **closed_request_words.GROUPS,
    Reason.TOO_MANY_OPEN: (
        "You have {detail} requests waiting for approval or for their start (settings, max_open_requests). "
        "Withdraw one you don't need, or wait until one is decided. Nothing was sent."
    ),
    Reason.ASKED_ALREADY: (
        "You've already asked for this, for the same time: {detail} is waiting for approval. Withdraw it if it's "
        "wrong. Nothing was sent."
    ),
    Reason.WITHDRAWN_OFTEN: (
        "You've withdrawn or ended {detail} requests that you made in the last 10 min, and each one is shown to "
        "others. Ask again in {limit}. Nothing was sent."
    ),
    Reason.TOO_FAST: "You've looked into the logs of many requests in a short time. Wait {limit}, then try again.",
    Reason.OWN_REQUEST: "This is your own request. Somebody else has to decide on it.",
    Reason.NOT_AN_APPROVER: "You are not one of the approvers here{by}.",
    Reason.ALREADY_VOTED: "You've already decided on this. Each person decides once.",
    Reason.CARD_OUTDATED: "The request is not what this message shows. Open Details, and decide from there.",
    Reason.REASON_MISSING: "A rejection needs a reason. Say why: the requester will read it.",
    Reason.COMMENT_MISSING: "An approval needs a comment (settings, approver_comment). Say why you approve.",
    Reason.LONGER_THAN_ASKED: "An approval can shorten access, not lengthen it: {limit} was asked for.",
    Reason.NOT_YOURS_TO_CANCEL: "Only the requester can withdraw a request. As an approver, reject it.",
    Reason.NOT_YOURS_TO_REVOKE: "Only the requester, an approver of the target or an admin can end this access.",
    Reason.REVOKE_REASON_MISSING: "Ending access early needs a reason (settings, revoke_reason). Say why.",
    Reason.CLOSING_REASON_MISSING: "Closing by hand needs a reason. Say why AWS will never finish it.",
    Reason.NEVER_ACTIVE: "This access was never active, so nothing was done with it.",
    Reason.ACTIVITY_OF_GROUP: (
        "This was membership of a group, which may give several permission sets in several accounts, so TEAM Bot can't "
        "tell what was done by it. CloudTrail names the user in each account (onBehalfOf)."
    ),
    Reason.DAY_UNREADABLE: "That is not a day. Write it as 2026-11-22.",
    Reason.DAY_OUTSIDE_WINDOW: "That day is not in this request's window ({detail}). Name one that is.",
    Reason.ADDRESS_NOT_LOOKED_UP: (
        "AWS is not answering, so {detail} cannot be looked up. Search by a part of the name instead, or try "
        "again in a minute."
    ),
    Reason.NOT_PERMITTED: "Only {detail} can use this. Ask one of them.",
    Reason.NOT_ELIGIBLE: "{not_eligible}",
    **policy_words.REFUSALS,
}
"""One sentence each: what is wrong, the bound and where it comes from, what to do. A test holds it complete."""


def refusal(no: Refusal) -> str:
    """Say why something is refused, and what to do about it."""
    return filled(_REFUSALS[no.reason], no)


def filled(sentence: str, no: Refusal) -> str:
    """A sentence about a refusal with what belongs into its gaps."""
    return sentence.format(
        whose=_whose(no),
        limit=_limit(no),
        origin=_origin(no.policies),
        by=_by(no.policies),
        ask=_ASK_ADMINS,
        names=listed(no.policies),
        detail=no.detail,
        not_eligible=_not_eligible(no),
    )


_STILL = {Reason.PRINCIPAL_DISABLED: "Your chat profile's address leads to a disabled user in IAM Identity Center."}
MAY_STILL = "Until then you can reject requests, and withdraw or end access; nothing else."
_MAY_END = "Until then you can withdraw your own requests and end your own access; nothing else."


def barred(reason: Reason, *, is_second: bool = False) -> str:
    """The sentence for somebody who may only take access away, or only ask (rule 1)."""
    said = _STILL.get(reason) or refusal(Refusal(reason))
    return said if reason is Reason.SECOND_ACCOUNT else f"{said} {_MAY_END if is_second else MAY_STILL}"


def refusals(several: Iterable[Refusal]) -> str:
    """All of them, one after the other, none twice; of several targets with those that each is about."""
    said: dict[str, dict[str, None]] = {}
    for each in several:
        said.setdefault(refusal(each), {}).update({each.of: None} if each.of else {})
    return " ".join(f"{', '.join(targets)}: {sentence}" if targets else sentence for sentence, targets in said.items())


def failure(stored: str) -> tuple[str, str]:
    """The reason why a request failed: our words first, then AWS's own where there are any."""
    parts = [part.partition(":") for part in stored.split(",")]
    known = [Refusal(Reason(reason), detail=detail) for reason, _, detail in parts if reason in set(Reason)]
    if known:
        return no_longer(known), ""
    return "AWS did not carry it out.", stored


def no_longer(several: Iterable[Refusal]) -> str:
    """The reasons why an allowed request is no longer allowed (rule 14)."""
    return " ".join(
        dict.fromkeys(
            filled(closed_request_words.FAILED.get(each.reason) or _REFUSALS[each.reason], each) for each in several
        )
    )


_UNCHANGED = "Nothing was changed."
_PERHAPS = "If it was saved after all, it will be carried out and you'll get a message."


def error(raised: AccessError) -> str:  # noqa: C901, PLR0911 - one row an error
    """Say what went wrong, for whoever asked. Never shows an internal message but AWS's and Slack's own code."""
    match raised:
        case Refused():
            return refusals(raised.refusals)
        case NotFound():
            return NO_SUCH_REQUEST
        case Conflict():
            return "Somebody was faster. Look at the request as it is now, and try again if it is still needed."
        case InvalidPolicies():
            return "The policies cannot be applied:\n" + "\n".join(
                f"line {problem.line}: {problem.message}" if problem.line else problem.message
                for problem in raised.problems
            )
        case OtherInstance() | NewerRelease() | WrongClock():
            return closed_request_words.NOT_SERVING[type(raised)]
        case UpstreamBusy():
            saved = _PERHAPS if raised.side is Side.STORAGE else _UNCHANGED
            return f"{SIDES[raised.side]} is not answering. Try again {_soon(raised.retry_after)}. {saved}"
        case AnswerLost():
            return f"{SIDES[raised.side]} did not answer, so it may have happened. Look before you do it again."
        case SourceRefused():
            return activity_words.trouble(raised)
        case UpstreamRefused():
            return f"{SIDES[raised.side]} refused ({raised.code or raised}). Ask the admins of TEAM Bot."
        case Upstream():
            return f"{SIDES[raised.side]} did not do it. Try again in a minute."
        case _:
            return "This did not work. Try again in a minute."


def incident(incident_id: str) -> str:
    """The sentence about a fault of this program."""
    return f"This did not work because of a fault in TEAM Bot. Nothing was changed. Tell the admins: {incident_id}."


def outcome(  # noqa: C901, PLR0911, PLR0912 - one row a result
    came: Outcome, request: Request | None, now: datetime, reader: ChatUser | None = None
) -> str:
    """Answer somebody who acted, the ``reader``: what came of it."""
    name = show_request_id(came.request_id) if came.request_id else "The request"
    match came.result:
        case Result.SUBMITTED if came.together:
            return f"Sent: {names([show_request_id(each) for each in came.together])}."
        case Result.SUBMITTED:
            return f"Sent. {name} {_next_of(request)}"
        case Result.APPROVED:
            return f"Approved: {name}. {_granting_begins(request, now)}"
        case Result.COUNTED:
            return f"Approval recorded. {name} needs more approvals before access is granted."
        case Result.REJECTED:
            return f"Rejected: {name}. The requester can read your reason."
        case Result.CANCELLED:
            return f"Withdrawn: {name}."
        case Result.REVOKED:
            return f"{ending_words.ending(name, request, reader)} {ending_words.rest(came)}".strip()
        case Result.CLOSED:
            return f"{name} is over. {left_behind_words.left_in_aws(request) if request else ''}".strip()
        case Result.EXPORTING:
            return "Exporting everything, not just this page. You'll get the CSV in a direct message."
        case Result.DECLINED:
            return refusals(came.refusals) or "This is not allowed."
        case Result.TOO_LATE:
            return overtaken(request, now) if request else f"{name} has changed in the meantime; look at its card."
        case Result.DISALLOWED:
            return f"{name} cannot be granted any more and has failed. {no_longer(came.refusals)}".strip()
        case Result.NOT_FOUND:
            return NO_SUCH_REQUEST
        case Result.SAVED | Result.OUTDATED | Result.PROPOSED | Result.PROPOSAL_REJECTED:
            return policy_words.outcome(came)
        case Result.BROKEN:
            return incident(came.incident)


def overtaken(request: Request, now: datetime) -> str:  # noqa: C901, PLR0911 - one row a status
    """Say who was faster, and when (rule 15)."""
    decided, closed = ago(request.decided_at, now), ago(request.closed_at, now)
    approved = f"{request.decided_by} approved this {decided}" if request.decided_by else "This needed no approval"
    match request.status:
        case Status.PENDING:
            return "This is still waiting for approval, so there is nothing to end. It can be withdrawn or rejected."
        case Status.SCHEDULED | Status.GRANTING if not request.failure:
            return f"{approved}. To stop it, revoke it."
        case Status.ACTIVE:
            return f"{approved}, and it is active. To stop it, revoke it."
        case Status.REVOKING:
            return f"{request.revoked_by or 'The clock'} is ending this already."
        case Status.ENDED | Status.FAILED if request.left_behind is LeftBehind.CLOSED_BY_HAND:
            return f"{request.closed_by or 'An admin'} closed this by hand {closed}."
        case Status.ENDED:
            return f"This ended {closed}."
        case Status.REVOKED:
            return f"{request.revoked_by or 'Somebody'} ended this {closed}."
        case Status.REJECTED:
            return f"{request.decided_by or 'Somebody'} rejected this {decided}."
        case Status.CANCELLED:
            return f"{request.requester_name} withdrew this {closed}."
        case Status.EXPIRED:
            why = failure(request.failure)[0] if request.failure else ""
            expired = closed_request_words.expired(request, f"and expired {closed}", why)
            return f"This was {expired} It has to be requested again."
        case Status.SCHEDULED | Status.GRANTING | Status.FAILED:
            failed = f"failed {closed}" if request.is_over else "could not be granted"
            return f"This {failed}. It has to be requested again."


def who_decides(
    people: Sequence[str], groups: Sequence[str], needed: int = 1, personal: Sequence[str] = (), *, more: bool = False
) -> str:
    """``1 approval from Bob or Carol (Payments Leads)``; long lists end in a number.

    ``personal``: those who are named beside the groups; ``more``: some approvals are there already.
    """
    approvals = f"{needed}{' more' if more else ''} approval{'s' if needed > 1 else ''}"
    named, among, beside = either(people), either(groups, 3), either(personal)
    of_groups = f"{named} ({among})" if named and among else named or among
    whom = f"{of_groups}, or {beside}" if of_groups and beside else of_groups or beside
    return f"{approvals} from {whom or 'nobody at present'}"


def either(all_of: Sequence[str], most: int = _MOST_NAMES) -> str:
    """``Bob, Carol or Dan``; ``Bob, Carol and 190 more``."""
    if len(all_of) > most or len(all_of) < 2:
        return names(all_of, most)
    return f"{', '.join(all_of[:-1])} or {all_of[-1]}"


def which_request(command: str, word: str) -> str:
    return f"Give the number of a request, e.g. {command} {word} R-1042; {command} requests lists yours."


def names(all_of: Sequence[str], most: int = _MOST_NAMES) -> str:
    """``Bob, Carol and 190 more``."""
    shown = ", ".join(all_of[:most])
    rest = len(all_of) - most
    return f"{shown} and {rest} more" if rest > 0 else shown


def ago(then: datetime | None, now: datetime) -> str:
    """``2 min ago``; empty when it is not known."""
    if then is None:
        return ""
    passed = now - then
    return "just now" if passed < timedelta(minutes=1) else f"{show_duration(passed)} ago"


def _not_eligible(no: Refusal) -> str:
    if no.field is None:
        return "You can't request anything yet. Ask the admins of TEAM Bot to add you to a policy."
    return "No policy lets you ask for this permission set in this account. Choose another, or ask the admins."


def _whose(no: Refusal) -> str:
    return no.detail or "Your e-mail address"


def _limit(no: Refusal) -> str:
    return show_duration(no.limit) if no.limit is not None else "what the policies allow"


def _origin(policies: Sequence[str]) -> str:
    return listed(policies) if policies else "settings, max_duration"


def _by(policies: Sequence[str]) -> str:
    return f" ({listed(policies)})" if policies else ""


def listed(policies: Sequence[str]) -> str:
    """``policies a, b and 3 more``."""
    if not policies:
        return ""
    return f"{'policy' if len(policies) == 1 else 'policies'} {names(policies, 5)}"


def _soon(after: timedelta | None) -> str:
    return f"in {show_duration(after)}" if after and after > timedelta(minutes=1) else "in a minute"


def _next_of(request: Request | None) -> str:
    if request is not None and request.status is Status.PENDING:
        return "waits for approval."
    return "needs no approval."


def _granting_begins(request: Request | None, now: datetime) -> str:
    if request is not None and request.start_at is not None and request.status is Status.SCHEDULED:
        left = time_left(request, now)
        if left is None:
            return "Access starts at the requested time."
        return f"Access is being granted. The requested time has begun: {show_duration(left)} of it is left."
    return "Access is being granted; the requester is told when it is active."
