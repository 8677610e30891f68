"""Who is acting: from a chat user to a principal with its groups, and back (rules 1 and 2)."""

import asyncio

import structlog

from core.domain.audit import AuditEvent
from core.domain.errors import Conflict, Reason, Refusal, Refused, Upstream
from core.domain.ids import PrincipalId
from core.domain.notices import ADMINS, AUDIT_CHANNEL, Form, Notice, Topic
from core.domain.people import (
    LEADS_NOWHERE,
    ChatUser,
    Person,
    Pin,
    PinState,
    Principal,
    hold_to_pin,
    match_principal,
    refuse_outsiders,
    speaks_for,
    user_of,
)
from core.domain.request import Actor
from core.ports import ChatDirectory, Clock, OpenUnit, PrincipalDirectory

CHAT_PATIENCE = 3.0
"""Seconds that a judgement waits for the chat platform, which only adds to what is known."""

log = structlog.get_logger()


class Identity:
    """Every act and every look begins here. Doubt refuses."""

    def __init__(self, open_unit: OpenUnit, directory: PrincipalDirectory, chat: ChatDirectory, clock: Clock) -> None:
        self._open_unit = open_unit
        self._directory = directory
        self._chat = chat
        self._clock = clock

    async def identify(self, chat_user: ChatUser, *, fresh: bool = False, taking_away: bool = False) -> Person:
        """Find who this chat user is, with the groups held now.

        ``fresh`` for decisions: nothing comes from a cache, and a refusal is audited (rule 23). ``taking_away`` for
        what only rejects, withdraws or ends, and for the lists that lead there: a pinned person whose address leads
        elsewhere, or nowhere, is let through with ``barred_by`` set (rule 1). Raises Refused, each case with its own
        reason, and UpstreamBusy when it cannot be known.
        """
        try:
            principal = await self._principal_of(chat_user, fresh=fresh)
            await self._hold(chat_user, principal)
        except Refused as refused:
            pinned = await self._pinned(chat_user, refused.refusal.reason, fresh=fresh) if taking_away else None
            if pinned is not None:
                return pinned
            if fresh:
                await self._note(chat_user, refused)
            raise
        groups = await self._directory.groups_of(principal.id, fresh=fresh)
        return Person(principal, groups, chat_user)

    async def _pinned(self, chat_user: ChatUser, why: Reason, *, fresh: bool) -> Person | None:
        """The person that this chat user is pinned to, when only its address leads elsewhere or nowhere.

        A disabled user may do nothing at all. One that Identity Center does not know any more holds no groups: what
        it asked for is all that it may end.
        """
        if why not in LEADS_NOWHERE:
            return None
        async with self._open_unit() as unit:
            pin = await unit.pins.get(chat_user)
        if pin is None:
            return None
        principal = await self._directory.principal(pin.principal_id, fresh=True)
        if principal is None:
            return Person(Principal(pin.principal_id, pin.principal_id, ""), frozenset(), chat_user, why)
        if not principal.enabled:
            return None
        return Person(principal, await self._directory.groups_of(principal.id, fresh=fresh), chat_user, why)

    async def principal_of(self, chat_user: ChatUser) -> Principal:
        """Who a chat user stands for, without anything being pinned: for whoever asks about somebody else."""
        return await self._principal_of(chat_user, fresh=True)

    async def person(self, principal_id: PrincipalId) -> Person:
        """A principal as it is now, read anew: for judging a stored request again (rule 14)."""
        principal = await self._directory.principal(principal_id, fresh=True)
        if principal is None or not principal.enabled:
            raise Refused(Refusal(Reason.PRINCIPAL_DISABLED if principal else Reason.NO_PRINCIPAL))
        return Person(principal, await self._directory.groups_of(principal_id, fresh=True))

    async def known_against(self, chat_user: ChatUser, principal_id: PrincipalId) -> Refusal | None:
        """What is known against a chat account that acted as this principal once (rule 14).

        The pair is suspended, or leads to somebody else by now, or the account is deactivated. What the chat platform
        cannot tell at the moment is not known: then nothing is refused for it.
        """
        async with self._open_unit() as unit:
            pin = await unit.pins.get(chat_user)
        if not speaks_for(pin, principal_id):
            return Refusal(Reason.IDENTITY_SUSPENDED)
        try:
            async with asyncio.timeout(CHAT_PATIENCE):
                profile = await self._chat.profile(chat_user, fresh=True)
        except (Upstream, TimeoutError) as error:
            log.info("chat account is not looked at again", user=chat_user.user, because=str(error))
            return None
        return Refusal(Reason.DEACTIVATED) if profile.is_deactivated else None

    async def chat_user_of(self, principal_id: PrincipalId) -> ChatUser | None:
        """Whom to write to for a principal: the pinned chat user seen last, else by e-mail, checked both ways."""
        async with self._open_unit() as unit:
            pins = await unit.pins.of_principal(principal_id)
        if pinned := user_of(pins):
            return pinned
        principal = await self._directory.principal(principal_id)
        return await self._by_email(principal) if principal else None

    async def _by_email(self, principal: Principal) -> ChatUser | None:
        for address in dict.fromkeys((*principal.emails, principal.user_name)):
            found = await self._chat.user_of_email(address) if "@" in address else None
            if found is None or not await self._may_stand_for(found, principal):
                continue
            try:
                if (await self._principal_of(found, fresh=False)).id == principal.id:
                    return found
            except Refused:
                continue
        return None

    async def _may_stand_for(self, chat_user: ChatUser, principal: Principal) -> bool:
        """Whoever is pinned to another principal, or suspended, is not written to by e-mail address alone (rule 1)."""
        async with self._open_unit() as unit:
            pin = await unit.pins.get(chat_user)
        return pin is None or (pin.state is PinState.ACTIVE and pin.principal_id == principal.id)

    async def _note(self, chat_user: ChatUser, refused: Refused) -> None:
        facts = {"reasons": [refusal.reason.value for refusal in refused.refusals]}
        actor = Actor(chat_user.user, None, chat_user)
        async with self._open_unit() as unit:
            event = AuditEvent("identity.refused", self._clock.now(), actor, facts=facts)
            await unit.refusals.note(event, " ".join(facts["reasons"]))
            await unit.commit()

    async def _principal_of(self, chat_user: ChatUser, *, fresh: bool) -> Principal:
        profile = await self._chat.profile(chat_user, fresh=fresh)
        refuse_outsiders(profile)
        candidates = await self._directory.principals_of_email(profile.email, fresh=fresh)
        try:
            return match_principal(profile.email, candidates)
        except Refused:
            if fresh:
                raise
        # A user added or enabled a moment ago is not in the cache yet: ask before refusing.
        candidates = await self._directory.principals_of_email(profile.email, fresh=True)
        return match_principal(profile.email, candidates)

    async def _hold(self, chat_user: ChatUser, principal: Principal) -> None:
        async with self._open_unit() as unit:
            known = await unit.pins.get(chat_user)
        pin = hold_to_pin(known, chat_user, principal)
        if pin != known:
            try:
                await self._keep(pin, known, principal)
            except Conflict:  # a second act of this person pinned it at the same moment
                return await self._hold(chat_user, principal)
        if pin.state is PinState.SUSPENDED:
            raise Refused(Refusal(Reason.IDENTITY_SUSPENDED))
        return None

    async def _keep(self, pin: Pin, known: Pin | None, principal: Principal) -> None:
        now, suspended = self._clock.now(), pin.state is PinState.SUSPENDED
        async with self._open_unit() as unit:
            if await unit.pins.get(pin.chat_user) != known:
                raise Conflict("The pair was pinned meanwhile.")
            await unit.pins.put(pin, now)
            if suspended:
                facts = {"user": pin.chat_user.user, "claimed": principal.name}
                await unit.outbox.put(
                    [
                        Notice(Form.DIRECT, Topic.IDENTITY_SUSPENDED, ADMINS, facts=facts),
                        Notice(Form.LINE, Topic.IDENTITY_SUSPENDED, AUDIT_CHANNEL, facts=facts),
                    ],
                    now,
                )
            await unit.audit.append(
                AuditEvent(
                    action="identity.suspended" if suspended else "identity.pinned",
                    at=now,
                    actor=Actor(principal.name, principal.id, pin.chat_user),
                    facts={"pinned": pin.principal_id, "claimed": pin.claimed},
                )
            )
            await unit.commit()

    async def release(self, chat_user: ChatUser, actor: Actor) -> Pin:
        """Let a suspended pair act again, as the principal its e-mail address led to (rule 1: an admin's decision)."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            pin = await unit.pins.get(chat_user)
            if pin is None or pin.state is not PinState.SUSPENDED or pin.claimed is None:
                raise Conflict("This pair is not suspended.")
            released = Pin(chat_user, pin.claimed)
            await unit.pins.put(released, now)
            facts = {"user": chat_user.user, "was": pin.principal_id, "is": released.principal_id}
            await unit.audit.append(AuditEvent("identity.released", now, actor, facts=facts))
            await unit.commit()
        return released
