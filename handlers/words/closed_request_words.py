"""The reasons why an allowed request failed or expired. Everybody reads these, so they speak of the requester."""

from collections.abc import Mapping

from core.domain.errors import NewerRelease, OtherInstance, Reason, UpstreamBusy, WrongClock
from core.domain.request import Request

GROUPS: Mapping[Reason, str] = {
    Reason.GROUPS_OFF: (
        "Membership of groups can't be asked for here (settings, group_targets). Ask the admins of TEAM Bot."
    ),
    Reason.GROUP_HAS_POWER: (
        "The members of this group may ask for access, decide, administer or audit in TEAM Bot, so nobody joins it for "
        "a while. Ask the admins to make a separate group for this."
    ),
    Reason.GROUP_SYNCHRONIZED: (
        "The members of this group are kept in another system, which is synchronized into IAM Identity Center: what "
        "TEAM Bot changed there would not last. Ask for membership in that system, or have the admins name a group "
        "that was made in Identity Center itself."
    ),
}
"""Groups that nobody joins for a time, whatever policies say (rule 9)."""
FAILED: Mapping[Reason, str] = {
    Reason.NOT_ELIGIBLE: "No policy allows this access any more.",
    Reason.DURATION_TOO_LONG: "The policies now allow less time than was asked for.",
    Reason.NO_PRINCIPAL: "The requester's user in IAM Identity Center is gone.",
    Reason.PRINCIPAL_DISABLED: "The requester's user in IAM Identity Center is disabled.",
    Reason.UNKNOWN_ACCOUNT: "The account is no longer active in the organization.",
    Reason.UNKNOWN_PERMISSION_SET: "The permission set no longer exists.",
    Reason.ALREADY_ASSIGNED: "The requester already has this access by a direct assignment made outside TEAM Bot.",
    Reason.UNKNOWN_GROUP: "The group no longer exists.",
    Reason.ALREADY_MEMBER: "The requester is already in this group, and TEAM Bot didn't add them.",
    Reason.APPROVAL_NOW_REQUIRED: "This access now needs approval, and none was asked for. It has to be requested "
    "again.",
    Reason.ACT_TOO_LATE: (
        "It could not be checked within 30 min of being sent, so it was not sent on. Ask again if it is still needed."
    ),
    Reason.WINDOW_OVER: "The requested time was over, or nearly over.",
    Reason.START_MISSED: "It could not be granted within 30 min of its start, and a later start would be a surprise.",
    Reason.TOO_FEW_APPROVALS: (
        "It now needs more approvals than it has from people who may still decide ({detail}). It has to be requested "
        "again."
    ),
    Reason.IDENTITY_SUSPENDED: (
        "The chat account that asked for this is suspended: its e-mail address now leads to another user in IAM "
        "Identity Center."
    ),
    Reason.DEACTIVATED: "The chat account that asked for this is deactivated.",
}
OLD_PICTURE = (
    "AWS Organizations could not be read{since}. Nothing is approved or granted until it can be; requests are saved, "
    "and access still ends. Run teambot doctor to see what AWS refuses."
)
OUT_OF_REACH = (
    "{requests}: AWS no longer lets TEAM Bot take {permission_set} away, in any account. The set is "
    "provisioned in the management account, and the bot runs as delegated administrator. Remove its assignments "
    "from the management account, or delete these from there when they end. No new access is granted with it."
)
"""Access that AWS lets the bot take away no more (rule 9)."""
SET_OUT_OF_REACH = (
    "This permission set is provisioned in the management account too, so AWS lets TEAM Bot neither grant nor take it "
    "away in any account. Ask for another permission set, or have it removed from the management account."
)
OTHER_INSTANCE = (
    "TEAM Bot is connected to a different IAM Identity Center from the one its database belongs to, and does nothing "
    "until that is fixed. Tell its admins."
)
NEWER_RELEASE = (
    "The policies were saved by a newer release of TEAM Bot than the one answering here, which takes no requests, "
    "approvals or changes until it is updated. Access still ends. Try again in a few minutes, or tell its admins."
)
WRONG_CLOCK = (
    "The clock of the machine answering here is wrong, so it takes no requests, approvals or changes. Try again in a "
    "minute, when another machine may answer, or tell the admins of TEAM Bot."
)
NOT_SERVING: Mapping[type[UpstreamBusy], str] = {
    OtherInstance: OTHER_INSTANCE,
    NewerRelease: NEWER_RELEASE,
    WrongClock: WRONG_CLOCK,
}


def expired(request: Request, then: str, why: str) -> str:
    """``not decided in time and expired 2 min ago.``, and why when that is not plain."""
    undone = "granted" if request.decided_at is not None else "decided"
    return f"not {undone} in time {then}. {why}".strip()


def undecidable(number: str, able: int, needed: int) -> str:
    """To requester and admins alike (rule 7)."""
    people = "nobody but the requester" if able == 0 else f"only {able} of the {needed} people needed"
    return (
        f"{number} is waiting, and at present {people} could approve it. It stays open in case somebody joins; an "
        "admin of TEAM Bot can name more approvers."
    )
