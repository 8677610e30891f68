"""Names for the identifiers that pass through the core, so that one kind is never taken for another."""

import re
from typing import NewType

PrincipalId = NewType("PrincipalId", str)
"""UserId of an Identity Center user: what a person *is* here. Never an e-mail address, never a chat id."""

GroupId = NewType("GroupId", str)
"""GroupId of an Identity Center group."""

AccountId = NewType("AccountId", str)
"""Twelve digits."""

OuId = NewType("OuId", str)
"""``ou-…``, or ``r-…`` for the root."""

PermissionSetArn = NewType("PermissionSetArn", str)
"""``arn:aws:sso:::permissionSet/ssoins-…/ps-…``"""

ConversationId = NewType("ConversationId", str)
"""A channel or direct conversation of the chat platform; opaque to core."""

RequestId = NewType("RequestId", int)

UNSAVED = RequestId(0)
"""The id of a request that storage has not numbered yet."""

_SHOWN = re.compile(r"\s*(?:R-?)?([1-9]\d{0,17})\s*", re.IGNORECASE | re.ASCII)


def permission_set_id(arn: PermissionSetArn) -> str:
    """The end of its ARN, which tells it from the others of its instance: ``ps-…``."""
    return arn.rpartition("/")[2]


def show_request_id(request_id: RequestId) -> str:
    """Return the id as people read and type it: ``R-1042``."""
    return f"R-{request_id}"


def read_request_id(text: str) -> RequestId | None:
    """Read what a person typed (``R-1042``, ``r1042``, ``1042``); None when it is no id at all."""
    match = _SHOWN.fullmatch(text)
    return RequestId(int(match[1])) if match else None
