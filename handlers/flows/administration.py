"""The admin's sections of Home: what is wrong, and the way to policies and settings."""

from handlers.flows.home_context import HomeContext
from handlers.flows.opening import show_when_ready
from handlers.flows.platform import ButtonPress, Platform, Sender
from handlers.screens import policy_list, warnings
from handlers.screens.numbers import number_or
from handlers.screens.parts import Parts
from handlers.screens.screen import Screen


async def standing_warnings(platform: Platform, home_context: HomeContext) -> Parts:
    """From memory: nothing is looked for while somebody waits."""
    admin, report = await platform.services.administration.warnings.report(home_context.chat_user)
    return warnings.build(admin, report.warnings) if report is not None else []


async def press_warnings(platform: Platform, press: ButtonPress) -> None:
    """All of them, from a page on."""
    await show_when_ready(
        platform, press, "Warnings", _warnings_screen(platform, press.sender, number_or(press.value, 0))
    )


async def _warnings_screen(platform: Platform, sender: Sender, start: int) -> Screen:
    admin, report = await platform.services.administration.warnings.report(sender.chat_user)
    return warnings.build_screen(admin, report.warnings if report is not None else (), start)


async def policies(platform: Platform, _visitor: HomeContext) -> Parts:
    """The number of policies, changes that wait for a second admin, and the buttons."""
    administration = platform.services.administration
    waiting, has_api = await administration.proposals.waiting(), bool(administration.tokens.address)
    return policy_list.home(await platform.services.policies.current(), waiting, has_api=has_api)
