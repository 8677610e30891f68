"""Cuts a list into pages with opaque tokens, as every List operation of AWS does."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from . import refusals
from .wire import Call

Item = TypeVar("Item")


def page(
    call: Call, name: str, items: Sequence[Item], size: int, describe: Callable[[Item], Any] = lambda item: item
) -> dict[str, Any]:
    """The page that the call asks for: `size` items at most, fewer where it says MaxResults.

    Only what is on the page is described: a long list is walked in many pages.
    """
    start = _start(call)
    stop = start + min(call.arguments.get("MaxResults") or size, size)
    answer: dict[str, Any] = {name: [describe(item) for item in items[start:stop]]}
    if stop < len(items):
        answer["NextToken"] = _token(call.operation, stop)
    return answer


def _token(operation: str, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{operation}/{offset}".encode()).decode()


def _start(call: Call) -> int:
    """The beginning of the page; a token of another operation, or made up, is refused."""
    token = call.arguments.get("NextToken")
    if not token:
        return 0
    try:
        operation, _, offset = base64.urlsafe_b64decode(token).decode().partition("/")
        if operation == call.operation:
            return int(offset)
    except (binascii.Error, ValueError):
        pass
    raise refusals.invalid(call.service, "The pagination token is invalid.", "INVALID_NEXT_TOKEN")
