"""The part of the question that Athena and CloudTrail Lake are asked in the same words. Both speak Trino's SQL.

Values stand in literals alone, and a literal is made here alone. What cannot be part of a name that AWS gives is
refused before it reaches a query at all.
"""

import re

from core.domain.activity import ActivityQuery
from core.domain.errors import SourceRefused, SourceTrouble

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_PERMISSION_SET = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)

COLUMNS = """eventid,
    eventtime,
    eventsource,
    eventname,
    awsregion,
    recipientaccountid,
    useridentity.arn AS session_arn,
    useridentity.sessioncontext.sessionissuer.arn AS issuer_arn,
    useridentity.sessioncontext.attributes.creationdate AS created_at,
    useridentity.accesskeyid AS access_key,
    readonly,
    errorcode,
    errormessage,
    sourceipaddress,
    useragent,
    json_format(CAST(resources AS JSON)) AS resources"""
"""The columns of an event, except those whose shape differs between the two services."""


def literal(text: str) -> str:
    """A string literal: the quote is the only character that could end it, and doubling keeps it inside."""
    return "'" + text.replace("'", "''") + "'"


def check_names(query: ActivityQuery) -> None:
    """Raise SourceRefused for an account, permission set or name that AWS could not have given."""
    odd = (
        not _ACCOUNT.fullmatch(query.account)
        or not _PERMISSION_SET.fullmatch(query.permission_set)
        or _UNPRINTABLE.search(query.user_name + query.principal)
    )
    if odd:
        raise SourceRefused(SourceTrouble.UNASKABLE)


def of_this_role(query: ActivityQuery) -> tuple[str, str]:
    """Only sessions of the role that Identity Center made for the permission set; a condition and its value."""
    prefix = query.role_prefix
    return f"substr(useridentity.sessioncontext.sessionissuer.username, 1, {len(prefix)}) = ", prefix
