"""The Bot Connector's failures as errors of core.

Codes and what to try again: learn.microsoft.com, "Send and receive messages", status code responses, and "Optimize your
bot with rate limiting".
"""

import json
import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import aiohttp

from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.outside_values import read_retry_after
from handlers.web_api.failures import OPERATORS_TURN, PATIENCE, lost

MOST_BYTES = 1024 * 1024
"""The longest answer that is read."""
_SOON = (0.5, 2.0)
"""Seconds, by chance, after which to write to a conversation that somebody else is writing to."""
_LONGEST_CODE = 60
_AGAIN = frozenset({412, 429, 502, 503, 504})
"""Nothing happened: another is writing to that conversation, the bot writes too fast, or Teams is away."""


async def read_object(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """The JSON object of an answer; empty when it is none, or beyond all measure."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(said, list):
        return {"values": said}
    return said if isinstance(said, dict) else {}


def meaning(response: aiohttp.ClientResponse, said: Mapping[str, Any], *, repeatable: bool) -> Upstream:
    """The error that an answer stands for. ``repeatable``: doing it twice does no harm."""
    status, code = response.status, _code(said) or f"http_{response.status}"
    if status == 401:
        why = f"Teams refuses the bot ({code}): mend its registration or its credential."
        return UpstreamBusy(why, retry_after=OPERATORS_TURN, side=Side.TEAMS)
    if status in _AGAIN:
        return UpstreamBusy(f"Teams is busy: {code}", retry_after=_pause(response), side=Side.TEAMS)
    if status >= 500:
        return lost(code, Side.TEAMS, repeatable=repeatable)
    if 300 <= status < 400:
        return UpstreamBusy(f"Teams leads elsewhere ({status}), which is not followed.", side=Side.TEAMS)
    return UpstreamRefused(f"Teams refused: {code}", code=code, side=Side.TEAMS)


def outcome_of(status: int) -> str:
    """The metric label of an answer: there are few labels, because each is a series of its own."""
    if status < 300:
        return "ok"
    if status in {412, 429}:
        return "throttled"
    return "failed" if status >= 500 else "refused"


def _code(said: Mapping[str, Any]) -> str:
    """Its word for what is wrong. Whatever is no word is left out: it is logged and shown."""
    error = said.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code[:_LONGEST_CODE] if isinstance(code, str) and code.isalnum() and code.isascii() else ""


def _pause(response: aiohttp.ClientResponse) -> timedelta | None:
    """As Teams asks. An outage that names no time is tried by the sender's own pauses."""
    if (told := read_retry_after(response.headers.get("Retry-After"))) is not None:
        return told
    if response.status == 412:
        return timedelta(seconds=random.uniform(*_SOON))  # noqa: S311 - nothing secret depends on it
    return PATIENCE if response.status == 429 else None
