"""A request that is over while AWS may still list its assignment: why, which one, and what to do (rules 17 and 19)."""

from core.domain.punctuation import stop_after
from core.domain.request import LeftBehind, Request


def left_in_aws(request: Request) -> str:
    """Say it in whole sentences, for everybody who sees the request; empty when nothing is left in AWS."""
    where = f"{request.account_name} ({request.target.account})"
    if request.target.group is not None and request.left_behind is not None:
        return _left_in_group(request)
    row = f"{request.requester_name}, {request.permission_set_name} in {where}"
    match request.left_behind:
        case None:
            return ""
        case LeftBehind.PRINCIPAL_GONE:
            return (
                "Nobody can use this access any more: the user was deleted in IAM Identity Center. AWS still lists the "
                f"assignment: {row}. TEAM Bot keeps trying to delete it, at long intervals."
            )
        case LeftBehind.ACCOUNT_GONE:
            return (
                "Nobody can use this access any more: the account was closed, or has left the organization. AWS still "
                f"lists the assignment: {row}. TEAM Bot keeps trying to delete it, at long intervals."
            )
        case LeftBehind.CLOSED_BY_HAND:
            reason = request.close_reason
            why = f": “{reason}”{stop_after(reason)}" if reason else "."
            return (
                f"Closed by hand by {request.closed_by or 'an admin'}{why} AWS may still list the assignment: {row}. "
                "Check it in IAM Identity Center. TEAM Bot keeps trying to delete it."
            )
        case LeftBehind.FOREIGN:
            return f"AWS lists an assignment that TEAM Bot didn't make, and that stays: {row}."


def _left_in_group(request: Request) -> str:
    row = f"{request.requester_name} in the group {request.account_name}"
    match request.left_behind:
        case LeftBehind.FOREIGN:
            return f"AWS lists a membership that TEAM Bot didn't make, and that stays: {row}."
        case LeftBehind.CLOSED_BY_HAND:
            reason = request.close_reason
            why = f": “{reason}”{stop_after(reason)}" if reason else "."
            return (
                f"Closed by hand by {request.closed_by or 'an admin'}{why} AWS may still list the membership: {row}. "
                "Check it in IAM Identity Center. TEAM Bot keeps trying to delete it."
            )
        case _:
            return (
                "Nobody can use this access any more: the user was deleted in IAM Identity Center. AWS still lists the "
                f"membership: {row}. TEAM Bot keeps trying to delete it, at long intervals."
            )


def over(request: Request) -> str:
    """The same in one sentence to the requester, with a gap for the ``{access}`` that it was."""
    match request.left_behind:
        case LeftBehind.CLOSED_BY_HAND:
            return "Your access to {access} is over: an admin closed it by hand."
        case LeftBehind.ACCOUNT_GONE:
            return "Your access to {access} is over: nobody can use the account any more."
        case _:
            return "Your access to {access} has ended."
