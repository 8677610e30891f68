"""Files to people: uploaded from disk piece by piece, then shown in a direct message.

Three steps (docs.slack.dev, working with files): ask for an address, upload to it, complete. Until the last one
nobody sees the file, and all before it may be done again.
"""

from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from core.domain.errors import Side, UpstreamRefused
from core.domain.notices import Notice
from core.domain.people import ChatUser
from core.ports import Clock
from handlers.screens import notices
from handlers.slack.drawing.spans import mrkdwn
from handlers.slack.links import LinkMaker
from handlers.slack_api.addresses import FILES, may_call
from handlers.slack_api.failures import call
from handlers.web_api.uploads import SILENCE, pieces, send


class SlackFiles:
    """The FileSender port. ``client`` brings no retries of its own: whoever sends tries again."""

    def __init__(self, client: AsyncWebClient, clock: Clock, links: LinkMaker) -> None:
        self._client = client
        self._clock = clock
        self._links = links

    async def upload(self, file: Path, name: str, alt: str = "") -> str:
        """Bring a file to Slack; returns its id there."""
        described = {"alt_txt": alt} if alt else {}
        asked = self._client.files_getUploadURLExternal(filename=name, length=_size(file), **described)
        answer = await call(asked)
        url = str(answer.get("upload_url") or "")
        if not may_call(url, FILES, self._client.base_url):
            raise UpstreamRefused(
                "Slack named an address for the file that is not its own.", code="foreign_upload_url", side=Side.SLACK
            )
        await self._send(url, file)
        return str(answer.get("file_id") or "")

    async def share(self, file: str, title: str, to: ChatUser, notice: Notice) -> None:
        """Show an uploaded file to one person. AnswerLost: it may be there."""
        opened: Any = (await call(self._client.conversations_open(users=to.user))).get("channel") or {}
        told = notices.build(notice, None, await self._links.to(None), self._clock.now())
        shared: Any = [{"id": file, "title": title}]
        await call(
            self._client.files_completeUploadExternal(
                files=shared, channel_id=str(opened.get("id") or ""), initial_comment=mrkdwn(told.summary)
            ),
            repeatable=False,
        )

    async def _send(self, url: str, file: Path) -> None:
        size, client = _size(file), self._client
        options: Any = {"proxy": client.proxy, "ssl": client.ssl if client.ssl is not None else True}
        options["headers"] = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        async with aiohttp.ClientSession(timeout=SILENCE, trust_env=client.trust_env_in_session) as session:
            posting = session.post(url, data=pieces(file, 0, size), allow_redirects=False, **options)
            await send(posting, Side.SLACK)


def _size(file: Path) -> int:
    return file.stat().st_size
