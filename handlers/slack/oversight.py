"""What auditors and admins see on Home: everything that is live, whoever's, and the way to all requests."""

from handlers.screens import audit
from handlers.screens.parts import Part
from handlers.slack.context import SlackContext
from handlers.slack.home_context import HomeContext


async def live(slack: SlackContext, home_context: HomeContext) -> list[Part]:
    """The newest few; the rest is one press away."""
    found = await slack.services.search.live(home_context.chat_user, audit.ON_HOME + 1)
    return audit.on_home(found, home_context.now)
