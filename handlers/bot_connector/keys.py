"""The keys that tokens from Teams are signed with, as Microsoft publishes them.

They are read in the background and kept: whoever asks for one is answered at once, out of memory. Nothing that is
answered over HTTP waits for the server of the keys, and while that is away or silent the last known keys go on.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from core.domain.errors import Side, UpstreamBusy
from core.ports import Background

READ_EVERY = 3600.0
"""Seconds. Microsoft asks for no more than once a day, and publishes a key days before it signs with it."""
UNKNOWN_EVERY = 60.0
"""Seconds between two readings for keys that are not known: forged tokens must not make many."""
WITHIN = aiohttp.ClientTimeout(total=10)
LARGEST = 512 * 1024
"""Bytes of one answer; Microsoft's are less than a tenth of it."""
SMALLEST_KEY = 2048
"""Bits of an RSA key (NIST SP 800-131A)."""
AT_THE_START = 2.0
"""Seconds that the start of the process waits for the first keys, and no longer."""

_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """``endorsements``: the channels that may sign with it, as in ``channelId`` (Bot Connector authentication)."""

    key: PyJWK
    endorsements: frozenset[str]


class SigningKeys:
    """The signing keys that are published at one address of OpenID metadata."""

    def __init__(self, metadata: str, background: Background, now: Callable[[], float] = time.monotonic) -> None:
        self._metadata = metadata
        self._background = background
        self._now = now
        self._known: Mapping[str, PublishedKey] = {}
        self._read_at: float | None = None
        self._sought_at: float | None = None
        self._reading: asyncio.Task[None] | None = None

    def find(self, key_id: str) -> PublishedKey | None:
        """The key of that id, if it is known. One that is not is looked for soon, by nobody who waits."""
        found = self._known.get(key_id)
        if found is None and not self._is_reading and self._may_seek():
            self._sought_at = self._now()
            self._begin()
        return found

    @property
    def count(self) -> int:
        return len(self._known)

    def endorsed_for(self, channel: str) -> int:
        """The number of keys that may sign for a channel."""
        return sum(channel in key.endorsements for key in self._known.values())

    @property
    def age(self) -> float | None:
        """Seconds since they were read; None while they never were."""
        return None if self._read_at is None else self._now() - self._read_at

    async def begin(self) -> None:
        """Read them for the first time. A key that is published right after it is looked for at once all the same."""
        if (reading := self._begin()) is not None:
            await asyncio.wait({reading}, timeout=AT_THE_START)

    async def look(self) -> None:
        """Read them again when they are old, or were never read. UpstreamBusy when that is not possible."""
        if self._read_at is None or self._now() - self._read_at >= READ_EVERY:
            await self.read()

    async def read(self) -> None:
        """Read them now. UpstreamBusy when that is not possible: what was known goes on."""
        try:
            async with asyncio.timeout(WITHIN.total), aiohttp.ClientSession(timeout=WITHIN, trust_env=True) as session:
                address = _address_of_keys(await _get(session, self._metadata), self._metadata)
                published = dict(_read_keys(await _get(session, address)))
        except _FAILURES as error:
            because = str(error) or type(error).__name__
            raise UpstreamBusy(f"The keys of Teams cannot be read: {because}", side=Side.TEAMS) from error
        if not published:
            raise UpstreamBusy("The keys of Teams cannot be read: none is published", side=Side.TEAMS)
        if published.keys() != self._known.keys():
            log.info("keys of Teams read", keys=len(published))
        self._known, self._read_at = published, self._now()

    @property
    def _is_reading(self) -> bool:
        return self._reading is not None and not self._reading.done()

    def _may_seek(self) -> bool:
        return self._sought_at is None or self._now() - self._sought_at >= UNKNOWN_EVERY

    def _begin(self) -> "asyncio.Task[None] | None":
        if not self._is_reading:
            with suppress(RuntimeError):  # the process is stopping
                self._reading = self._background.start(self.read(), "teams keys")
        return self._reading


async def _get(session: aiohttp.ClientSession, url: str) -> object:
    """The JSON at an address. A redirect is not followed: the address that was named is the only one that is asked."""
    async with session.get(url, allow_redirects=False) as answer:
        if answer.status != 200:
            raise ValueError(f"{urlsplit(url).hostname} answers {answer.status}")
        body = await answer.content.read(LARGEST + 1)
        while len(body) <= LARGEST and (more := await answer.content.read(LARGEST + 1)):
            body += more
    if len(body) > LARGEST:
        raise ValueError(f"{urlsplit(url).hostname} answers too much")
    return json.loads(body)


def _address_of_keys(metadata: object, source: str) -> str:
    """The address of the keys in the metadata: https, unless the metadata itself came another way."""
    address = metadata.get("jwks_uri") if isinstance(metadata, dict) else None
    if not isinstance(address, str) or urlsplit(address).scheme not in {"https", urlsplit(source).scheme}:
        raise ValueError("the metadata names no address of them")
    return address


def _read_keys(found: object) -> Iterator[tuple[str, PublishedKey]]:
    """Every RSA key that can be read; others do not keep those from being used."""
    listed = found.get("keys") if isinstance(found, dict) else None
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and isinstance(each.get("kid"), str) and each.get("kty") == "RSA":
            with suppress(PyJWTError, ValueError, TypeError, AttributeError, KeyError):
                key = PyJWK(each, "RS256")
                if key.key.key_size >= SMALLEST_KEY:
                    yield each["kid"], PublishedKey(key, _endorsements(each.get("endorsements")))


def _endorsements(found: object) -> frozenset[str]:
    return frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list) else frozenset()
