"""Session activity in plain sentences: why a source does not tell and what to do, and what an answer leaves out.

As in ``sentences``: no markup, the same on every platform and on the command line.
"""

from collections.abc import Mapping

from core.domain.activity import Attribution, Limit
from core.domain.errors import SourceRefused, SourceTrouble
from handlers.words.counts import counted

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
        "The Athena table does not fit CloudTrail's logs: it lacks the columns {what}. Ask the admins of TEAM Bot to "
        "create it as docs/operations.md shows."
    ),
    SourceTrouble.UNKNOWN_WORKGROUP: (
        "Athena has no workgroup {what}. Ask the admins of TEAM Bot to look at TEAMBOT_ATHENA_WORKGROUP."
    ),
    SourceTrouble.NO_OUTPUT: (
        "Athena has nowhere to put results: workgroup {what} names no output location. Ask the admins of TEAM Bot to "
        "set TEAMBOT_ATHENA_OUTPUT."
    ),
    SourceTrouble.UNKNOWN_LOG_GROUP: (
        "CloudWatch has no log group {what}. Ask the admins of TEAM Bot to look at TEAMBOT_ACTIVITY_LOG_GROUPS."
    ),
    SourceTrouble.UNKNOWN_EVENT_STORE: (
        "CloudTrail Lake has no event data store {what} that can be queried. Ask the admins of TEAM Bot to look at "
        "TEAMBOT_ACTIVITY_EVENT_DATA_STORE."
    ),
    SourceTrouble.TOO_WIDE: (
        "The window is {what} long, and at most 7 days can be read at once. Name one day, e.g. logs R-1042 2026-11-22."
    ),
    SourceTrouble.TOO_OLD: "The logs do not reach back that far ({what}). Look in the trail's own archive.",
    SourceTrouble.TOO_MUCH: (
        "The query would have scanned more than {what}, so it was stopped. Name one day of the window, e.g. logs "
        "R-1042 2026-11-22, or ask the admins of TEAM Bot to partition the table or to raise TEAMBOT_ACTIVITY_MAX_SCAN."
    ),
    SourceTrouble.TOO_SLOW: "The logs did not answer within {what}, so the query was stopped. Try again later.",
    SourceTrouble.CANCELLED: "Somebody cancelled the query in AWS. Try again.",
    SourceTrouble.FAILED: "The query failed. Ask the admins of TEAM Bot.",
    SourceTrouble.UNASKABLE: "The names in this request are not names that AWS allows, so the logs were not searched.",
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
    Limit.CUT: "There are more events than were read: these are the first.",
    Limit.CUT_BEFORE: (
        "There are more events than were read: these are the latest of each region, and some regions may be missing."
    ),
    Limit.MANAGEMENT_EVENTS_ONLY: "Only management events are included: what was done to data (objects, items) is not.",
    Limit.NAMED_REGIONS_ONLY: "Only the regions in TEAMBOT_ACTIVITY_REGIONS were searched.",
    Limit.SESSION_NAME_ONLY: "Events were found by the session's name alone.",
    Limit.NO_USER_NAME: (
        "The user was deleted from IAM Identity Center, so only events with the user id could be attributed."
    ),
    Limit.RENAMED: (
        "The user was renamed after the request: sessions were searched by both names. Under a third name, events "
        "without a user id would be missing."
    ),
    Limit.NINETY_DAYS: "The event history reaches back 90 days, and the window began earlier.",
    Limit.UNREADABLE: "Some records in the logs could not be read and are missing here.",
    Limit.LARGE_EVENTS_MISSING: "Events over 256 KB are not delivered to CloudWatch Logs.",
}


MORE_MAY_COME = "Sessions may still be open, and logs arrive late: more events may follow."


def limit(of: Limit) -> str:
    """Say what an answer leaves out."""
    return _LIMITS[of]


def unread(number: int) -> str:
    """The sentence about records of the logs that could not be read."""
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
