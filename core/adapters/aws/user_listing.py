"""All users of the identity store, listed again and again, as often as that leaves AWS's calls to others.

ListUsers says nothing of what has changed: it takes a user name or an external id as its filter, no time, and tells
UpdatedAt only of whom it lists anyway (Identity Store API reference). So a directory is always listed whole, a hundred
users a call. A small one is, behind what people wait for, more often than once a minute. A large one is at
``CALLS_A_MINUTE``, and whoever must be known as of this minute is looked up alone (``IdentityStoreDirectory``).
"""

import asyncio
import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from core.adapters.aws.budget import Priority
from core.adapters.aws.cache import Cache
from core.adapters.aws.session import AwsSession
from core.adapters.aws.user_index import UserIndex, principal_of
from core.domain.people import Principal
from core.ports import Clock

PAGE = 100
"""Users or groups in one answer: as many as the store gives."""
CALLS_A_MINUTE = 60
"""Calls that a listing may take on average: a twentieth of what AWS allows."""
_EVERYBODY = "everybody"


def calls_to_list(users: int) -> int:
    """The number of calls that list so many users."""
    return max(1, math.ceil(users / PAGE))


def listed_every(users: int, at_most_every: timedelta) -> timedelta:
    """The time from one listing of so many users to the next."""
    return max(at_most_every, timedelta(minutes=calls_to_list(users) / CALLS_A_MINUTE))


class UserListing:
    """The last listing, and the one under way."""

    def __init__(self, session: AwsSession, clock: Clock, max_age: timedelta) -> None:
        self._session = session
        self._store = session.identity_store
        self._clock = clock
        self._max_age = max_age
        self._users: Cache[str, UserIndex] = Cache(clock, max_age)
        self._is_taken_over = False

    @property
    def last(self) -> UserIndex | None:
        """The last that is complete, of whatever age."""
        return self._users.last(_EVERYBODY)

    @property
    def is_large(self) -> bool:
        """True if it cannot be listed every minute."""
        return self.last is not None and listed_every(len(self.last.by_id), timedelta()) > self._max_age

    @property
    def waits_for_nobody(self) -> bool:
        """True if the last is used at any age: no person waits for a new one, and whoever must be known is looked up.

        So it is in a large directory, and with a listing of another replica's or of the last run.
        """
        return self.is_large or self._is_taken_over

    @property
    def is_young(self) -> bool:
        """True if the last was asked for within the minute."""
        return self._age is not None and timedelta() <= self._age < self._max_age

    @property
    def _age(self) -> timedelta | None:
        return None if self.asked_at is None else self._clock.now() - self.asked_at

    @property
    def asked_at(self) -> datetime | None:
        """The moment at which the last was asked for."""
        return self._users.asked_at(_EVERYBODY)

    async def index(self, within: timedelta | None = None) -> UserIndex:
        """Everybody, asked for less than ``within`` ago; the last where nobody waits for another.

        A large directory isn't listed for somebody whom ``within`` makes wait, either.
        """
        if self.last is not None and (self.is_large or (within is None and self.waits_for_nobody)):
            return self.last
        return await self._users.get(_EVERYBODY, lambda: self._list(Priority.READ), within=within)

    async def refresh(self) -> bool:
        """List everybody behind all that somebody waits for, unless that is too early; False then."""
        if self.is_large and not self._is_due():
            return False
        await self._users.get(_EVERYBODY, lambda: self._list(Priority.BACKGROUND), within=timedelta())
        return True

    async def take_over(self, users: Iterable[Principal], asked_at: datetime) -> None:
        """Use what another process has listed, unless what is at hand is later."""
        if self.asked_at is not None and asked_at <= self.asked_at <= self._clock.now():
            return
        index = await asyncio.to_thread(UserIndex.of, users)
        self._users.take_over(_EVERYBODY, index, asked_at)
        self._is_taken_over = self.last is index

    def _is_due(self) -> bool:
        if self.last is None or self._age is None:
            return True
        return not timedelta() <= self._age < listed_every(len(self.last.by_id), timedelta())

    async def _list(self, priority: Priority) -> UserIndex:
        """List everybody. The index is made anew only where somebody has changed, and beside the event loop."""
        store_id = (await self._session.instance()).identity_store_id
        pages = self._store.pages(priority, self._store.client.list_users, IdentityStoreId=store_id, MaxResults=PAGE)
        listed = [principal_of(user) async for page in pages for user in page["Users"]]
        self._is_taken_over = False
        if self.last is not None and self.last.listed == tuple(listed):
            return self.last
        return await asyncio.to_thread(UserIndex.of, listed)
