"""The guard of the page: only this machine's own browser gets in, by the page's own address, and no other site."""

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
_SAFE = ("GET", "HEAD")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    refused = _refused(request)
    response = refused or await handler(request)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-cache" if request.path.startswith("/static/") else "no-store")
    return response


def _refused(request: web.Request) -> web.Response | None:
    """The sentence for who may not come in: a name that another site gave this address, a form that it sends."""
    if request.remote not in _LOOPBACK:
        return web.Response(status=403, text="The sandbox answers its own machine only.")
    port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
    if request.host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return web.Response(status=421, text=f"The sandbox is http://127.0.0.1:{port}/ and nothing else.")
    writes = request.method not in _SAFE or request.headers.get("Upgrade", "").lower() == "websocket"
    if writes and request.headers.get("Origin") != f"http://{request.host}":
        return web.Response(status=403, text="This was sent from somewhere else than the sandbox's own page.")
    return None
