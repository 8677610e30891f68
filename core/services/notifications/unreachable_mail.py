"""People whom no chat reaches get an e-mail with the words of the message: once, and noted in the audit trail."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from core.domain.audit import AuditEvent, told
from core.domain.errors import UpstreamRefused
from core.domain.ids import PrincipalId, RequestId
from core.domain.mailed_topics import kind_of_topic
from core.domain.notices import Notice, Recipient, Topic
from core.domain.request import Request, Status
from core.ports import Card, Clock, Mail, MailSender, MailWriter, OpenUnit, PrincipalDirectory

OwnerOf = Callable[[Recipient], Awaitable[PrincipalId | None]]
"""Tells the principal that a message is for."""
ReadCard = Callable[[Request], Awaitable[Card]]

TOLD = "person.emailed"
NO_RECIPIENT = "no_recipient"
"""The code of a refusal: nobody in any chat is this person."""
_CARD = "card"
_NEVER = frozenset({Topic.REMINDER})
"""Said again and again to people who have had the card."""

log = structlog.get_logger()


class UnreachableMail:
    """Nothing is sent without a sender, or where settings leave the kind of message out."""

    def __init__(
        self,
        open_unit: OpenUnit,
        directory: PrincipalDirectory,
        clock: Clock,
        sender: MailSender | None,
        writer: MailWriter | None,
    ) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._clock = clock
        self._sender = sender
        self._writer = writer
        self._unnoted: dict[tuple[PrincipalId, str, RequestId | None], str] = {}
        """E-mails that were sent, and could not be noted yet: the trail takes nothing. They are not sent again."""

    async def or_told(
        self, saying: Awaitable[bool], owner_of: OwnerOf, notice: Notice, request: Request | None, put_at: datetime
    ) -> bool:
        """True if a message was said in chat, or else by e-mail; raises what chat raised where neither was possible.

        ``put_at``: what is to be said again later, in the same words, is another message.
        """
        try:
            if await saying:
                return True
        except UpstreamRefused as refused:
            if await self.tell(await owner_of(notice.to), notice, request, put_at, refused.code):
                return True
            raise
        return await self.tell(await owner_of(notice.to), notice, request, put_at, NO_RECIPIENT)

    async def with_card(
        self, showing: Awaitable[bool], owner_of: OwnerOf, read: ReadCard, to: Recipient, request: Request
    ) -> bool:
        """True if a card was shown in chat. An approver with only the e-mail cannot decide: it counts as not shown."""
        try:
            if await showing:
                return True
            because = NO_RECIPIENT
        except UpstreamRefused as refused:
            await self._mail_card(await owner_of(to), read, request, refused.code)
            raise
        await self._mail_card(await owner_of(to), read, request, because)
        return False

    async def _mail_card(self, to: PrincipalId | None, read: ReadCard, request: Request, because: str) -> None:
        if request.status is Status.PENDING and self._sender is not None:
            await self.show(to, await read(request), because)

    async def tell(
        self, to: PrincipalId | None, notice: Notice, request: Request | None, put_at: datetime, because: str
    ) -> bool:
        """Send what a message would have said; True once it was, now or before. Raises as the sender does when busy."""
        if self._writer is None or notice.topic in _NEVER:
            return False
        content = hashlib.sha256(repr((notice.content, put_at)).encode()).hexdigest()[:16]
        mail = self._writer.message(notice, request)
        return await self._once(to, notice.topic, notice.request_id, mail, f"{notice.topic}:{content}", because)

    async def show(self, to: PrincipalId | None, card: Card, because: str) -> bool:
        """Send an approver what the card of a request that waits would have said."""
        if self._writer is None:
            return False
        mail = self._writer.card(card)
        return await self._once(to, Topic.SUBMITTED, card.request.id, mail, _CARD, because)

    async def _once(
        self, to: PrincipalId | None, topic: Topic, request_id: RequestId | None, mail: Mail, message: str, because: str
    ) -> bool:
        if self._sender is None or not await self._wants(topic):
            return False
        principal = await self._directory.principal(to) if to else None
        if principal is None or not principal.enabled or not principal.emails:
            return False
        if await self._was_told(principal.id, message, request_id):
            return True
        key = (principal.id, message, request_id)
        try:
            sent = self._unnoted.get(key) or await self._sender.send(principal.emails[0], mail)
        except UpstreamRefused as refused:  # the message is given up as it was without e-mail
            log.warning("e-mail refused", principal=principal.id, because=str(refused))
            return False
        self._unnoted[key] = sent
        facts = {"user": principal.id, "message": message, "topic": topic.value, "because": because, "mail": sent}
        async with self._open_unit() as unit:
            await unit.audit.append(AuditEvent("person.emailed", self._clock.now(), request_id=request_id, facts=facts))
            await unit.commit()
        self._unnoted.pop(key, None)
        log.info("told by e-mail", principal=principal.id, request=request_id, topic=topic.value, because=because)
        return True

    async def _wants(self, topic: Topic) -> bool:
        async with self._open_unit() as unit:
            settings = (await unit.policies.current()).settings
        return kind_of_topic(topic) in settings.email_events

    async def _was_told(self, user: PrincipalId, message: str, request_id: RequestId | None) -> bool:
        """Of a message that is about no request nothing is looked up: it may come twice after a crash."""
        if request_id is None:
            return False
        async with self._open_unit() as unit:
            events = await unit.audit.of_request(request_id)
        bodies = (told(event) for event in events)
        return any(
            body["action"] == TOLD and (body["facts"].get("user"), body["facts"].get("message")) == (user, message)
            for body in bodies
        )
