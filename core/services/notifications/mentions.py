"""The approvers whom a card mentions when it is posted, so that the chat platform notifies them."""

import asyncio
from collections.abc import Sequence

import structlog

from core.domain.errors import Refused, Upstream
from core.domain.ids import PrincipalId
from core.domain.people import ChatUser
from core.domain.request import Request
from core.domain.settings import MentionApprovers
from core.ports import OpenUnit
from core.services.context.identity import Identity
from core.services.notifications.request_card import CardReader

MOST_MENTIONED = 10
PATIENCE = 5.0
"""Seconds that a card waits to know whom it mentions."""

log = structlog.get_logger()


class ApproverMentions:
    """Looks up the first approvers by name. One who cannot be found is left out: the card matters more."""

    def __init__(self, open_unit: OpenUnit, cards: CardReader, identity: Identity) -> None:
        self._open_unit = open_unit
        self._cards = cards
        self._identity = identity

    async def of(self, request: Request, platform: str) -> Sequence[ChatUser]:
        """Those on this platform; nobody unless the setting says so. The requester is never among them."""
        async with self._open_unit() as unit:
            settings = (await unit.policies.current()).settings
        if settings.mention_approvers is MentionApprovers.OFF:
            return ()
        try:
            return await asyncio.wait_for(self._approvers(request, platform), PATIENCE)
        except (Upstream, TimeoutError) as error:
            log.info("nobody mentioned on the card", request=request.id, because=str(error) or "it takes too long")
            return ()

    async def _approvers(self, request: Request, platform: str) -> Sequence[ChatUser]:
        approvers = (await self._cards.approvers(request))[:MOST_MENTIONED]
        found = await asyncio.gather(*(self._look_up(approver.id, platform) for approver in approvers))
        return tuple(user for user in found if user is not None and user.platform == platform)

    async def _look_up(self, approver: PrincipalId, platform: str) -> ChatUser | None:
        try:
            return await self._identity.chat_user_of(approver, platform)
        except (Upstream, Refused) as error:
            log.info("approver not looked up", principal=approver, because=str(error))
            return None
