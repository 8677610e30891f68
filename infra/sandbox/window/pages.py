"""Pages for the browser: windows, their live connections, files; and plain sentences where there is nothing."""

from aiohttp import web

from infra.sandbox.slack.model import Channel
from infra.sandbox.window.drawing import Reader
from infra.sandbox.window.live import Hub
from infra.sandbox.window.page import Page
from infra.sandbox.window.people import ASK, Somebody
from infra.sandbox.window.shared_state import STATIC, SharedState


class Pages:
    def __init__(self, shared: SharedState, hub: Hub) -> None:
        self._shared, self._hub = shared, hub

    async def front(self, _request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/as/{self._shared.people.first(ASK).name}")

    async def person(self, request: web.Request) -> web.Response:
        """To where this person was, or to the first channel."""
        somebody = self._shared.people.find(request.match_info["name"])
        if somebody is None:
            return self._nobody()
        user = self._shared.user(somebody)
        channels = self._shared.channels(user)
        wanted = request.query.get("at", "")
        there = next((each for each in channels if each.id == wanted), None)
        first = there or next((each for each in channels if each.name == "general"), None)
        channel = first or next(iter(channels), None) or self._shared.app_channel(user)
        raise web.HTTPFound(Reader(self._shared.services.slack.workspace, user).conversation(channel.id))

    async def home(self, request: web.Request) -> web.Response:
        somebody = self._shared.people.find(request.match_info["name"])
        if somebody is None:
            return self._nobody()
        self._look_at_app(somebody, "home")
        return _html(Page(self._shared, somebody, None, request.query.get("teams", "")).page())

    async def conversation(self, request: web.Request) -> web.Response:
        somebody = self._shared.people.find(request.match_info["name"])
        if somebody is None:
            return self._nobody()
        channel = self._channel(somebody, request.match_info["channel"])
        if channel is None:
            said = f"{somebody.real_name} is not in this conversation, and does not see it."
            return self._plain(404, "Not here", said, f"/as/{somebody.name}", f"Back to {somebody.real_name}")
        if channel.id == self._shared.app_channel(self._shared.user(somebody)).id:
            self._look_at_app(somebody, "messages")
        page = Page(self._shared, somebody, channel, request.query.get("teams", ""))
        page.sees()
        return _html(page.page())

    async def live(self, request: web.Request) -> web.StreamResponse:
        somebody = self._shared.people.find(request.match_info["name"])
        if somebody is None:
            return self._nobody()
        name = request.match_info.get("channel", "")
        channel = self._channel(somebody, name) if name else None
        if name and channel is None:
            return web.Response(status=404, text="There is no such conversation.")
        asked = request.query
        page = Page(self._shared, somebody, channel, asked.get("teams", ""), asked.get("earlier", ""))
        return await self._hub.serve(page, request)

    async def file(self, request: web.Request) -> web.Response:
        """A file, for who is where it was shared; always to be saved, never to be shown."""
        somebody = self._shared.people.find(request.match_info["name"])
        file = self._shared.services.slack.workspace.files.get(request.match_info["file"])
        if somebody is None or file is None or file.content is None:
            return self._plain(404, "No such file", "There is no such file.", "/", "Back to the sandbox")
        reader = Reader(self._shared.services.slack.workspace, self._shared.user(somebody))
        if not any(map(reader.may_see, file.channel_ids)):
            return self._plain(404, "No such file", "This file was not shared with you.", "/", "Back to the sandbox")
        return _to_be_saved(file.name, file.content)

    async def teams_file(self, request: web.Request) -> web.Response:
        """A file of this person's OneDrive."""
        teams = self._shared.services.teams
        wanted, name = request.match_info["file"], request.match_info["name"]
        found = (each for each in teams.tenant.files if each.unique_id == wanted) if teams else iter(())
        file = next(found, None)
        if file is None or file.content is None or file.owner.name != name:
            return self._plain(404, "No such file", "There is no such file.", "/", "Back to the sandbox")
        return _to_be_saved(file.name, file.content)

    async def outside(self, request: web.Request) -> web.Response:
        """The target of a link that leaves this machine."""
        there = request.query.get("to", "")
        back = f"/as/{request.match_info['name']}"
        said = f"This link opens {there}. The sandbox leads nowhere outside this machine."
        return self._plain(200, "This link leads outside", said, back, "Back to the sandbox")

    async def favicon(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "icon.svg", headers={"Content-Type": "image/svg+xml"})

    async def nothing(self, _request: web.Request) -> web.Response:
        return self._plain(404, "Nothing here", "There is nothing at this address.", "/", "To the sandbox")

    def _channel(self, somebody: Somebody, channel_id: str) -> Channel | None:
        """One that this person is in, or may look into."""
        user, workspace = self._shared.user(somebody), self._shared.services.slack.workspace
        self._shared.app_channel(user)
        return workspace.channels.get(channel_id) if Reader(workspace, user).may_look(channel_id) else None

    def _look_at_app(self, somebody: Somebody, tab: str) -> None:
        self._shared.services.slack.interactions.open_home(self._shared.user(somebody), self._shared.app, tab)

    def _nobody(self) -> web.Response:
        return self._plain(404, "Nobody", "Nobody of that name is here.", "/", "To the sandbox")

    def _plain(self, status: int, title: str, said: str, address: str, label: str) -> web.Response:
        template = self._shared.templates.get_template("plain.html")
        return _html(template.render(title=title, said=said, address=address, label=label), status)


def _to_be_saved(name: str, content: bytes) -> web.Response:
    safe = "".join(c if c.isalnum() or c in "._- " else "_" for c in name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"', "Content-Security-Policy": "sandbox"}
    return web.Response(body=content, content_type="application/octet-stream", headers=headers)


def _html(page: str, status: int = 200) -> web.Response:
    return web.Response(text=page, content_type="text/html", status=status)
