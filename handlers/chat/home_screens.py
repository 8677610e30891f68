"""Keeps Home up to date for those who have it open on one platform."""

from collections.abc import Callable
from datetime import timedelta

from core.domain.people import ChatUser
from handlers.flows import home
from handlers.flows.home_context import Pages
from handlers.flows.platform import Platform, Sender

ANSWER_STANDS = timedelta(minutes=1)
"""The time that an answer on Home stays there when Home is drawn anew for another reason."""


class OpenHomes:
    """The HomeScreens port. Home shows everything, and that is built on this port: who draws Home is named last."""

    def __init__(self) -> None:
        self._drawn_by: tuple[Platform, Callable[[ChatUser], Sender]] | None = None

    def draw_by(self, platform: Platform, sender_of: Callable[[ChatUser], Sender]) -> None:
        self._drawn_by = (platform, sender_of)

    async def redraw(self, user: ChatUser) -> None:
        """Draw it as it was left: the same pages, and for a while the same answer."""
        if self._drawn_by is None:
            return
        platform, sender_of = self._drawn_by
        opened = await platform.services.homes.opened_by(user)
        if opened is not None:
            is_recent = platform.clock.now() - opened.drawn_at < ANSWER_STANDS
            said = opened.said if is_recent else ""
            await home.draw(platform, sender_of(user), Pages.load(opened.pages), said)
