"""Every attempt to call Slack's Web API, as it is counted."""

import re
from collections.abc import Callable

from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState

_METHOD = re.compile(r"[a-zA-Z0-9]+(\.[a-zA-Z0-9]+)+")

ObserveSlack = Callable[[str, str, int], None]
"""Told of every attempt: Slack's name of the method, what came of it, and which attempt of that call it was, from 1."""


class CallObserver(AsyncRetryHandler):
    """The SDK asks its retry handlers after every attempt. This one never wants another: it is told, and no more."""

    def __init__(self, base_url: str, observe: ObserveSlack) -> None:
        super().__init__()
        self._base_url = base_url
        self._observe = observe

    async def can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,  # noqa: ARG002 - called by its name
    ) -> bool:
        self._observe(self._method(request.url), _outcome(response), state.current_attempt + 1)
        return False

    def _method(self, url: str) -> str:
        """``chat.postMessage``; what is no method of the Web API is the upload of a file."""
        method = url.removeprefix(self._base_url)
        return method if _METHOD.fullmatch(method) else "upload"


def _outcome(response: HttpResponse | None) -> str:
    """Few words, because each is a series of its own; which error it was is in the log."""
    if response is None:
        return "unreachable"
    if response.status_code == 429:
        return "throttled"
    if response.status_code >= 500:
        return "failed"
    body = response.body if isinstance(response.body, dict) else {}
    if body.get("ok") is not False:
        return "ok"
    return "throttled" if body.get("error") == "ratelimited" else "refused"
