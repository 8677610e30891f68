"""The sections of Home for auditors and admins, and for approvers: what is live, and the way to other requests."""

from core.domain.people import Persona
from handlers.flows.home_context import HomeContext
from handlers.flows.platform import Platform
from handlers.screens import audit
from handlers.screens.parts import Part


async def live(platform: Platform, home_context: HomeContext) -> list[Part]:
    """The newest few; the rest is one press away."""
    found = await platform.services.search.live(home_context.chat_user, audit.ON_HOME + 1)
    return audit.on_home(found, home_context.now)


async def approvals(_platform: Platform, home_context: HomeContext) -> list[Part]:
    """The way to what an approver decided, and to what is over among what they may approve."""
    if home_context.person.barred_by is not None:
        return []
    sees_all = not home_context.personas.isdisjoint({Persona.AUDITOR, Persona.ADMIN})
    return audit.of_approver(home_context.id, sees_all=sees_all)
