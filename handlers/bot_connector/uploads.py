"""Files brought to OneDrive, to where somebody has accepted one.

Source: learn.microsoft.com, "Send and receive files using a bot", and for the fragments "Upload large files with an
upload session".
"""

import asyncio
from pathlib import Path

import aiohttp
from yarl import URL

from core.domain.errors import Side, UpstreamRefused
from handlers.bot_connector.clouds import Cloud
from handlers.web_api.uploads import SILENCE, pieces, send

FRAGMENT = 192 * 320 * 1024
"""Bytes of one request: the most that OneDrive takes, which is a multiple of 320 KiB."""
_TAKEN = frozenset({200, 201, 202})


class Uploads:
    """``cloud`` says which addresses are Microsoft's."""

    def __init__(self, http: aiohttp.ClientSession, cloud: Cloud) -> None:
        self._http = http
        self.cloud = cloud

    def check(self, *urls: str) -> None:
        """UpstreamRefused for an address that is none of Microsoft's."""
        if not all(map(self.cloud.is_file, urls)):
            why = "Teams named an address for the file that is none of Microsoft's in this cloud."
            raise UpstreamRefused(why, code="foreign_upload_url", side=Side.TEAMS)

    async def put(self, file: Path, url: str) -> None:
        """Bring all of a file there, one fragment after the other."""
        size = (await asyncio.to_thread(file.stat)).st_size
        for begin in range(0, size, FRAGMENT):
            end = min(begin + FRAGMENT, size)
            headers = {"Content-Length": str(end - begin), "Content-Range": f"bytes {begin}-{end - 1}/{size}"}
            putting = self._http.put(
                URL(url, encoded=True),
                data=pieces(file, begin, end),
                headers=headers,
                timeout=SILENCE,
                allow_redirects=False,
            )
            await send(putting, Side.TEAMS, _TAKEN)
