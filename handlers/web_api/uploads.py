"""Files sent from disk, piece by piece, to an address that a platform named."""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp

from core.domain.errors import Side, UpstreamBusy, UpstreamRefused
from core.ports import waiting_for

PIECE = 256 * 1024
SILENCE = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=60)
"""An upload may take long; silence may not."""


async def send(
    request: AbstractAsyncContextManager[aiohttp.ClientResponse], side: Side, taken: Collection[int] = (200,)
) -> None:
    """Send what a request carries. ``taken``: the statuses that say it has arrived."""
    what = f"{side.title()} did not take the file"
    try:
        with waiting_for(side):
            async with request as response:
                status = response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UpstreamBusy(f"{what}: {type(error).__name__}", side=side) from None
    if status == 429 or status >= 500:
        raise UpstreamBusy(f"{what} ({status})", side=side)
    if status not in taken:
        raise UpstreamRefused(f"{what} ({status})", code=f"upload_{status}", side=side)


async def pieces(file: Path, begin: int, end: int) -> AsyncIterator[bytes]:
    """The bytes of a file from ``begin`` up to ``end``: never more of it in memory than a piece."""
    with file.open("rb") as opened:
        opened.seek(begin)
        while piece := opened.read(min(PIECE, end - opened.tell())):
            yield piece
