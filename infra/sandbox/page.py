"""The sandbox in a browser, to look at: conversations, AWS, the clock. Plain HTML from the server, nothing else.

Only shows, and moves the clock. Nobody acts as one of the people here yet; when that comes, it takes the place of
this module, whose one door is `application`.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from infra.sandbox.markup import Html
from infra.sandbox.page_parts import STYLE, document
from infra.sandbox.sandbox import Sandbox

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: What the buttons of the clock move it by, in minutes.
STEPS = (15, 60)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def application(sandbox: Sandbox) -> web.Application:
    """Everything there is at the address of the sandbox."""
    page = _Page(sandbox)
    made = web.Application(middlewares=[_from_here_alone])
    made.router.add_get("/", page.show)
    made.router.add_get("/style.css", page.style)
    made.router.add_post("/clock", page.move_clock)
    return made


class _Page:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def show(self, request: web.Request) -> web.Response:
        return _html(document(self._sandbox, STEPS, follow=request.query.get("follow") != "no"))

    async def style(self, _request: web.Request) -> web.Response:
        return web.Response(text=STYLE, content_type="text/css", headers=_HEADERS)

    async def move_clock(self, request: web.Request) -> web.Response:
        """Moves the clock by one of the steps that are offered, and shows the page again."""
        minutes = str((await request.post()).get("minutes", ""))
        if minutes not in map(str, STEPS):
            raise web.HTTPBadRequest(text=f"The clock moves by one of {STEPS} minutes.")
        self._sandbox.clock.move(timedelta(minutes=int(minutes)))
        raise web.HTTPSeeOther("/?follow=no" if request.query.get("follow") == "no" else "/")


@web.middleware
async def _from_here_alone(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuses names that another site may have given this address, and forms that another site sends."""
    port = request.transport.get_extra_info("sockname")[1] if request.transport else 0
    if request.host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        raise web.HTTPMisdirectedRequest(text=f"This is http://127.0.0.1:{port}/ and nothing else.")
    if request.method not in ("GET", "HEAD") and request.headers.get("Origin") != f"http://{request.host}":
        raise web.HTTPForbidden(text="This form was sent from somewhere else.")
    return await handler(request)


def _html(page: Html) -> web.Response:
    return web.Response(text=page, content_type="text/html", headers=_HEADERS)
