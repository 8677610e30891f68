"""Keeps Home up to date for those who have it open: Slack as the HomeScreens port."""

from datetime import timedelta

from core.domain.people import ChatUser
from handlers.slack import home
from handlers.slack.desk import Desk
from handlers.slack.payloads import Sender
from handlers.slack.visitor import Pages

ANSWER_STANDS = timedelta(minutes=1)
"""How long what was answered on Home stays there when it is drawn anew for another reason."""


class SlackHomes:
    """Home shows everything, and what is shown is built on what keeps Home up to date: the desk comes last."""

    def __init__(self) -> None:
        self._desk: Desk | None = None

    def work_at(self, desk: Desk) -> None:
        self._desk = desk

    async def redraw(self, user: ChatUser) -> None:
        """Draw it as it was left: the same pages, and for a while the same answer."""
        if self._desk is None:
            return
        opened = await self._desk.services.homes.opened_by(user)
        if opened is None:
            return
        is_recent = self._desk.clock.now() - opened.drawn_at < ANSWER_STANDS
        said = opened.said if is_recent else ""
        await home.draw(self._desk, Sender(user), Pages.load(opened.pages), said)
