"""Figures of a period: the command ``report``, the button on Home, and the choice of another period."""

from core.domain.errors import NotFound
from core.domain.people import ChatUser
from core.domain.period import Period, write_days
from handlers.flows.opening import open_when_ready, show_when_ready
from handlers.flows.platform import ButtonPress, Platform, TypedCommand
from handlers.screens import report
from handlers.screens.screen import Screen

COUNTING = "One moment: counting …"


async def command(platform: Platform, command: TypedCommand) -> None:
    """``report``, ``report 90d``, ``report 2026-11-01 2026-11-30``."""
    try:
        period = platform.services.reports.read(command.rest)
    except NotFound:
        await platform.services.reports.allowed(command.sender.chat_user)
        await platform.privately(command.sender, report.unread(command.rest, platform.command))
        return
    making = _view(platform, command.sender.chat_user, period)
    await open_when_ready(platform, command.sender, report.TITLE, making, COUNTING)


async def open_screen(platform: Platform, press: ButtonPress) -> None:
    """The last days, from Home."""
    making = _view(platform, press.sender.chat_user, platform.services.reports.read(""))
    await open_when_ready(platform, press.sender, report.TITLE, making, COUNTING)


async def choose(platform: Platform, press: ButtonPress) -> None:
    """Another period, in the place of this one."""
    making = _view(platform, press.sender.chat_user, platform.services.reports.read(press.value))
    await show_when_ready(platform, press, report.TITLE, making)


async def _view(platform: Platform, chat_user: ChatUser, period: Period) -> Screen:
    figures = await platform.services.reports.shown(chat_user, period)
    return report.build(figures, write_days(period))
