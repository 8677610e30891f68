"""Files to people: offered by a card, uploaded from disk once somebody has accepted, then shown as a file.

Source: learn.microsoft.com, "Send and receive files using a bot" (consent card, upload session of OneDrive, file card).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.domain.notices import Notice
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import Clock, MessageRef, OfferedFile, waiting_for
from handlers.bot_connector.clouds import Cloud
from handlers.screens import notices
from handlers.teams.links import TeamsLinks
from handlers.teams.posts import Posts
from handlers.teams.readers import Readers

CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE = "application/vnd.microsoft.teams.card.file.info"
PIECE = 256 * 1024
FRAGMENT = 192 * 320 * 1024
"""Bytes of one request: the most that OneDrive takes, which is a multiple of 320 KiB (upload sessions)."""
SILENCE = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
"""An upload may take long; silence may not."""


class TeamsFiles:
    """The FileOffers port: Teams takes a file only after the person has said where it may go."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        cloud: Cloud,
        posts: Posts,
        readers: Readers,
        links: TeamsLinks,
        clock: Clock,
    ) -> None:
        self.http = http
        self.cloud = cloud
        self.posts = posts
        self._readers = readers
        self._links = links
        self._clock = clock

    async def offer(self, file: OfferedFile, to: ChatUser, notice: Notice) -> None:
        """Ask whether it may be sent."""
        summary, context = await self.summary(notice, to), {"export": file.export_id}
        content = {"description": summary, "sizeInBytes": file.size}
        content |= {"acceptContext": context, "declineContext": context}
        await self.posts.send_to(to, _message(summary, {"contentType": CONSENT, "name": file.name, "content": content}))

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
        for word in ("uploadUrl", "contentUrl"):
            if not self._files.cloud.is_file(self._accepted.get(word, "")):
                why = "Teams named an address for the file that is none of Microsoft's in this cloud."
                raise UpstreamRefused(why, code="foreign_upload_url", side=Side.TEAMS)
        size = (await asyncio.to_thread(file.stat)).st_size
        for begin in range(0, size, FRAGMENT):
            await self._put(file, begin, min(begin + FRAGMENT, size), size)
        return self._accepted.get("uniqueId") or name

    async def share(self, file: str, title: str, to: ChatUser, notice: Notice) -> None:
        """Show it in the place of the offer, where it stands once however often this is tried."""
        summary = await self._files.summary(notice, to)
        shown = {
            "contentType": FILE,
            "contentUrl": self._accepted["contentUrl"],
            "name": self._accepted.get("name") or title,
            "content": {"uniqueId": file, "fileType": self._accepted.get("fileType") or title.rpartition(".")[2]},
        }
        offer = MessageRef(TEAMS, self._accepted.get("conversation", ""), self._accepted.get("offer", ""))
        activity = _message(summary, shown)
        if not (offer.conversation and offer.message and await self._files.posts.replace(offer, activity)):
            await self._files.posts.send_to(to, activity)

    async def _put(self, file: Path, begin: int, end: int, size: int) -> None:
        headers = {"Content-Length": str(end - begin), "Content-Range": f"bytes {begin}-{end - 1}/{size}"}
        options: dict[str, Any] = {"headers": headers, "timeout": SILENCE, "allow_redirects": False}
        url = URL(self._accepted["uploadUrl"], encoded=True)
        try:
            with waiting_for(Side.TEAMS):
                async with self._files.http.put(url, data=_pieces(file, begin, end), **options) as response:
                    status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UpstreamBusy(f"Teams did not take the file: {type(error).__name__}", side=Side.TEAMS) from None
        if status == 429 or status >= 500:
            raise UpstreamBusy(f"Teams did not take the file ({status})", side=Side.TEAMS)
        if status not in {200, 201, 202}:
            raise UpstreamRefused(f"Teams did not take the file ({status})", code=f"upload_{status}", side=Side.TEAMS)


def _message(summary: str, attachment: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "message", "summary": summary, "attachments": [attachment]}


async def _pieces(file: Path, begin: int, end: int) -> AsyncIterator[bytes]:
    """A part of a file as it is sent: never more of it in memory than a piece."""
    with file.open("rb") as opened:
        opened.seek(begin)
        while piece := opened.read(min(PIECE, end - opened.tell())):
            yield piece
