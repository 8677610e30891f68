"""The meaning of Slack's failures for core. No Slack exception goes further than this.

Three kinds: worth trying again, perhaps done already, and final. What only the operator can mend (a token, a
scope) is worth trying again, in a long while: a message must not be lost for it.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from core.domain.errors import AnswerLost, Side, Upstream, UpstreamBusy, UpstreamRefused
from core.ports import waiting_for

OPERATORS_TURN = timedelta(minutes=5)
"""How long to wait when an operator has to mend something first."""
_PATIENCE = timedelta(seconds=30)
_LONGEST = timedelta(hours=1)

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
        raise _meaning(error, repeatable=repeatable).at(Side.SLACK) from error
    except aiohttp.ClientConnectorError as error:
        raise UpstreamBusy(f"Slack cannot be reached: {type(error).__name__}").at(Side.SLACK) from error
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, SlackClientError) as error:
        raise _lost(type(error).__name__, repeatable=repeatable).at(Side.SLACK) from error


def code_of(error: Upstream) -> str:
    """Slack's own word for a final failure; empty for the others."""
    return error.code if isinstance(error, UpstreamRefused) else ""


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
        return _lost(code or str(status), repeatable=repeatable)
    return UpstreamRefused(f"Slack refused: {code}", code=code, side=Side.SLACK)


def _lost(what: str, *, repeatable: bool) -> Upstream:
    if repeatable:
        return UpstreamBusy(f"Slack did not answer: {what}", side=Side.SLACK)
    return AnswerLost(f"Slack did not answer, it may have happened: {what}", side=Side.SLACK)


def _status(error: SlackApiError) -> int:
    response: object = error.response
    return int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)


def _code(error: SlackApiError) -> str:
    data: object = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def _retry_after(error: SlackApiError) -> timedelta:
    headers: object = getattr(error.response, "headers", None)
    found = getattr(headers, "get", lambda _: None)("Retry-After")
    if found is None or not str(found).isdigit():
        return _PATIENCE
    return min(timedelta(seconds=max(1, int(found))), _LONGEST)
