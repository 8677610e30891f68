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

_BEFORE = r"""[\s#*_~`"'“”„‘’«»(\[<]*"""
_BEHIND = r"""[\s*_~`"'“”„‘’«»)\]>.,:;!?]*"""
_SHOWN = re.compile(rf"{_BEFORE}(?:R[-‐‑–]?)?([1-9]\d{{0,17}}){_BEHIND}", re.IGNORECASE | re.ASCII)
"""A number as people copy it out of a sentence or a message, with what stood around it there."""


def permission_set_id(arn: PermissionSetArn) -> str:
    """The end of its ARN, which tells it from the others of its instance: ``ps-…``."""
    return arn.rpartition("/")[2]


def show_request_id(request_id: RequestId) -> str:
    """Return the id as people read and type it: ``R-1042``."""
    return f"R-{request_id}"


def read_request_id(text: str) -> RequestId | None:
    """Read what a person typed or copied (``R-1042``, ``r1042``, ``#1042``, ``*R-1042*.``); None when it is no id."""
    match = _SHOWN.fullmatch(text)
    return RequestId(int(match[1])) if match else None
