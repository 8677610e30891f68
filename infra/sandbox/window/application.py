"""Every address of the window."""

from collections.abc import AsyncIterator

from aiohttp import web

from infra.sandbox.window.guard import guard
from infra.sandbox.window.live import Hub
from infra.sandbox.window.pages import Pages
from infra.sandbox.window.routes import Routes
from infra.sandbox.window.services import WindowServices
from infra.sandbox.window.shared_state import STATIC, SharedState

#: A form of Slack's largest view, and some room.
_BODY_MOST = 1024 * 1024


def application(services: WindowServices) -> web.Application:
    """The whole window, to be served on loopback."""
    shared = SharedState(services)
    hub = Hub(shared)
    pages, routes = Pages(shared, hub), Routes(shared, hub)
    made = web.Application(middlewares=[guard], client_max_size=_BODY_MOST)
    made.router.add_get("/", pages.front)
    made.router.add_get("/as/{name}", pages.person)
    made.router.add_get("/as/{name}/", pages.person)
    made.router.add_get("/as/{name}/home", pages.home)
    made.router.add_get("/as/{name}/c/{channel}", pages.conversation)
    made.router.add_get("/as/{name}/live/home", pages.live)
    made.router.add_get("/as/{name}/live/c/{channel}", pages.live)
    made.router.add_get("/as/{name}/files/{file}", pages.file)
    made.router.add_get("/as/{name}/teams-files/{file}", pages.teams_file)
    made.router.add_get("/as/{name}/outside", pages.outside)
    made.router.add_post("/as/{name}/do/{act}", routes.handle)
    made.router.add_get("/favicon.ico", pages.favicon)
    made.router.add_static("/static", STATIC)
    made.router.add_get("/{anything:.*}", pages.nothing)

    async def listening(_: web.Application) -> AsyncIterator[None]:
        await hub.open()
        yield

    async def ending(_: web.Application) -> None:
        await hub.close()

    made.cleanup_ctx.append(listening)
    made.on_shutdown.append(ending)
    return made
