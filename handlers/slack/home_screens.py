"""Keeps Home up to date for those who have it open: Slack as the HomeScreens port."""

from datetime import timedelta

from core.domain.people import ChatUser
from handlers.flows import home
from handlers.flows.home_context import Pages
from handlers.slack.context import SlackContext
from handlers.slack.payloads import Sender

ANSWER_STANDS = timedelta(minutes=1)
"""How long what was answered on Home stays there when it is drawn anew for another reason."""


class SlackHomes:
    """Home shows everything, and what is shown is built on what keeps Home up to date: the desk comes last."""

    def __init__(self) -> None:
        self._slack: SlackContext | None = None

    def work_at(self, slack: SlackContext) -> None:
        self._slack = slack

    async def redraw(self, user: ChatUser) -> None:
        """Draw it as it was left: the same pages, and for a while the same answer."""
        if self._slack is None:
            return
        opened = await self._slack.services.homes.opened_by(user)
        if opened is None:
            return
        is_recent = self._slack.clock.now() - opened.drawn_at < ANSWER_STANDS
        said = opened.said if is_recent else ""
        await home.draw(self._slack, Sender(user), Pages.load(opened.pages), said)
