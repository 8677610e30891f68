"""A Teams on this machine: one tenant, its login and its keys, served over HTTP until it is closed."""

import socket as sockets_of_the_machine
from types import TracebackType
from typing import Self

from aiohttp import web

from infra.sandbox.local_teams.activities import Activities
from infra.sandbox.local_teams.activity_sender import ActivitySender, Delivery
from infra.sandbox.local_teams.calls import Calls
from infra.sandbox.local_teams.card_rules import shortcomings
from infra.sandbox.local_teams.control import Control
from infra.sandbox.local_teams.faults import Faults
from infra.sandbox.local_teams.ids import EventIds
from infra.sandbox.local_teams.interactions import Interactions
from infra.sandbox.local_teams.keys import SigningKeys
from infra.sandbox.local_teams.login import Login
from infra.sandbox.local_teams.person import TeamsPerson
from infra.sandbox.local_teams.rates import Rates
from infra.sandbox.local_teams.reading import cards
from infra.sandbox.local_teams.team_changes import TeamChanges
from infra.sandbox.local_teams.tenant import Tenant
from infra.sandbox.local_teams.web import Parts, TeamsRoutes
from infra.sandbox.programs_only import programs_only

_BODY_MOST = 64 * 1024 * 1024


class LocalTeams:
    """`async with LocalTeams(tenant) as teams:` serves it on a free port of 127.0.0.1."""

    def __init__(self, tenant: Tenant, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.tenant = tenant
        self.faults = Faults()
        self.rates = Rates()
        self.calls = Calls(tenant.changes)
        self.keys = SigningKeys(tenant.app.app_id)
        self.login = Login(tenant.app, tenant.tenant_id)
        self._listening = sockets_of_the_machine.create_server((host, port))
        self.url = f"http://{host}:{self._listening.getsockname()[1]}"
        ids = EventIds()
        self.activities = Activities(tenant, self.url, ids)
        self.activity_sender = ActivitySender(tenant, self.keys, ids)
        self.interactions = Interactions(tenant, self.activity_sender, self.activities, self.url)
        self.team_changes = TeamChanges(tenant, self.activity_sender, self.activities)
        self.routes = TeamsRoutes(Parts(tenant, self.keys, self.login, self.calls, self.faults, self.rates, self.url))
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)

    @property
    def login_url(self) -> str:
        """The address in place of ``https://login.microsoftonline.com``."""
        return f"{self.url}/login"

    @property
    def keys_url(self) -> str:
        """The OpenID metadata of the Bot Connector."""
        return f"{self.url}/v1/.well-known/openidconfiguration"

    @property
    def service_url(self) -> str:
        """The service URL of whatever was not moved."""
        return f"{self.url}/emea/"

    @property
    def deliveries(self) -> list[Delivery]:
        return self.activity_sender.deliveries

    @property
    def complaints(self) -> list[str]:
        """The bot's answers that Teams could not use."""
        return [each for delivery in self.deliveries for each in delivery.complaints]

    @property
    def shortcomings(self) -> list[str]:
        """The parts of sent cards that Teams takes and shows badly."""
        sent = [card for each in self.tenant.messages.all() for card in cards(each.attachments)]
        shown = [each.card for each in self.tenant.dialogs.all() if each.card]
        return [line for card in [*sent, *shown] for line in shortcomings(card)]

    def environment(self) -> dict[str, str]:
        """The environment of a bot for this Teams."""
        return {
            "TEAMBOT_TEAMS_APP_ID": self.tenant.app.app_id,
            "TEAMBOT_TEAMS_TENANT_ID": self.tenant.tenant_id,
            "TEAMBOT_TEAMS_CLIENT_SECRET": self.tenant.app.client_secret,
            "TEAMBOT_TEAMS_LOGIN_URL": self.login_url,
            "TEAMBOT_TEAMS_KEYS_URL": self.keys_url,
            "TEAMBOT_TEAMS_SERVICE_URL": self.service_url,
        }

    async def __aenter__(self) -> Self:
        await self.activity_sender.open()
        await self._runner.setup()
        await web.SockSite(self._runner, self._listening).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.faults.clear()
        await self.activity_sender.close()
        await self._runner.cleanup()
        self._listening.close()

    def person(self, name: str) -> TeamsPerson:
        """Somebody of the tenant, to act as."""
        return TeamsPerson(self.tenant, self.interactions, self.tenant.person(name))

    def deliver_to(self, url: str) -> None:
        """Sets the bot's messaging endpoint."""
        self.tenant.app.messaging_endpoint = url

    async def tell_teams(self) -> None:
        """Tells the bot of each team that it is in, as when it was added there: policies may name their channels."""
        for team in self.tenant.teams.values():
            if team.has_bot and team.members:
                await self.team_changes.add_bot(team, team.members[0])

    async def tell_people(self) -> None:
        """Tells the bot of everybody who has the app, as when an admin's setup policy gave it to them."""
        for each in self.tenant.people:
            if each.installed:
                await self.interactions.install(each)

    def enforce_rate_limits(self, *, enforced: bool = True) -> None:
        self.rates.enforced = enforced

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[programs_only], client_max_size=_BODY_MOST)
        self.routes.register(app.router)
        control = Control(self.tenant, self.interactions, self.team_changes, self.keys, self.login, self.faults)
        control.register(app.router)
        return app
