"""The company on Slack and on Teams at once: everybody has an account on both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from core.adapters.storage.engine import Database
from core.domain.ids import ConversationId
from core.domain.platforms import SLACK, TEAMS
from core.ports import ChatPlatform, ChatPlatforms
from tests.fakes.chat import FakeChatDirectory, FakeHomeScreens, FakeMessenger, FakeOffers
from tests.services.company import Member
from tests.services.world import World

TEAMS_CHANNEL = ConversationId("teams:19:payments@thread.tacv2")


class TwoPlatforms(World):
    """``on_teams`` is somebody as they act in Teams; what is said there is in ``teams_messenger``."""

    def __init__(self, database: Database) -> None:
        self.serves: tuple[str, ...] = (SLACK, TEAMS)
        self.teams_chat = FakeChatDirectory(TEAMS)
        self.teams_messenger = FakeMessenger(TEAMS)
        self.teams_screens = FakeHomeScreens()
        self.teams_offers = FakeOffers()
        super().__init__(database)

    def hire(self, name: str, *groups: str) -> Member:
        member = super().hire(name, *groups)
        self.teams_chat.add(member.principal)
        return member

    def on_teams(self, who: Member) -> Member:
        return replace(who, chat=replace(who.chat, platform=TEAMS))

    def serve(self, *platforms: str) -> None:
        """Start anew with these platforms configured."""
        self.serves = platforms
        self.start()

    def _platforms(self) -> ChatPlatforms:
        slack = ChatPlatform(self.chat, self.messenger, self.screens, self.files)
        teams = ChatPlatform(self.teams_chat, self.teams_messenger, self.teams_screens, offers=self.teams_offers)
        return ChatPlatforms({name: each for name, each in ((SLACK, slack), (TEAMS, teams)) if name in self.serves})


@asynccontextmanager
async def both(database: Database) -> AsyncIterator[TwoPlatforms]:
    world = await TwoPlatforms.build(database)
    try:
        yield world
        await world.background.drained()
    finally:
        await world.background.killed()
        await database.close()
