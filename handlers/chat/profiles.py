"""Profiles of people, remembered for a minute: every click asks for one."""

from abc import ABC, abstractmethod
from collections import OrderedDict
from datetime import datetime, timedelta

from core.domain.freshness import is_younger
from core.domain.people import ChatProfile, ChatUser
from core.ports import Clock
from handlers.flows.pace import Pace, PaceKind

FRESH_FOR = timedelta(minutes=1)
_REMEMBERED = 5000


class RecentProfiles(ABC):
    """The part of the ChatDirectory port that reads people."""

    def __init__(self, clock: Clock, pace: Pace | None = None) -> None:
        self._clock = clock
        self._pace = pace or Pace()
        self._profiles: OrderedDict[ChatUser, tuple[datetime, ChatProfile]] = OrderedDict()

    async def profile(self, chat_user: ChatUser, *, fresh: bool = False) -> ChatProfile:
        """Read a profile; a minute old at most, or ``fresh``. Somebody the platform does not show is a stranger.

        In a flood of one person's presses a fresh one of theirs is a few seconds old: else nobody else's could be read
        (rule 26).
        """
        known = self._profiles.get(chat_user)
        is_recent = known is not None and is_younger(known[0], self._clock.now(), FRESH_FOR)
        if known is not None and is_recent and not (fresh and self._pace.admits(chat_user, PaceKind.BEING_LOOKED_UP)):
            return known[1]
        profile = await self.read_profile(chat_user)
        self._profiles[chat_user] = (self._clock.now(), profile)
        self._profiles.move_to_end(chat_user)
        while len(self._profiles) > _REMEMBERED:
            self._profiles.popitem(last=False)
        return profile

    def forget(self, user: str) -> None:
        """The platform says that a user has changed."""
        for chat_user in [known for known in self._profiles if known.user == user]:
            del self._profiles[chat_user]

    @abstractmethod
    async def read_profile(self, chat_user: ChatUser) -> ChatProfile:
        """Ask the platform. UpstreamBusy when it cannot say."""
