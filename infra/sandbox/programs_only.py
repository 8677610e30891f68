"""Guards what only programs of this machine speak to: no page in a browser gets in, whatever name it came by.

A browser says where a request comes from (Origin, Sec-Fetch-Site) and by which name it found the address (Host, which
another site may have made lead here); a program that was told the address says none of it, and names the address.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
_OF_NO_SITE = ("same-origin", "none")


@web.middleware
async def programs_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    return _refused(request) or await handler(request)


def _refused(request: web.Request) -> web.Response | None:
    if request.remote not in _LOOPBACK:
        return _no(403, "The sandbox answers its own machine only.")
    port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
    if request.host not in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        return _no(421, f"This is http://127.0.0.1:{port}/ and nothing else.")
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
    if origin not in (None, f"http://{request.host}") or site not in _OF_NO_SITE:
        return _no(403, "No page may ask this: it is for programs of this machine.")
    return None


def _no(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
