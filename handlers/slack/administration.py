"""What an admin sees on Home: what is wrong, and the way to policies and settings."""

from handlers.screens import policy_list, warnings
from handlers.screens.numbers import number_or
from handlers.screens.parts import Parts
from handlers.screens.screen import Screen
from handlers.slack.context import SlackContext
from handlers.slack.home_context import HomeContext
from handlers.slack.modals import show_when_ready
from handlers.slack.payloads import ButtonClick, Sender


async def standing_warnings(slack: SlackContext, home_context: HomeContext) -> Parts:
    """From memory: nothing is looked for while somebody waits."""
    admin, report = await slack.services.administration.warnings.report(home_context.chat_user)
    return warnings.build(admin, report.warnings) if report is not None else []


async def press_warnings(slack: SlackContext, press: ButtonClick) -> None:
    """All of them, from a page on."""
    await show_when_ready(slack, press, "Warnings", _warnings_view(slack, press.sender, number_or(press.value, 0)))


async def _warnings_view(slack: SlackContext, sender: Sender, start: int) -> Screen:
    admin, report = await slack.services.administration.warnings.report(sender.chat_user)
    return warnings.build_view(admin, report.warnings if report is not None else (), start)


async def policies(slack: SlackContext, _visitor: HomeContext) -> Parts:
    """How many there are, what waits for a second admin, and what can be done with them."""
    waiting = await slack.services.administration.proposals.waiting()
    return policy_list.home(await slack.services.policies.current(), waiting)
