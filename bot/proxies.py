"""The address of a caller behind trusted proxies, from what those have written down, and nothing else.

Each proxy adds the address that it was called from at the right of ``X-Forwarded-For``. What stands further left is
the caller's to write (MDN, X-Forwarded-For, "Selecting an IP address").
"""

import ipaddress
import re
from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

FORWARDED = "X-Forwarded-For"
_WITH_PORT = re.compile(r"([0-9.]{7,15}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?", re.ASCII)


def caller_address(peer: str | None, forwarded: Sequence[str], proxies: int) -> str | None:
    """The address that the outermost of ``proxies`` proxies was called from.

    ``peer``: the address that is connected. It is the answer where there is no proxy, and wherever the headers aren't
    what so many proxies write: then they are believed in no part.
    """
    if proxies < 1:
        return peer
    written = [each.strip() for value in forwarded for each in value.split(",")][-proxies:]
    addresses = [_read(each) for each in written]
    if len(addresses) < proxies or None in addresses:
        return peer
    return addresses[0]


def _read(written: str) -> str | None:
    """One address, with or without a port; None for anything else."""
    if found := _WITH_PORT.fullmatch(written):
        written = found[1].strip("[]")
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return None
    return None if "%" in written else str(address)


def behind(proxies: int) -> Middleware:
    """Every request has its caller's address as its ``remote`` from here on."""

    @web.middleware
    async def name_the_caller(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = caller_address(request.remote, request.headers.getall(FORWARDED, []), proxies)
        return await handler(request.clone(remote=address) if address else request)

    return name_the_caller
