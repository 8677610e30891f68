"""The chat platforms of an installation: the ports of each, chosen by whom or what something is for."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.conversations import Place, platform_of
from core.domain.errors import PlatformAbsent, Side
from core.ports.chat import ChatDirectory, FileOffers, FileSender, HomeScreens, Messenger


@dataclass(frozen=True, slots=True)
class ChatPlatform:
    """One platform: who is there, and how something is said, shown and sent there."""

    directory: ChatDirectory
    messenger: Messenger
    home_screens: HomeScreens
    files: FileSender | None = None
    """The sender, on a platform where files are sent at once."""
    offers: FileOffers | None = None
    """The offers, on a platform where each file has to be accepted first."""


@dataclass(frozen=True, slots=True)
class ChatPlatforms:
    """Those that are configured, by name, the first asked first.

    What is for another one waits as it does in an outage of that platform: it may be configured again.
    """

    by_name: Mapping[str, ChatPlatform]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.by_name)

    def of(self, name: str) -> ChatPlatform:
        """Raises PlatformAbsent for one that is not configured."""
        found = self.by_name.get(name)
        if found is None:
            raise PlatformAbsent(f"{name.capitalize()} is not configured.", side=Side.of_platform(name))
        return found

    def at(self, place: Place) -> ChatPlatform:
        """The platform of a person or a channel; raises as ``of`` does."""
        return self.of(platform_of(place))
