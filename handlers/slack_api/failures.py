"""The meaning of Slack's failures for core. No Slack exception goes further than this."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.outside_values import read_retry_after
from core.ports import waiting_for
from handlers.web_api.failures import OPERATORS_TURN, PATIENCE, lost, unreachable

_OPERATORS = frozenset(
    {
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
_BUSY = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "accesslimited"})
_HALF_DONE = frozenset({"internal_error", "fatal_error", "request_timeout"})
"""Slack: "it's possible some aspect of the operation succeeded before the error was raised"."""


async def call(answer: Awaitable[AsyncSlackResponse], *, repeatable: bool = True) -> AsyncSlackResponse:
    """Await one call of the Web API. ``repeatable``: doing it twice does no harm, so a lost answer is merely busy."""
    try:
        with waiting_for(Side.SLACK):
            return await answer
    except SlackApiError as error:
        raise _meaning(error, repeatable=repeatable) from error
    except aiohttp.ClientConnectorError as error:
        raise unreachable(error, Side.SLACK) from error
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, SlackClientError) as error:
        raise lost(type(error).__name__, Side.SLACK, repeatable=repeatable) from error


def _meaning(error: SlackApiError, *, repeatable: bool) -> Upstream:
    status, code = _status(error), _code(error)
    if status == 429 or code in _BUSY:
        return UpstreamBusy(f"Slack is busy: {code or status}", retry_after=_retry_after(error), side=Side.SLACK)
    if code in _OPERATORS:
        return UpstreamBusy(
            f"Slack refuses the bot ({code}): reinstall it or mend its token",
            retry_after=OPERATORS_TURN,
            side=Side.SLACK,
        )
    if status == 503:
        return UpstreamBusy("Slack is unavailable", side=Side.SLACK)
    if status >= 500 or code in _HALF_DONE or not code:
        return lost(code or str(status), Side.SLACK, repeatable=repeatable)
    return UpstreamRefused(f"Slack refused: {code}", code=code, side=Side.SLACK)


def _status(error: SlackApiError) -> int:
    response: object = error.response
    return int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)


def _code(error: SlackApiError) -> str:
    data: object = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def _retry_after(error: SlackApiError) -> timedelta:
    headers: object = getattr(error.response, "headers", None)
    return read_retry_after(getattr(headers, "get", lambda _: None)("Retry-After")) or PATIENCE
