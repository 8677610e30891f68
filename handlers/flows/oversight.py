"""The sections of Home for auditors and admins: everything that is live, whoever's, and the way to all requests."""

from handlers.flows.home_context import HomeContext
from handlers.flows.platform import Platform
from handlers.screens import audit
from handlers.screens.parts import Part


async def live(platform: Platform, home_context: HomeContext) -> list[Part]:
    """The newest few; the rest is one press away."""
    found = await platform.services.search.live(home_context.chat_user, audit.ON_HOME + 1)
    return audit.on_home(found, home_context.now)
