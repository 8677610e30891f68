"""A Slack on this machine: one workspace, served over HTTP and WebSockets until it is closed."""

import socket as sockets_of_the_machine
from types import TracebackType
from typing import Self

from aiohttp import web

from infra.sandbox.slack.calls import Calls
from infra.sandbox.slack.delivery.app_call import Delivery
from infra.sandbox.slack.delivery.event_sender import EventSender
from infra.sandbox.slack.delivery.http import HttpRoad
from infra.sandbox.slack.delivery.socket import Sockets
from infra.sandbox.slack.faults import Faults
from infra.sandbox.slack.interactions import Interactions
from infra.sandbox.slack.methods import Site
from infra.sandbox.slack.model import App, Json
from infra.sandbox.slack.person import Person
from infra.sandbox.slack.rates import Rates
from infra.sandbox.slack.web import Parts, SlackRoutes, socket_opener
from infra.sandbox.slack.workspace import Workspace


class LocalSlack:
    """`async with LocalSlack(workspace) as slack:` serves it on a free port of 127.0.0.1."""

    def __init__(self, workspace: Workspace, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.workspace = workspace
        self.faults = Faults()
        self.rates = Rates()
        self.calls = Calls(workspace.changes)
        self.sockets = Sockets(workspace.changes)
        self._http = HttpRoad()
        self.event_sender = EventSender(workspace, self._http, self.sockets)
        self._listening = sockets_of_the_machine.create_server((host, port))
        self.url = f"http://{host}:{self._listening.getsockname()[1]}"
        self.interactions = Interactions(workspace, self.event_sender, self.url)
        self._runner = web.AppRunner(self._routes().application(), access_log=None, shutdown_timeout=1.0)

    @property
    def api_url(self) -> str:
        """The base of the Web API, as a client takes it."""
        return f"{self.url}/api/"

    @property
    def deliveries(self) -> list[Delivery]:
        return self.event_sender.deliveries

    @property
    def complaints(self) -> list[str]:
        """The app's answers that Slack could not use."""
        return [each for delivery in self.deliveries for each in delivery.complaints]

    async def __aenter__(self) -> Self:
        await self._http.open()
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.interactions.stop()
        await self.event_sender.close()
        await self.sockets.close()
        await self._runner.cleanup()
        await self._http.close()
        self._listening.close()

    def person(self, name: str) -> Person:
        """Someone of the workspace, to act as."""
        return Person(self.workspace, self.interactions, self.workspace.user(name))

    def app(self, app_id: str = "") -> App:
        """The installed app; by id if there are several."""
        apps = self.workspace.apps
        return apps[app_id] if app_id else next(iter(apps.values()))

    def deliver_to(self, url: str, app_id: str = "") -> None:
        """Sets the app's request URL."""
        self.app(app_id).request_url = url

    async def send_event(self, event: Json, app_id: str = "") -> Delivery:
        """Any event at all, with Slack's envelope and retries."""
        return await self.event_sender.send_event(self.app(app_id), event)

    async def until_connected(self, app_id: str = "", *, within: float = 5.0) -> None:
        """Waits until the app has a Socket Mode connection."""
        app = self.app(app_id)
        await self.workspace.changes.until(
            lambda: self.sockets.connected(app) or None,
            within=within,
            otherwise=lambda: f"{app.name} never connected a socket",
        )

    def enforce_rate_limits(self, *, enforced: bool = True) -> None:
        self.rates.enforced = enforced

    def _routes(self) -> SlackRoutes:
        site = Site(self.url, socket_opener(self.url, self.sockets))
        parts = Parts(self.workspace, self.interactions, self.sockets, self.calls, self.faults, self.rates, site)
        return SlackRoutes(parts)
