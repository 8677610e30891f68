"""The context that every listener works with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.domain.people import ChatUser
from core.ports import Background, Clock, MessageRef
from core.services.services import Services
from handlers.flows.boundary import Boundary
from handlers.screens.links import Links
from handlers.screens.screen import Home, Message, Screen
from handlers.slack.drawing.render import render_message
from handlers.slack.drawing.surfaces import draw_view
from handlers.slack.links import LinkMaker
from handlers.slack.payloads import SlackSender
from handlers.slack.replies import EphemeralReplies
from handlers.slack.slack_views import SlackViews
from handlers.slack_api.block_kit import VIEW_BLOCKS
from handlers.words.subcommands import SUBCOMMANDS, Subcommand


@dataclass(frozen=True, slots=True)
class SlackContext:
    """Slack as the Platform of flows. Built once; listeners are given it and keep nothing themselves."""

    services: Services
    answers: EphemeralReplies
    boundary: Boundary
    screens: SlackViews
    background: Background
    links: LinkMaker
    clock: Clock
    command: str
    forget_user: Callable[[str], None]
    """Slack says that this user has changed."""

    @property
    def subcommands(self) -> Sequence[Subcommand]:
        return SUBCOMMANDS

    async def privately(self, sender: SlackSender, sentence: str) -> None:
        await self.answers.privately(sender, sentence)

    async def open(self, sender: SlackSender, screen: Screen) -> str:
        return await self.screens.open(sender.trigger_id, screen)

    async def push(self, sender: SlackSender, screen: Screen) -> str:
        return await self.screens.push(sender.trigger_id, screen)

    async def exchange(self, screen_id: str, screen: Screen, *, seen: str | None = None, insist: bool = False) -> None:
        await self.screens.exchange(screen_id, screen, seen_hash=seen, insist=insist)

    async def publish(self, user: ChatUser, home: Home) -> None:
        await self.screens.publish(user.user, home)

    def has_room_for(self, home: Home) -> bool:
        return len(draw_view(home).blocks or ()) <= VIEW_BLOCKS

    async def say(self, sender: SlackSender, message: Message, *, replace: bool = False) -> None:
        """Answer privately with blocks; ``replace`` the answer whose button was pressed."""
        rendered = render_message(message)
        await self.answers.privately(sender, rendered["text"], rendered["blocks"], replace=replace)

    async def links_to(self, place: MessageRef | None = None, reader: ChatUser | None = None) -> Links:
        return await self.links.to(place, reader)
