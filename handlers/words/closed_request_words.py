"""Why a request that was allowed once failed or expired. Everybody reads these, so they speak of the requester."""

from collections.abc import Mapping

from core.domain.errors import NewerRelease, OtherInstance, Reason, UpstreamBusy, WrongClock
from core.domain.request import Request

FAILED: Mapping[Reason, str] = {
    Reason.NOT_ELIGIBLE: "No policy allows this access any more.",
    Reason.DURATION_TOO_LONG: "By now the policies allow less time than was asked for.",
    Reason.NO_PRINCIPAL: "The requester's user in IAM Identity Center is gone.",
    Reason.PRINCIPAL_DISABLED: "The requester's user in IAM Identity Center is disabled.",
    Reason.UNKNOWN_ACCOUNT: "The account is no longer an active one of the organization.",
    Reason.UNKNOWN_PERMISSION_SET: "The permission set no longer exists.",
    Reason.ALREADY_ASSIGNED: "The requester holds this access by a direct assignment made outside of this product.",
    Reason.APPROVAL_NOW_REQUIRED: "By now approval is needed, and none was asked for. It has to be asked for again.",
    Reason.WINDOW_OVER: "The time that was asked for was over, or nearly so.",
    Reason.START_MISSED: "It could not be granted within 30 min of its start, and a later start would be a surprise.",
    Reason.TOO_FEW_APPROVALS: (
        "By now it needs more approvals than it has of people who may still decide ({detail}). "
        "It has to be asked for again."
    ),
    Reason.IDENTITY_SUSPENDED: (
        "The chat account that asked for this is suspended: its e-mail address leads to another user in IAM "
        "Identity Center by now."
    ),
    Reason.DEACTIVATED: "The chat account that asked for this is deactivated.",
}
OLD_PICTURE = (
    "AWS Organizations could not be read{since}. Nothing is approved or granted until it can be; what is asked for is "
    "saved, and access still ends. Run teambot doctor to see what AWS refuses."
)
OUT_OF_REACH = (
    "{requests}: AWS does not let TEAM Bot take {permission_set} away any more, in no account. The set is "
    "provisioned in the management account, and the bot runs as delegated administrator. Remove its assignments "
    "from the management account, or delete these from there when their end comes. Nothing new is granted with it."
)
"""Access that AWS lets the bot take away no more (rule 9)."""
SET_OUT_OF_REACH = (
    "This permission set is provisioned in the management account too, so AWS lets TEAM Bot neither grant nor take it "
    "away in any account. Ask for another permission set, or have it removed from the management account."
)
OTHER_INSTANCE = (
    "TEAM Bot is set up against another IAM Identity Center than the one it works for, and does nothing until that is "
    "mended. Tell its admins."
)
NEWER_RELEASE = (
    "The policies were saved by a newer release of TEAM Bot than the one that answers here. Nothing is asked for, "
    "approved or changed by it until it is updated; access still ends. Try again in a few minutes, or tell its admins."
)
WRONG_CLOCK = (
    "The clock of the machine that answers here is wrong. Nothing is asked for, approved or changed by it until that "
    "is mended. Try again in a minute, when another one may answer, or tell the admins of TEAM Bot."
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
        f"{number} waits, and at present {people} could approve it. It stays open, in case somebody joins: an admin of "
        "TEAM Bot can name more approvers."
    )
