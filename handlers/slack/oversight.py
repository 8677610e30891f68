"""What auditors and admins see on Home: everything that is live, whoever's, and the way to all requests."""

from handlers.screens import audit
from handlers.screens.parts import Part
from handlers.slack.desk import Desk
from handlers.slack.visitor import Visitor


async def live(desk: Desk, visitor: Visitor) -> list[Part]:
    """The newest few; the rest is one press away."""
    found = await desk.services.searching.live(visitor.chat_user, audit.ON_HOME + 1)
    return audit.on_home(found, visitor.now)
