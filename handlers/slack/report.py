"""Figures of a period: the command ``report``, the button on Home, and the choice of another period."""

from core.domain.errors import NotFound
from core.domain.people import ChatUser
from core.domain.period import Period, write_days
from handlers.screens import report
from handlers.screens.screen import Screen
from handlers.slack.context import SlackContext
from handlers.slack.modals import open_when_ready, show_when_ready
from handlers.slack.payloads import ButtonClick, SlashCommand

COUNTING = "One moment: counting …"


async def command(slack: SlackContext, command: SlashCommand) -> None:
    """``report``, ``report 90d``, ``report 2026-11-01 2026-11-30``."""
    try:
        period = slack.services.reports.read(command.rest)
    except NotFound:
        await slack.services.reports.allowed(command.sender.chat_user)
        await slack.answers.privately(command.sender, report.unread(command.rest, slack.command))
        return
    making = _view(slack, command.sender.chat_user, period)
    await open_when_ready(slack, command.sender, report.TITLE, making, COUNTING)


async def open_screen(slack: SlackContext, press: ButtonClick) -> None:
    """The last days, from Home."""
    making = _view(slack, press.sender.chat_user, slack.services.reports.read(""))
    await open_when_ready(slack, press.sender, report.TITLE, making, COUNTING)


async def choose(slack: SlackContext, press: ButtonClick) -> None:
    """Another period, in the place of this one."""
    making = _view(slack, press.sender.chat_user, slack.services.reports.read(press.value))
    await show_when_ready(slack, press, report.TITLE, making)


async def _view(slack: SlackContext, chat_user: ChatUser, period: Period) -> Screen:
    figures = await slack.services.reports.shown(chat_user, period)
    return report.build(figures, write_days(period))
