"""Teams over what serves it: its ports, its endpoint, and who listens. Imported only where Teams is configured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from aiohttp import ClientSession

from bot.compose import Infrastructure
from bot.lifecycle import BackgroundTasks
from bot.metrics import Metrics
from bot.secret_values import SecretValues
from bot.settings import ConfigError, ProcessSettings
from bot.teams_endpoint import teams_messages
from bot.ticker import Tick
from bot.web import Handler
from core.adapters.aws.web_identity import StsIdentityTokens
from core.domain.platforms import TEAMS
from core.ports import ChatPlatform
from core.services.services import Services
from handlers.bot_connector.activities import Activity
from handlers.bot_connector.authentication import ActivityAuthenticator
from handlers.bot_connector.channels import ChannelDirectory
from handlers.bot_connector.clouds import CLOUDS, Cloud
from handlers.bot_connector.connector import Connector, ObserveTeams, unobserved
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.credentials import AwsIdentity, Certificate, ClientSecret, Credential
from handlers.bot_connector.keys import SigningKeys
from handlers.bot_connector.members import Members
from handlers.bot_connector.posts import Posts
from handlers.bot_connector.tokens import AppTokens
from handlers.bot_connector.turns import ConversationTurns
from handlers.bot_connector.uploads import Uploads
from handlers.chat.home_screens import OpenHomes
from handlers.flows.boundary import Boundary
from handlers.teams.context import TeamsContext
from handlers.teams.dialogs import Dialogs
from handlers.teams.directory import TeamsDirectory
from handlers.teams.files import TeamsFiles
from handlers.teams.home_cards import HomeCards
from handlers.teams.links import TeamsLinks
from handlers.teams.listener import TeamsListener
from handlers.teams.messenger import TeamsMessenger
from handlers.teams.payloads import TeamsSender
from handlers.teams.readers import Readers

MENTION = "@TEAM Bot"
"""The mention that is typed before a word in a channel: the app's name in its manifest."""
KEYS_LOOKED_AT = 60
"""Seconds between two looks whether the keys are old, or were never read."""


@dataclass(frozen=True, slots=True)
class TeamsChat:
    """Teams as core knows it, and what listening is built on."""

    cloud: Cloud
    keys: SigningKeys
    tokens: AppTokens
    book: ConversationBook
    posts: Posts
    directory: TeamsDirectory
    messenger: TeamsMessenger
    home_cards: HomeCards
    homes: OpenHomes
    offers: TeamsFiles
    links: TeamsLinks
    readers: Readers

    @property
    def platform(self) -> ChatPlatform:
        return ChatPlatform(self.directory, self.messenger, self.homes, offers=self.offers)

    def messages(
        self,
        settings: ProcessSettings,
        services: Services,
        background: BackgroundTasks,
        base: Infrastructure,
        metrics: Metrics,
    ) -> Handler:
        """``POST /teams/messages``, with everything behind it."""
        return _messages(settings, self, services, background, base, metrics)

    def ticks(self, metrics: Metrics) -> list[Tick]:
        async def look() -> None:
            try:
                await self.keys.look()
            finally:
                metrics.teams_keys(self.keys.count, self.keys.age)

        return [Tick("teams keys", KEYS_LOOKED_AT, look, always=True)]


def cloud_of(settings: ProcessSettings) -> Cloud:
    """Microsoft's, or what stands in for it on this machine."""
    cloud = CLOUDS[settings.teams_cloud]
    return replace(
        cloud,
        login=settings.teams_login_url or cloud.login,
        keys=settings.teams_keys_url or cloud.keys,
        service=settings.teams_service_url or cloud.service,
        local=settings.teams_service_url,
    )


def credential_of(settings: ProcessSettings, secrets: SecretValues, base: Infrastructure) -> Credential:
    """The app's credential for Entra. Raises ConfigError for a certificate that cannot be used."""
    if settings.teams_aws_audience:
        return AwsIdentity(StsIdentityTokens(base.aws), settings.teams_aws_audience)
    if settings.teams_certificate is None:
        return ClientSecret(secrets.teams_secret)
    try:
        return Certificate.read(secrets.teams_certificate())
    except ValueError as error:
        raise ConfigError((f"TEAMBOT_TEAMS_CERTIFICATE {error}",)) from None


@asynccontextmanager
async def teams_chat(
    settings: ProcessSettings,
    base: Infrastructure,
    secrets: SecretValues,
    background: BackgroundTasks,
    observe: ObserveTeams = unobserved,
) -> AsyncIterator[TeamsChat]:
    """Speak to Teams for the length of an ``async with``; nothing is asked of it yet."""
    cloud, tenant, app_id = cloud_of(settings), settings.teams_tenant_id, settings.teams_app_id
    async with ClientSession(trust_env=True) as http:
        tokens = AppTokens(http, cloud, tenant, app_id, credential_of(settings, secrets, base), background)
        connector = Connector(http, cloud, tokens, app_id=app_id, observe=observe)
        book = ConversationBook(base.database.open, base.clock, cloud, tenant)
        posts = Posts(connector, book, ConversationTurns(base.database.open, base.clock, tenant))
        links = TeamsLinks(
            cloud,
            book,
            connector,
            base.clock,
            tenant=tenant,
            app_id=app_id,
            portal=settings.access_portal_url or "",
            region=settings.aws_region or "",
        )
        directory = TeamsDirectory(
            Members(connector, book),
            book,
            ChannelDirectory(connector, book, tenant),
            base.clock,
            tenant,
            by_external_id=settings.teams_identity == "external-id",
        )
        readers = Readers(book, directory, base.clock)
        yield TeamsChat(
            cloud=cloud,
            keys=SigningKeys(cloud.keys, background),
            tokens=tokens,
            book=book,
            posts=posts,
            directory=directory,
            messenger=TeamsMessenger(posts, book, readers, base.clock, links, command=MENTION),
            home_cards=HomeCards(posts, book),
            homes=OpenHomes(),
            offers=TeamsFiles(Uploads(http, cloud), posts, readers, links, base.clock),
            links=links,
            readers=readers,
        )


class _Privately:
    """Private answers of the boundary, by the context that is made after it."""

    def __init__(self) -> None:
        self.context: TeamsContext | None = None

    async def privately(self, sender: Any, text: str) -> None:
        if self.context is not None:
            await self.context.privately(sender, text)


def _messages(
    settings: ProcessSettings,
    chat: TeamsChat,
    services: Services,
    background: BackgroundTasks,
    base: Infrastructure,
    metrics: Metrics,
) -> Handler:
    """``POST /teams/messages``, with everything behind it."""
    answers = _Privately()
    context = TeamsContext(
        services=services,
        boundary=Boundary(background, answers, partial(metrics.interaction, TEAMS)),
        background=background,
        clock=base.clock,
        command=MENTION,
        posts=chat.posts,
        book=chat.book,
        homes=chat.home_cards,
        links=chat.links,
        readers=chat.readers,
        dialogs=Dialogs(),
    )
    answers.context = context
    chat.homes.draw_by(context, TeamsSender)
    listener = TeamsListener(context, settings.teams_tenant_id, metrics.activity)
    cloud = chat.cloud
    authenticator = ActivityAuthenticator(
        settings.teams_app_id, settings.teams_tenant_id, cloud.issuer, cloud.is_service, chat.keys
    )

    async def answer(activity: Activity) -> tuple[int, dict[str, Any] | None]:
        told = await listener.answer(activity)
        return told.status, told.body

    return teams_messages(authenticator, answer, metrics)
