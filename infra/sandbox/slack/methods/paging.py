"""Cursor pagination, the same for every list."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from infra.sandbox.slack.methods.call import Call
from infra.sandbox.slack.model import Json
from infra.sandbox.slack.refusal import RefusedError

Item = TypeVar("Item")
_MARK = "next:"


def page(call: Call, items: Sequence[Item], *, default: int) -> tuple[list[Item], Json]:
    """The asked-for stretch, and the `response_metadata` that leads on."""
    limit = call.number("limit", 0) or default
    size = min(limit, call.workspace.page_most)
    start = _decode(call.text("cursor"))
    stretch = list(items[start : start + size])
    more = start + size < len(items)
    return stretch, {"next_cursor": _encode(start + size) if more else ""}


def _encode(start: int) -> str:
    return base64.b64encode(f"{_MARK}{start}".encode()).decode()


def _decode(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        mark, _, start = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise RefusedError("invalid_cursor") from None
    if f"{mark}:" != _MARK or not start.isdigit():
        raise RefusedError("invalid_cursor")
    return int(start)
