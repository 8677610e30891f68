"""The webhook: each event as a signed HTTPS POST to one address of the public internet.

Signed as Standard Webhooks 1.0 says (standardwebhooks.com), so that its libraries verify it. Nothing is followed or
trusted on the way: no redirect, no proxy, no cookie, and no connection but to an address that was just checked.
"""

import base64
import hashlib
import hmac
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from core.domain.errors import Side, Upstream, UpstreamBusy, UpstreamRefused
from core.domain.outgoing_events import OutgoingEvent, webhook_key
from core.domain.outside_values import read_retry_after
from core.domain.public_addresses import is_address, is_public

LIMIT = aiohttp.ClientTimeout(total=10, sock_connect=4)
"""A receiver answers first and works later; whoever drips an answer is cut off as well."""
MOST_READ = 16_384
"""Bytes of an answer that are read: nothing in it is used, and a short one keeps the connection."""


class InsideAddress(OSError):
    """A name that leads to an address inside."""


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses alone. What it returns is what is connected to: no second look-up follows."""

    def __init__(self, inner: AbstractResolver, allowed: Callable[[str], bool] = is_public) -> None:
        self._inner = inner
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All of its addresses. Raises InsideAddress when even one of them is inside."""
        found = await self._inner.resolve(host, port, family)
        for each in found:
            if not self._allowed(each["host"]):
                raise InsideAddress(f"{host} leads to {each['host']}")
        return found

    async def close(self) -> None:
        await self._inner.close()


def sign(secret: str, id_: str, timestamp: int, body: str) -> str:
    """One signature, over id, moment and body."""
    key = webhook_key(secret)
    if key is None:
        raise UpstreamRefused("The webhook's secret is none: it is whsec_ and base64.", code="secret", side=Side.BOT)
    signed = hmac.digest(key, f"{id_}.{timestamp}.{body}".encode(), hashlib.sha256)
    return "v1," + base64.b64encode(signed).decode()


class Webhook:
    """The ``EventReceiver`` at one address. Used as a context manager, which holds its connections."""

    def __init__(
        self,
        url: str,
        secrets: Callable[[], Sequence[str]],
        now: Callable[[], datetime],
        *,
        resolver: AbstractResolver | None = None,
        allowed: Callable[[str], bool] = is_public,
        limit: aiohttp.ClientTimeout = LIMIT,
        user_agent: str = "TEAM-Bot",
    ) -> None:
        """``secrets``: those to sign with now, the newest first; ``allowed``: the addresses that it may lead to."""
        self._url = url
        self._secrets = secrets
        self._now = now
        self._resolver = resolver
        self._allowed = allowed
        self._limit = limit
        self._user_agent = user_agent
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        resolver = PublicResolver(self._resolver or aiohttp.ThreadedResolver(), self._allowed)
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=2),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._limit,
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def send(self, event: OutgoingEvent) -> None:
        """Raises UpstreamBusy, with the pause that the receiver asks for, or UpstreamRefused."""
        timestamp = int(self._now().timestamp())
        signatures = (sign(secret, event.id, timestamp, event.body) for secret in self._secrets())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(signatures),
        }
        await self._ask("POST", headers, event.body)

    async def check(self) -> str:
        """Connect, and hand over nothing. Raises as ``send`` does."""
        status = await self._ask("HEAD", {}, None, any_status=True)
        return f"{urlsplit(self._url).hostname} can be reached (HTTP {status})"

    async def _ask(self, method: str, headers: dict[str, str], body: str | None, *, any_status: bool = False) -> int:
        self._refuse_inside()
        if self._http is None:
            raise UpstreamBusy("The webhook is closed.", side=Side.BOT)
        try:
            data = body.encode() if body is not None else None
            async with self._http.request(
                method, self._url, data=data, headers=headers, allow_redirects=False
            ) as response:
                await response.content.read(MOST_READ)
                if not any_status:
                    _judge(response)
                return response.status
        except aiohttp.ClientConnectorError as error:
            raise _unconnected(error) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise UpstreamBusy(f"The webhook did not answer: {type(error).__name__}", side=Side.RECEIVER) from None

    def _refuse_inside(self) -> None:
        """An address in the place of a name is never resolved. Read as the client reads it, in digits of any script."""
        host = URL(self._url).raw_host or ""
        if is_address(host) and not self._allowed(host):
            raise _inside(host)


def _judge(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        why = f"The webhook answers with a redirect (HTTP {status}), and none is followed: set the address it leads to."
        raise UpstreamRefused(why, code=str(status), side=Side.RECEIVER)
    pause = read_retry_after(response.headers.get("Retry-After"))
    if pause is not None or status in {408, 425, 429} or status >= 500:
        raise UpstreamBusy(f"The webhook answers HTTP {status}.", retry_after=pause, side=Side.RECEIVER)
    raise UpstreamRefused(f"The webhook refuses it: HTTP {status}.", code=str(status), side=Side.RECEIVER)


def _unconnected(error: aiohttp.ClientConnectorError) -> Upstream:
    if isinstance(error.os_error, InsideAddress):
        return _inside(str(error.os_error))
    return UpstreamBusy(f"The webhook cannot be reached: {type(error).__name__}", side=Side.RECEIVER)


def _inside(what: str) -> UpstreamRefused:
    why = f"The webhook's address leads inside, to no address of the public internet ({what}). Nothing was sent."
    return UpstreamRefused(why, code="inside_address", side=Side.RECEIVER)
