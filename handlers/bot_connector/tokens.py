"""Tokens of the app, which every call to Teams carries: asked for ahead of time, once for everybody who waits.

Source: learn.microsoft.com, "Authentication with the Bot Connector API", bot to connector. No error shows a secret.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from core.domain.errors import Side, Upstream, UpstreamBusy
from core.ports import Background, waiting_for
from handlers.bot_connector.clouds import Cloud
from handlers.bot_connector.credentials import Credential
from handlers.bot_connector.failures import read_object
from handlers.web_api.failures import OPERATORS_TURN

AHEAD = 600.0
"""Seconds before its end at which a token is replaced, while it goes on serving."""
SPARE = 30.0
"""Seconds before its end from which it serves no more."""
SHORTEST, LONGEST = 60.0, 86400.0
PACE = 30.0
"""Seconds between two attempts to replace one that is at hand."""
_LIMIT = aiohttp.ClientTimeout(total=20, sock_connect=5)


@dataclass(slots=True)
class _Token:
    text: str = field(default="", repr=False)
    until: float = 0.0


class AppTokens:
    """The newest token. ``steady`` counts seconds that nobody sets back."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        cloud: Cloud,
        tenant: str,
        app_id: str,
        credential: Credential,
        background: Background,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._cloud = cloud
        self._login = f"{cloud.login.rstrip('/')}/{tenant}/oauth2/v2.0/token"
        self._app_id = app_id
        self._credential = credential
        self._background = background
        self._steady = steady
        self._held = _Token()
        self._asking: asyncio.Task[str] | None = None
        self._asked_at = float("-inf")

    async def token(self) -> str:
        """One that is good. Raises UpstreamBusy, and what asking AWS does, while there is none."""
        left = self._held.until - self._steady()
        if left <= SPARE:
            return await asyncio.shield(self._ask())
        if left <= AHEAD and self._steady() - self._asked_at >= PACE:
            self._ask().add_done_callback(_look_away)
        return self._held.text

    def spoil(self, token: str) -> bool:
        """Teams does not take this one; says whether another may be had, which is so once in ``PACE``."""
        if token == self._held.text:
            if self._steady() - self._asked_at < PACE:
                return False
            self._held = _Token()
        return True

    def _ask(self) -> "asyncio.Task[str]":
        """One attempt serves everybody, and goes on when who waits for it gives up."""
        if self._asking is None or self._asking.done():
            self._asked_at = self._steady()
            self._asking = self._background.start(self._fetch(), "token of Teams")
        return self._asking

    async def _fetch(self) -> str:
        form = {"grant_type": "client_credentials", "client_id": self._app_id, "scope": self._cloud.scope}
        proof = await self._credential.proof(self._login, self._app_id)
        began = self._steady()
        with waiting_for(Side.TEAMS):
            status, said = await self._post({**form, **proof})
        text, seconds = said.get("access_token"), said.get("expires_in")
        if status != 200 or not isinstance(text, str) or not text:
            raise _meaning(status, said)
        self._held = _Token(text, began + _bounded(seconds))
        return text

    async def _post(self, form: dict[str, str]) -> tuple[int, Mapping[str, Any]]:
        try:
            async with self._http.post(self._login, data=form, timeout=_LIMIT, allow_redirects=False) as response:
                return response.status, await read_object(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            why = f"The sign-in of Microsoft does not answer: {type(error).__name__}"
            raise UpstreamBusy(why, side=Side.TEAMS) from None


def _look_away(asked: "asyncio.Task[str]") -> None:
    """One that still serves is replaced in the background: that it failed matters to nobody yet."""
    if not asked.cancelled():
        asked.exception()


def _bounded(seconds: object) -> float:
    told = float(seconds) if isinstance(seconds, int) and not isinstance(seconds, bool) else SHORTEST
    return min(max(told, SHORTEST), LONGEST)


def _meaning(status: int, said: Mapping[str, Any]) -> Upstream:
    """Entra's own words hold ids and times of one attempt: its code and number say enough (AADSTS error codes)."""
    if status == 429 or status >= 500:
        return UpstreamBusy(f"The sign-in of Microsoft is busy ({status}).", side=Side.TEAMS)
    numbers = said.get("error_codes")
    codes = [f"AADSTS{number}" for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else []
    word = str(said.get("error") or status)
    why = ", ".join([word if word.replace("_", "").isalnum() else str(status), *codes[:3]])
    return UpstreamBusy(
        f"Entra refuses the bot ({why}): mend its app registration or its credential.",
        retry_after=OPERATORS_TURN,
        side=Side.TEAMS,
    )
