"""Session activity in plain sentences: why a source does not tell and what to do, and what an answer leaves out.

As in ``sentences``: no markup, the same on every platform and on the command line.
"""

from collections.abc import Mapping

from core.domain.activity import Attribution, Limit
from core.domain.errors import SourceRefused, SourceTrouble

_TROUBLES: Mapping[SourceTrouble, str] = {
    SourceTrouble.NOT_CONFIGURED: (
        "Session activity is not set up here. Ask the admins of TEAM Bot: they choose where the logs are with "
        "TEAMBOT_ACTIVITY_SOURCE (athena, cloudwatch, cloudtrail-lake or lookup-events; docs/configuration.md)."
    ),
    SourceTrouble.NO_PERMISSION: (
        "AWS does not let the bot read the logs: it lacks {what}. Ask the admins of TEAM Bot to allow it "
        "(docs/operations.md, session activity)."
    ),
    SourceTrouble.NO_ROLE: (
        "The event history of {what} cannot be read from here. Ask the admins of TEAM Bot for a role to assume there "
        "(TEAMBOT_ACTIVITY_ROLE)."
    ),
    SourceTrouble.UNKNOWN_TABLE: (
        "Athena has no table {what}. Ask the admins of TEAM Bot to look at TEAMBOT_ATHENA_DATABASE and "
        "TEAMBOT_ATHENA_TABLE."
    ),
    SourceTrouble.MISSING_COLUMNS: (
        "The Athena table is not one over CloudTrail's logs, it lacks columns ({what}). Ask the admins of TEAM Bot to "
        "make it as docs/operations.md has it."
    ),
    SourceTrouble.UNKNOWN_WORKGROUP: (
        "Athena has no workgroup {what}. Ask the admins of TEAM Bot to look at TEAMBOT_ATHENA_WORKGROUP."
    ),
    SourceTrouble.NO_OUTPUT: (
        "Athena does not know where to put results: workgroup {what} names no place. Ask the admins of TEAM Bot to set "
        "TEAMBOT_ATHENA_OUTPUT."
    ),
    SourceTrouble.UNKNOWN_LOG_GROUP: (
        "CloudWatch has no log group {what}. Ask the admins of TEAM Bot to look at TEAMBOT_ACTIVITY_LOG_GROUPS."
    ),
    SourceTrouble.UNKNOWN_EVENT_STORE: (
        "CloudTrail Lake has no event data store {what} that can be asked. Ask the admins of TEAM Bot to look at "
        "TEAMBOT_ACTIVITY_EVENT_DATA_STORE."
    ),
    SourceTrouble.TOO_WIDE: (
        "The window is {what} long, and at most 7 days of it are read at once. Name a day of it, as in logs R-1042 "
        "2026-11-22."
    ),
    SourceTrouble.TOO_OLD: "The logs do not reach back that far ({what}). Look into the trail's own archive.",
    SourceTrouble.TOO_MUCH: (
        "More than {what} would have to be scanned, so it was stopped. Name one day of the window, as in logs R-1042 "
        "2026-11-22, or ask the admins of TEAM Bot to partition the table or to raise TEAMBOT_ACTIVITY_MAX_SCAN."
    ),
    SourceTrouble.TOO_SLOW: "The logs did not answer within {what}, and the question was stopped. Try again later.",
    SourceTrouble.CANCELLED: "Somebody cancelled the question to the logs in AWS. Try again.",
    SourceTrouble.FAILED: "The question to the logs failed. Ask the admins of TEAM Bot.",
    SourceTrouble.UNASKABLE: "The names in this request are none that AWS gives, so the logs are not asked.",
}
_LONGEST = 300


def trouble(raised: SourceRefused) -> str:
    """Say what is wrong with the source, with which part of it, and what to do."""
    sentence = _TROUBLES[raised.trouble].format(what=raised.what or "what is needed")
    if raised.said and raised.trouble in _WORTH_QUOTING:
        return f"{sentence} AWS says: {raised.said[:_LONGEST]}"
    return sentence


_WORTH_QUOTING = frozenset({SourceTrouble.FAILED, SourceTrouble.CANCELLED, SourceTrouble.NO_PERMISSION})

_LIMITS: Mapping[Limit, str] = {
    Limit.CUT: "There is more than was read: these are the first.",
    Limit.CUT_BEFORE: "There is more than was read: of each region the latest, and perhaps not every region.",
    Limit.MANAGEMENT_EVENTS_ONLY: "Only management events: what was done to data (objects, items) is not in it.",
    Limit.NAMED_REGIONS_ONLY: "Only the regions that TEAMBOT_ACTIVITY_REGIONS names.",
    Limit.SESSION_NAME_ONLY: "Found by the session's name alone.",
    Limit.NO_USER_NAME: (
        "The user is gone from IAM Identity Center: only events that carry the user id could be attributed."
    ),
    Limit.RENAMED: (
        "The user was renamed since the request: sessions were looked for by both names. Under a third name, events "
        "without a user id would be missing."
    ),
    Limit.NINETY_DAYS: "The event history reaches back 90 days, and the window began before.",
    Limit.UNREADABLE: "The logs have records that could not be read: they are missing here.",
    Limit.LARGE_EVENTS_MISSING: "Events over 256 KB are not delivered to CloudWatch Logs.",
}


MORE_MAY_COME = "Sessions and logs may go on: more may come."


def limit(of: Limit) -> str:
    """Say what an answer leaves out."""
    return _LIMITS[of]


def unread(number: int) -> str:
    """How many records of the logs say nothing that could be read."""
    return (
        f"{counted(number, 'record')} of the logs could not be read, and {'is' if number == 1 else 'are'} missing here."
    )


_ATTRIBUTIONS: Mapping[Attribution, str] = {
    Attribution.USER_ID: "by the Identity Center user id in the event",
    Attribution.SESSION_NAME: "by role and session name",
}


def attribution(by: Attribution) -> str:
    """By what an event is known to be the person's."""
    return _ATTRIBUTIONS[by]


def counted(number: int, word: str) -> str:
    """``1 error``, ``2 errors``, ``no errors``."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
