"""The approvers that a message about a request is for: whoever decides no more is shown no more of it (rule 22)."""

from datetime import datetime, timedelta

from core.domain.errors import Refused
from core.domain.ids import PrincipalId
from core.domain.notices import Audience, Form, Notice, Topic
from core.domain.people import ChatUser
from core.domain.request import Request
from core.domain.visibility import may_see
from core.ports import Clock, Outgoing
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.notifications.recipients import RecipientLookup

ADDRESSED_WITHIN = timedelta(seconds=30)
"""A message whose reader was found longer ago is not sent before the reader is looked at again."""


class RequestReaders:
    def __init__(
        self, identity: Identity, policy_context: PolicyContext, recipients: RecipientLookup, clock: Clock
    ) -> None:
        self._identity = identity
        self._policy_context = policy_context
        self._recipients = recipients
        self._clock = clock

    async def is_for_nobody(self, outgoing: Outgoing, request: Request | None) -> bool:
        """True if a message to an approver has waited so long that its reader may see the request no more.

        The chat was away, an e-mail was put off, the process had crashed: policies and groups go on meanwhile.
        """
        if request is None or not _is_to_an_approver(outgoing.notice):
            return False
        if self._clock.now() - outgoing.created_at < ADDRESSED_WITHIN:
            return False
        reader = await self._recipients.owner_of(outgoing.notice.to)
        since = self._clock.now() - ADDRESSED_WITHIN  # after an outage many wait for one reader: AWS is asked once
        return reader is not None and not await self._may_see(reader, request, since)

    async def may_still_see(self, user: ChatUser, request: Request) -> bool:
        """True if somebody who got the card may see the request as things are."""
        principal = await self._recipients.principal_of(user)
        if principal is None:
            return True  # never pinned: found by e-mail as an approver, and no command of theirs has told who they are
        return await self._may_see(principal, request)

    async def _may_see(self, principal: PrincipalId, request: Request, since: datetime | None = None) -> bool:
        try:
            person = await self._identity.person(principal, since=since)
        except Refused:
            return False
        rules = await self._policy_context.rules()
        return may_see(rules.book, rules.organization, person, request)


def _is_to_an_approver(notice: Notice) -> bool:
    """Cards, what is said below them, and reminders: all that one person gets about a request of somebody else's."""
    is_personal = notice.to.audience in {Audience.PRINCIPAL, Audience.CHAT_USER}
    return is_personal and (notice.form in {Form.CARD, Form.THREAD} or notice.topic is Topic.REMINDER)
