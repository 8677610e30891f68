"""Identity: from a chat user to a principal with its groups, and back (rules 1 and 2)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog

from core.domain.audit import AuditEvent
from core.domain.errors import Reason, Refusal, Refused, Side, Upstream, UpstreamBusy
from core.domain.ids import PrincipalId, RequestId
from core.domain.machines import is_machine
from core.domain.people import (
    LEADS_NOWHERE,
    ChatProfile,
    ChatUser,
    Person,
    Pin,
    Principal,
    agreed,
    match_external_id,
    match_principal,
    refuse_outsiders,
    speaks_for,
)
from core.domain.request import Actor
from core.ports import ChatPlatforms, Clock, OpenUnit
from core.services.context.chat_accounts import ChatAccounts
from core.services.context.lasting_members import LastingMembers
from core.services.context.machines import Machines
from core.services.context.pairs import Pairs
from core.services.runtime.turns import PersonalTurns

CHAT_PATIENCE = 3.0
"""Seconds that a judgement waits for the chat platform, which only adds to what is known."""
JUST_NOW = timedelta(seconds=5)
"""The greatest age of what was read for one decision, for what follows from it at once."""

log = structlog.get_logger()


def fresh_since(sent_at: datetime | None, now: datetime) -> datetime:
    """The moment since which AWS must have been asked for an act that was sent then, and may have waited since."""
    return now if sent_at is None else min(now, max(sent_at, now - JUST_NOW))


class Identity:
    """Every act and every look begins here. Doubt refuses."""

    def __init__(
        self,
        open_unit: OpenUnit,
        look: OpenUnit,
        directory: LastingMembers,
        platforms: ChatPlatforms,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._platforms = platforms
        self._clock = clock
        self.pairs = Pairs(open_unit, look, directory, clock, platforms.names)
        self._turns = PersonalTurns()
        self.machines = Machines(open_unit, directory, clock)
        self._accounts = ChatAccounts(open_unit, directory, platforms, clock, self._cached)

    async def identify(
        self, chat_user: ChatUser, *, fresh: bool = False, taking_away: bool = False, since: datetime | None = None
    ) -> Person:
        """Find who this chat user is, with the groups held now.

        ``fresh`` for decisions: nothing comes from a cache, and a refusal is audited (rule 23). ``taking_away`` for
        what only rejects, withdraws or ends, and for the lists that lead there: a pinned person whose address leads
        elsewhere, or nowhere, is let through with ``barred_by`` set (rule 1), though no token of theirs. ``since`` is
        when the act was sent: what AWS was asked after that is fresh enough for it. Raises Refused, each case with its
        own reason, and UpstreamBusy when it cannot be known.
        """
        if is_machine(chat_user):
            behind = partial(self.identify, fresh=fresh, since=since)
            return await self.machines.person(chat_user, behind, fresh=fresh, since=since)
        if not fresh:
            return await self._identify(chat_user, None, fresh=False, taking_away=taking_away)
        async with self._turns.of(chat_user):  # the others wait for the same platform and the same AWS (rule 26)
            since = fresh_since(since, self._clock.now())
            async with self._reading_ahead(chat_user, since):
                return await self._identify(chat_user, since, fresh=True, taking_away=taking_away)

    @asynccontextmanager
    async def _reading_ahead(self, chat_user: ChatUser, since: datetime) -> AsyncIterator[None]:
        """Ask for the groups of whom this account is pinned to while it is looked up whom it leads to.

        Whoever asks for them since then waits for the same answer.
        """
        pin = await self.pairs.of(chat_user)
        if pin is None:
            yield
            return
        reading = asyncio.ensure_future(self._directory.read_ahead(pin.principal_id, since))
        reading.add_done_callback(lambda done: done.cancelled() or done.exception())  # who needs them asks again
        try:
            yield
        finally:
            reading.cancel()

    async def _identify(self, chat_user: ChatUser, since: datetime | None, *, fresh: bool, taking_away: bool) -> Person:
        profile = await self._profile(chat_user, fresh=fresh)
        try:
            principal = await self._match(profile, fresh=fresh, since=since)
            pin = await self._hold(profile.account, principal)
        except Refused as refused:
            pinned = await self._pinned(profile.account, refused.refusal.reason, fresh=fresh) if taking_away else None
            if pinned is not None:
                return pinned
            if fresh:
                await self._note(chat_user, refused)
            raise
        groups = await self._directory.groups_of(principal.id, fresh=fresh, since=since)
        only_asks = Reason.SECOND_ACCOUNT if pin.state.is_second else None
        return Person(principal, groups, pin.chat_user, only_asks)

    async def _pinned(self, account: ChatUser, why: Reason, *, fresh: bool) -> Person | None:
        """The person that this account is pinned to, when only its address leads elsewhere or nowhere.

        A disabled user may do nothing at all. One that Identity Center does not know any more holds no groups: what
        it asked for is all that it may end; so it is for a second account, whatever its address leads to by now.
        """
        if why not in LEADS_NOWHERE:
            return None
        pin = await self.pairs.of(account)
        if pin is None:
            return None
        principal = await self._directory.principal(pin.principal_id, fresh=fresh)
        if principal is None:
            called = pin.known_as.user_name if pin.known_as else pin.principal_id
            gone = Principal(pin.principal_id, called, "")
            return Person(gone, frozenset(), account, why, is_second=pin.state.is_second)
        if not principal.enabled:
            return None
        groups = await self._directory.groups_of(principal.id, fresh=fresh)
        return Person(principal, groups, account, why, is_second=pin.state.is_second)

    async def principal_of(self, chat_user: ChatUser) -> Principal:
        """The principal of a chat user, without pinning: for somebody who asks about another person."""
        return await self._match(await self._profile(chat_user, fresh=True), fresh=True)

    async def person(self, principal_id: PrincipalId, *, since: datetime | None = None) -> Person:
        """A principal as it is now, or was since then: for judging a stored request again (rule 14)."""
        principal, groups = await asyncio.gather(
            self._directory.principal(principal_id, fresh=True, since=since),
            self._directory.groups_of(principal_id, fresh=True, since=since),
        )
        if principal is None or not principal.enabled:
            raise Refused(Refusal(Reason.PRINCIPAL_DISABLED if principal else Reason.NO_PRINCIPAL))
        return Person(principal, groups)

    async def known_against(
        self, chat_user: ChatUser, principal_id: PrincipalId, *, must_know: bool = False
    ) -> Refusal | None:
        """The objection to a chat account that acted as this principal once (rule 14).

        The pair is suspended, or leads to somebody else by now, or the account is deactivated. What the chat platform
        cannot tell at the moment is as it was last seen: of an account never seen deactivated nothing is known then.
        Raises UpstreamBusy instead when somebody ``must_know``.
        """
        if is_machine(chat_user):
            return await self._known_against_machine(chat_user, principal_id, must_know=must_know)
        pin = await self.pairs.of(chat_user)
        if not speaks_for(pin, principal_id):
            return Refusal(Reason.IDENTITY_SUSPENDED)
        try:
            async with asyncio.timeout(CHAT_PATIENCE):
                profile = await self._profile(chat_user, fresh=True)
        except (Upstream, TimeoutError) as error:
            self._accounts.let_others_ask()
            if self._accounts.is_known_gone(chat_user):
                return Refusal(Reason.DEACTIVATED)
            if must_know:
                raise UpstreamBusy(
                    "It is not known whether the chat account is still there", side=Side.of_platform(chat_user.platform)
                ) from error
            log.info("chat account is not looked at again", user=chat_user.user, because=str(error))
            return None
        if profile.is_deactivated:
            self._accounts.note_gone(chat_user)
            return Refusal(Reason.DEACTIVATED)
        self._accounts.note_there(chat_user)
        return None

    async def _known_against_machine(
        self, machine: ChatUser, principal_id: PrincipalId, *, must_know: bool
    ) -> Refusal | None:
        """Its token was revoked, or the account that made it may not stand for this principal any more."""
        account, objection = await self.machines.behind(machine)
        if objection is not None or account is None:
            return objection
        return await self.known_against(account, principal_id, must_know=must_know)

    async def chat_user_of(self, principal_id: PrincipalId, platform: str = "") -> ChatUser | None:
        """The account for a principal's messages, here or where it acted last; else by e-mail, checked both ways.

        On each platform it is the first account.
        """
        return await self._accounts.of_principal(principal_id, platform)

    def note_gone(self, chat_user: ChatUser) -> None:
        """The platform refused a message because this account is deactivated."""
        self._accounts.note_gone(chat_user)

    def is_known_gone(self, chat_user: ChatUser) -> bool:
        """True if this account was last seen deactivated."""
        return self._accounts.is_known_gone(chat_user)

    async def reachable(self, chat_user: ChatUser) -> ChatUser:
        """The account to write to instead of one that is known to be deactivated."""
        return await self._accounts.instead_of(chat_user)

    async def suspended_user_of(self, principal_id: PrincipalId) -> ChatUser | None:
        """The account that alarms go to for an admin whose pair is suspended."""
        return await self._accounts.of_suspended(principal_id)

    async def release(self, chat_user: ChatUser, actor: Actor) -> Pin:
        """Let a pair act again, as the principal its e-mail address led to (rule 1: an admin's decision)."""
        return await self.pairs.release(chat_user, actor)

    async def note_foreign(self, person: Person, request_id: RequestId, command: str) -> None:
        """Somebody named a request that is not for them, or is none: who walks along the numbers shows in the trail.

        One event a minute, whichever numbers they were (rule 26). It is filed under no request.
        """
        actor, facts = (
            Actor(person.principal.name, person.id, person.chat_user),
            {"asked_for": request_id, "act": command},
        )
        async with self._open_unit() as unit:
            await unit.refusals.note(AuditEvent("request.not_shown", self._clock.now(), actor, facts=facts), "foreign")
            await unit.commit()

    async def _note(self, chat_user: ChatUser, refused: Refused) -> None:
        facts = {"reasons": [refusal.reason.value for refusal in refused.refusals]}
        actor = Actor(chat_user.user, None, chat_user)
        async with self._open_unit() as unit:
            event = AuditEvent("identity.refused", self._clock.now(), actor, facts=facts)
            await unit.refusals.note(event, " ".join(facts["reasons"]))
            await unit.commit()

    async def _hold(self, account: ChatUser, principal: Principal) -> Pin:
        pin = await self.pairs.hold(account, principal)
        if pin.state.is_suspended:
            raise Refused(Refusal(Reason.IDENTITY_SUSPENDED))
        return pin

    async def _profile(self, chat_user: ChatUser, *, fresh: bool) -> ChatProfile:
        return await self._platforms.at(chat_user).directory.profile(chat_user, fresh=fresh)

    async def _cached(self, chat_user: ChatUser) -> Principal:
        return await self._match(await self._profile(chat_user, fresh=False), fresh=False)

    async def _match(self, profile: ChatProfile, *, fresh: bool, since: datetime | None = None) -> Principal:
        refuse_outsiders(profile)
        if profile.external_id:
            return await self._look_up(self._by_external_id, profile.external_id, fresh=fresh)
        by_address = partial(self._by_address, since=since)
        found = [await self._look_up(by_address, each, fresh=fresh) for each in profile.addresses]
        return agreed(found)

    async def _look_up(
        self, find: Callable[[str, bool], Awaitable[Principal]], named: str, *, fresh: bool
    ) -> Principal:
        try:
            return await find(named, fresh)
        except Refused:
            if fresh:
                raise
        # A user added or enabled a moment ago is not in the cache yet: ask before refusing.
        return await find(named, True)

    async def _by_address(self, address: str, fresh: bool, since: datetime | None = None) -> Principal:
        return match_principal(address, await self._directory.principals_of_email(address, fresh=fresh, since=since))

    async def _by_external_id(self, external_id: str, fresh: bool) -> Principal:
        found = await self._directory.principals_of_external_id(external_id, fresh=fresh)
        return match_external_id(external_id, found)
