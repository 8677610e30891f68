"""What an admin sees on Home: what is wrong, and the way to policies and settings."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from handlers.screens.numbers import number_or
from handlers.slack.desk import Desk
from handlers.slack.opening import show_when_ready
from handlers.slack.payloads import Press, Sender
from handlers.slack.views import policy_list, warnings
from handlers.slack.visitor import Visitor


async def standing_warnings(desk: Desk, visitor: Visitor) -> Sequence[Block]:
    """From memory: nothing is looked for while somebody waits."""
    seat, report = await desk.services.administration.watching.report(visitor.chat_user)
    return warnings.build(seat, report.warnings) if report is not None else []


async def press_warnings(desk: Desk, press: Press) -> None:
    """All of them, from a page on."""
    await show_when_ready(desk, press, "Warnings", _warnings_view(desk, press.sender, number_or(press.value, 0)))


async def _warnings_view(desk: Desk, sender: Sender, start: int) -> View:
    seat, report = await desk.services.administration.watching.report(sender.chat_user)
    return warnings.build_view(seat, report.warnings if report is not None else (), start)


async def policies(desk: Desk, _visitor: Visitor) -> Sequence[Block]:
    """How many there are, what waits for a second admin, and what can be done with them."""
    waiting = await desk.services.administration.proposing.waiting()
    return policy_list.home(await desk.services.policies.current(), waiting)
