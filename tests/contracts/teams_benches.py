"""The sending side of Teams, put together as the program does it, on a local Teams and a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import aiohttp

from core.adapters.storage.engine import Database
from core.domain.conversations import conversation_on, own_id
from core.domain.ids import ConversationId
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import Clock, ConversationKind, LearntConversation, MessageRef, Messenger
from handlers.bot_connector.channels import ChannelDirectory
from handlers.bot_connector.clouds import CLOUDS
from handlers.bot_connector.connector import Connector
from handlers.bot_connector.conversations import ConversationBook
from handlers.bot_connector.credentials import ClientSecret
from handlers.bot_connector.members import Members
from handlers.bot_connector.posts import Posts
from handlers.bot_connector.tokens import AppTokens
from handlers.bot_connector.turns import ConversationTurns
from handlers.teams.directory import TeamsDirectory
from handlers.teams.home_cards import HomeCards
from handlers.teams.links import TeamsLinks
from handlers.teams.messenger import TeamsMessenger
from handlers.teams.readers import Readers
from infra.sandbox.local_teams import APP_ID, TENANT_ID, LocalTeams, Tenant
from tests.fakes.background import FakeBackground


@dataclass(slots=True)
class SendingSide:
    connector: Connector
    book: ConversationBook
    posts: Posts
    directory: TeamsDirectory
    links: TeamsLinks
    messenger: TeamsMessenger
    homes: HomeCards


def tenant_of_two(clock: Clock) -> Tenant:
    """Ada, who has the app; Bob, who is in the team that has it."""
    tenant = Tenant(clock=lambda: clock.now().timestamp())
    tenant.add_person("ada", "Ada Lovelace", "ada@example.com", time_zone="Europe/Berlin")
    tenant.add_person("bob", "Bob Kahn", "bob@example.com", installed=False)
    payments = tenant.add_team("Payments", ["bob"])
    tenant.add_channel(payments, "approvals")
    return tenant


def ada_of(tenant: Tenant) -> ChatUser:
    return ChatUser(TEAMS, TENANT_ID, tenant.person("ada").aad_object_id)


@asynccontextmanager
async def sending_side(teams: LocalTeams, database: Database, clock: Clock) -> AsyncIterator[SendingSide]:
    cloud = replace(CLOUDS["public"], login=teams.login_url, service=teams.service_url, local=teams.url)
    background = FakeBackground()
    secret = ClientSecret(lambda: teams.tenant.app.client_secret)
    async with aiohttp.ClientSession() as http:
        tokens = AppTokens(http, cloud, TENANT_ID, APP_ID, secret, background)
        connector = Connector(http, cloud, tokens, app_id=APP_ID)
        book = ConversationBook(database.open, clock, cloud, TENANT_ID)
        posts = Posts(connector, book, ConversationTurns(database.open, clock, TENANT_ID))
        members, channels = Members(connector, book), ChannelDirectory(connector, book, TENANT_ID)
        directory = TeamsDirectory(members, book, channels, clock, TENANT_ID)
        links = TeamsLinks(cloud, book, connector, clock, tenant=TENANT_ID, app_id=APP_ID)
        messenger = TeamsMessenger(posts, book, Readers(book, directory, clock), clock, links)
        yield SendingSide(connector, book, posts, directory, links, messenger, HomeCards(posts, book))
    await background.killed()


async def learn_team(side: SendingSide, teams: LocalTeams, clock: Clock) -> None:
    """As the app's installation in the team tells it."""
    team = teams.tenant.team("Payments")
    known = LearntConversation(TENANT_ID, team.id, ConversationKind.CHANNEL, teams.service_url, clock.now())
    await side.book.put(replace(known, team=team.id, team_name=team.name, team_group=team.aad_group_id, name="General"))


class TeamsMessages:
    refusal = "MessageWritesBlocked"

    def __init__(self, teams: LocalTeams, port: TeamsMessenger) -> None:
        self._teams = teams
        self.port: Messenger = port
        self.ada = ada_of(teams.tenant)
        self.channel = conversation_on(TEAMS, teams.tenant.channel("approvals").id)

    def count(self, place: ChatUser | ConversationId) -> int:
        tenant = self._teams.tenant
        ada = tenant.person("ada")
        conversation = tenant.chat(ada).id if isinstance(place, ChatUser) else own_id(place)
        return len(tenant.messages.in_conversation(conversation))

    def delete(self, ref: MessageRef) -> None:
        message = self._teams.tenant.messages.find(ref.conversation, ref.message)
        assert message is not None
        self._teams.tenant.messages.delete(message)

    def go_wrong(self, how: str) -> None:
        if how == "slow":
            self._teams.faults.add("connector", status=429, code="Throttled", retry_after=7)
        elif how == "refused":
            self._teams.tenant.team("Payments").archived = True
        else:
            self._teams.faults.add("sendActivity", drop="after", times=1)
