"""Profiles of people, remembered for a minute: every click asks for one."""

from abc import ABC, abstractmethod
from datetime import timedelta

from core.domain.people import ChatProfile, ChatUser
from core.ports import Clock
from handlers.chat.remembered import Remembered
from handlers.flows.pace import Pace, PaceKind

FRESH_FOR = timedelta(minutes=1)
_REMEMBERED = 5000


class RecentProfiles(ABC):
    """The part of the ChatDirectory port that reads people."""

    def __init__(self, clock: Clock, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._profiles: Remembered[ChatUser, ChatProfile] = Remembered(clock, FRESH_FOR, _REMEMBERED)

    async def profile(self, chat_user: ChatUser, *, fresh: bool = False) -> ChatProfile:
        """Read a profile; a minute old at most, or ``fresh``. Somebody the platform does not show is a stranger.

        In a flood of one person's presses a fresh one of theirs is a few seconds old: else nobody else's could be read
        (rule 26).
        """
        is_anew = fresh and chat_user in self._profiles and self._pace.admits(chat_user, PaceKind.BEING_LOOKED_UP)
        return await self._profiles.get(chat_user, lambda: self.read_profile(chat_user), anew=is_anew)

    def forget(self, user: str) -> None:
        """The platform says that a user has changed."""
        self._profiles.forget(lambda known: known.user == user)

    @abstractmethod
    async def read_profile(self, chat_user: ChatUser) -> ChatProfile:
        """Ask the platform. UpstreamBusy when it cannot say."""
