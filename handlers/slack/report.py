"""Figures of a period: the command ``report``, the button on Home, and the choice of another period."""

from slack_sdk.models.views import View

from core.domain.errors import NotFound
from core.domain.people import ChatUser
from core.domain.period import Period, write_days
from handlers.slack.desk import Desk
from handlers.slack.opening import open_when_ready, show_when_ready
from handlers.slack.payloads import Command, Press
from handlers.slack.views import report

COUNTING = "One moment: counting …"


async def command(desk: Desk, command: Command) -> None:
    """``report``, ``report 90d``, ``report 2026-11-01 2026-11-30``."""
    try:
        period = desk.services.reports.read(command.rest)
    except NotFound:
        await desk.services.reports.allowed(command.sender.chat_user)
        await desk.answers.privately(command.sender, report.unread(command.rest, desk.command))
        return
    making = _view(desk, command.sender.chat_user, period)
    await open_when_ready(desk, command.sender, report.TITLE, making, COUNTING)


async def open_screen(desk: Desk, press: Press) -> None:
    """The last days, from Home."""
    making = _view(desk, press.sender.chat_user, desk.services.reports.read(""))
    await open_when_ready(desk, press.sender, report.TITLE, making, COUNTING)


async def choose(desk: Desk, press: Press) -> None:
    """Another period, in the place of this one."""
    making = _view(desk, press.sender.chat_user, desk.services.reports.read(press.value))
    await show_when_ready(desk, press, report.TITLE, making)


async def _view(desk: Desk, chat_user: ChatUser, period: Period) -> View:
    figures = await desk.services.reports.shown(chat_user, period)
    return report.build(figures, write_days(period))
