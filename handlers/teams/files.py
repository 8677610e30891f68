"""Files to people: offered by a card, uploaded from disk once somebody has accepted, then shown as a file."""

from collections.abc import Mapping
from pathlib import Path

from core.domain.notices import Notice
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import Clock, MessageRef, OfferedFile
from handlers.bot_connector.messages import file_message, file_offer
from handlers.bot_connector.posts import Posts
from handlers.bot_connector.uploads import Uploads
from handlers.screens import notices
from handlers.teams.links import TeamsLinks
from handlers.teams.readers import Readers


class TeamsFiles:
    """The FileOffers port: Teams takes a file only after the person has said where it may go."""

    def __init__(self, uploads: Uploads, posts: Posts, readers: Readers, links: TeamsLinks, clock: Clock) -> None:
        self.uploads = uploads
        self.posts = posts
        self._readers = readers
        self._links = links
        self._clock = clock

    async def offer(self, file: OfferedFile, to: ChatUser, notice: Notice) -> None:
        """Ask whether it may be sent."""
        summary, context = await self.summary(notice, to), {"export": file.export_id}
        await self.posts.post_to(to, file_offer(summary, file.name, file.size, context))

    def to(self, accepted: Mapping[str, str]) -> "AcceptedFile":
        return AcceptedFile(self, accepted)

    async def summary(self, notice: Notice, to: ChatUser) -> str:
        told = notices.build(notice, None, await self._links.to(), self._clock.now())
        return (await self._readers.drawn(told, to)).summary


class AcceptedFile:
    """The FileSender port for one file: ``accepted`` is what Teams told of where it may go."""

    def __init__(self, files: TeamsFiles, accepted: Mapping[str, str]) -> None:
        self._files = files
        self._accepted = accepted

    async def upload(self, file: Path, name: str, alt: str = "") -> str:  # noqa: ARG002 - OneDrive has no such words
        """Bring it to OneDrive. Refused for an address that is none of Microsoft's."""
        url = self._accepted.get("uploadUrl", "")
        self._files.uploads.check(url, self._accepted.get("contentUrl", ""))
        await self._files.uploads.put(file, url)
        return self._accepted.get("uniqueId") or name

    async def share(self, file: str, title: str, to: ChatUser, notice: Notice) -> None:
        """Show it in the place of the offer, where it stands once however often this is tried."""
        accepted, posts = self._accepted, self._files.posts
        shown = file_message(
            await self._files.summary(notice, to),
            accepted.get("name") or title,
            accepted["contentUrl"],
            file,
            accepted.get("fileType") or title.rpartition(".")[2],
        )
        offer = MessageRef(TEAMS, accepted.get("conversation", ""), accepted.get("offer", ""))
        if not (offer.conversation and offer.message and await posts.update(offer, shown)):
            await posts.post_to(to, shown)
