"""Approvers whom no card reaches: requester and admins hear of it, or the request would wait without a word."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from core.domain.errors import Upstream
from core.domain.ids import PrincipalId
from core.domain.notice_content import ApproverUnreached, Unreached
from core.domain.notices import ADMINS, Audience, Form, Notice, Recipient, Topic
from core.domain.request import Request, Status
from core.ports import Clock, OpenUnit, PrincipalDirectory
from core.services.context.pairs import find

WAITS = timedelta(minutes=1)
"""Time for the cards of the other approvers to come: one who has no account is no news when others can decide."""
TOLD_EVERY = timedelta(hours=1)

log = structlog.get_logger()


class UnreachableApprovers:
    """One message a request, however many of its approvers are out of reach, and whichever replica finds them so."""

    def __init__(self, open_unit: OpenUnit, directory: PrincipalDirectory, clock: Clock) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._clock = clock

    async def note_absent(self, request: Request, to: Recipient) -> None:
        """Nobody on the chat platform is this approver."""
        if request.status is not Status.PENDING or await self._is_told(request):
            return
        async with self._open_unit() as unit:
            notice = Notice(Form.DIRECT, ApproverUnreached(to.id, absent=True), ADMINS, request.id)
            await unit.outbox.put([notice], self._clock.now() + WAITS)
            await unit.commit()

    async def to_tell(
        self, unreached: ApproverUnreached, request: Request | None, admins: Sequence[Recipient]
    ) -> Sequence[Notice]:
        """The messages of one notice; none when it is decided, told already, or others have the card."""
        if request is None or request.status is not Status.PENDING or await self._is_told(request):
            return ()
        async with self._open_unit() as unit:
            cards = await unit.cards.of(request.id)
        if cards and unreached.absent:
            log.info("an approver is not on the chat platform", request=request.id, approver=unreached.to)
            return ()
        content = Unreached(await self._name(unreached.to), nobody=not cards)
        told = [*admins, Recipient.principal(request.requester)]
        return tuple(Notice(Form.DIRECT, content, to, request.id) for to in told)

    async def _is_told(self, request: Request) -> bool:
        since, requester = self._clock.now() - TOLD_EVERY, Recipient.principal(request.requester)
        async with self._open_unit() as unit:
            return await unit.outbox.was_put(Topic.UNREACHED, requester, request.id, since)

    async def _name(self, recipient: str) -> str:
        """Of a principal, or of the one that a chat user is; empty where it cannot be had."""
        principal_id = PrincipalId(recipient)
        if recipient.count("/") == 2:
            async with self._open_unit() as unit:
                pin = await find(unit, Recipient(Audience.CHAT_USER, recipient).chat_user)
            if pin is None:
                return ""
            principal_id = pin.principal_id
        try:
            principal = await self._directory.principal(principal_id)
        except Upstream:
            return ""
        return principal.name if principal else ""
