"""What an admin sees on Home: what is wrong, and the way to policies and settings."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from handlers.slack.desk import Desk
from handlers.slack.views import policy_list, warnings
from handlers.slack.visitor import Visitor


async def standing_warnings(desk: Desk, visitor: Visitor) -> Sequence[Block]:
    """From memory: nothing is looked for while somebody waits."""
    seat, report = await desk.services.administration.watching.report(visitor.chat_user)
    return warnings.build(seat, report.warnings) if report is not None else []


async def policies(desk: Desk, _visitor: Visitor) -> Sequence[Block]:
    """How many there are, and what can be done with them."""
    return policy_list.home(await desk.services.policies.current())
