"""The HTTP API of the process: off, and not there at all, unless ``TEAMBOT_API_URL`` names its address."""

from functools import partial

from aiohttp import web

from bot import __version__
from bot.compose import Infrastructure
from bot.metrics import Metrics
from bot.policy_documents import LivePolicyDocuments
from bot.settings import ProcessSettings
from bot.ticker import Tick
from core.adapters.aws.caller_proof import StsCallerProof
from core.domain.platforms import MACHINE
from core.ports import ChatPlatforms
from core.services.context.terminals import TerminalIdentity
from core.services.services import Services
from handlers.api.routes import ApiParts, routes
from handlers.flows.pace import Pace

FORGOTTEN_EVERY = 600


class ApiEndpoint:
    """The routes, and the round that forgets used signatures."""

    def __init__(
        self,
        settings: ProcessSettings,
        base: Infrastructure,
        services: Services,
        platforms: ChatPlatforms,
        metrics: Metrics,
    ) -> None:
        proof, audience = StsCallerProof(base.aws), settings.api_url or ""
        self._terminals = TerminalIdentity(
            base.database.open, proof, base.rules.organizations, base.directory, base.clock, audience
        )
        self._parts = ApiParts(
            services=services,
            terminals=self._terminals,
            documents=LivePolicyDocuments(base, platforms),
            clock=base.clock,
            count=partial(metrics.interaction, MACHINE),
            version=__version__,
            pace=Pace(),
        )

    def routes(self) -> list[web.RouteDef]:
        return routes(self._parts)

    def ticks(self) -> list[Tick]:
        return [Tick("signed calls", FORGOTTEN_EVERY, self._terminals.forget)]
