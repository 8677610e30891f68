"""The chat accounts that messages for a principal, approvers or admins go to."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog

from core.domain.errors import Refused, Upstream, UpstreamRefused
from core.domain.ids import GroupId, PrincipalId
from core.domain.notices import Audience, Recipient
from core.domain.people import ChatUser, user_of
from core.ports import GONE, OpenUnit, PrincipalDirectory
from core.services.context.identity import Identity
from core.services.context.pairs import find
from core.services.context.policy_context import PolicyContext

LEARNT_AT_ONCE = 20
"""Admins who are looked up on the chat platform in one go."""
MOST_ACCOUNTS = 3
"""Accounts of one person that are tried for one message."""

log = structlog.get_logger()


class RecipientLookup:
    """Looks people up. Of many, one whose look-up fails keeps nobody else waiting."""

    def __init__(
        self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, directory: PrincipalDirectory
    ) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._directory = directory
        self._admins: dict[PrincipalId, ChatUser | None] = {}
        self._unanswered: set[PrincipalId] = set()
        """Admins whose look-up failed: they are asked about again."""

    async def chat_user(self, to: Recipient, platform: str = "") -> ChatUser | None:
        """The one account that this is for, on this platform if there is one, and not one known to be deactivated.

        None when nobody on a platform is.
        """
        if to.audience is Audience.CHAT_USER:
            return await self._identity.reachable(to.chat_user)
        return await self._identity.chat_user_of(PrincipalId(to.id), platform)

    async def reach(self, to: Recipient, say: Callable[[ChatUser], Awaitable[None]], *, platform: str = "") -> bool:
        """Say something to this one, on this platform if they are there; False when they are on none.

        An account that the platform calls gone is written to no more, and another of the same person is looked for: the
        first after an account was made anew, perhaps.
        """
        user = await self.chat_user(to, platform)
        for _ in range(MOST_ACCOUNTS):
            if user is None:
                return False
            try:
                await say(user)
            except UpstreamRefused as refused:
                other = await self._instead_of(user, to) if refused.code in GONE else None
                if other is None or other == user:
                    raise
                log.info("written to another account of the same person", gone=user.user, other=other.user)
                user = other
            else:
                return True
        return False

    async def _instead_of(self, gone: ChatUser, to: Recipient) -> ChatUser | None:
        self._identity.note_gone(gone)
        return await self.chat_user(to)

    async def principal_of(self, chat_user: ChatUser) -> PrincipalId | None:
        """The principal that this account is pinned to."""
        async with self._open_unit() as unit:
            pin = await find(unit, chat_user)
        return pin.principal_id if pin else None

    async def owner_of(self, to: Recipient) -> PrincipalId | None:
        """The principal that a message is for: of an account its pin's, or the admin who was found there."""
        if to.audience is Audience.PRINCIPAL:
            return PrincipalId(to.id)
        if to.audience is not Audience.CHAT_USER:
            return None
        pinned = await self.principal_of(to.chat_user)
        return pinned or next((admin for admin, user in self._admins.items() if user == to.chat_user), None)

    async def recipients(
        self, principals: Iterable[PrincipalId], known: Mapping[PrincipalId, ChatUser | None] | None = None
    ) -> Sequence[Recipient]:
        """Each under the chat user that is known of; anybody else is looked up when their own message is sent."""
        async with self._open_unit() as unit:
            pinned = {principal: user_of(await unit.pins.of_principal(principal)) for principal in principals}
        users = {principal: user or (known or {}).get(principal) for principal, user in pinned.items()}
        return [Recipient.chat(user) if user else Recipient.principal(principal) for principal, user in users.items()]

    async def admins(self, *, besides: Iterable[GroupId] = (), but: PrincipalId | None = None) -> Sequence[Recipient]:
        """Every admin but one, and the members of other groups; those known from before while AWS does not answer."""
        try:
            await self.know_admins()
        except Upstream:
            if not self._admins:
                raise
        known = {admin: user or await self._suspended(admin) for admin, user in self._admins.items()}
        told = dict.fromkeys(self._admins)
        for group in besides:
            told |= dict.fromkeys(sorted(await self._directory.members_of(group)))
        return await self.recipients([admin for admin in told if admin != but], known=known)

    async def _suspended(self, admin: PrincipalId) -> ChatUser | None:
        """An alarm reaches an admin at the pinned account, suspended or not: every one of them may be (rule 1)."""
        try:
            return await self._identity.suspended_user_of(admin)
        except Upstream:
            return None

    async def know_admins(self) -> None:
        """Learn whom to alarm while AWS can still tell: an alarm may be about AWS being away."""
        rules = await self._policy_context.rules()
        group = rules.book.settings.admin_group
        admins = sorted(await self._directory.members_of(group)) if group else []
        unknown = [admin for admin in admins if admin not in self._admins or admin in self._unanswered]
        fresh = unknown[:LEARNT_AT_ONCE]
        users = await asyncio.gather(*(self._look_up(admin) for admin in fresh))
        known = self._admins | dict(zip(fresh, users, strict=True))
        self._admins = {admin: known.get(admin) for admin in admins}

    async def _look_up(self, admin: PrincipalId) -> ChatUser | None:
        self._unanswered.add(admin)
        try:
            found = await self._identity.chat_user_of(admin)
        except (Upstream, Refused) as error:
            log.info("admin not looked up", principal=admin, because=str(error))
            return self._admins.get(admin)
        self._unanswered.discard(admin)
        return found
