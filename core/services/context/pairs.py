"""Pairs of a chat account and a principal (rule 1): made, held, told of, released."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from core.domain.audit import AuditEvent
from core.domain.conversations import conversation_on
from core.domain.errors import Conflict, Upstream
from core.domain.freshness import is_younger
from core.domain.ids import PrincipalId
from core.domain.notice_content import (
    AccountElsewhere,
    PairReleased,
    PairsReleased,
    PairsSuspended,
    PairSuspended,
    SecondAccount,
    SecondAccountOfYours,
    SecondAccounts,
)
from core.domain.notices import AUDIT_CHANNEL, Form, Notice, Recipient, notices_to_admins
from core.domain.pairing import Pairing
from core.domain.people import (
    ChatUser,
    KnownAs,
    Pin,
    PinState,
    Principal,
    hold_to_pin,
    is_elsewhere,
    strictest,
    user_of,
)
from core.domain.request import Actor
from core.ports import Clock, OpenUnit, PrincipalDirectory, UnitOfWork

TOLD_TOGETHER = timedelta(minutes=10)
"""The pause between messages about pairs that wait: everything in between is told in one."""
USE_NOTED_EVERY = timedelta(hours=1)
MOST_NAMED = 10
"""Chat users that such a message names."""


class Pairs:
    def __init__(
        self,
        open_unit: OpenUnit,
        look: OpenUnit,
        directory: PrincipalDirectory,
        clock: Clock,
        platforms: Collection[str] = (),
    ) -> None:
        """``platforms``: those that people act on here; whoever only releases knows of none."""
        self._open_unit, self._look = open_unit, look
        self._directory = directory
        self._clock = clock
        self._is_alone = len(platforms) < 2
        """Nobody is on two platforms where there is one."""

    async def of(self, account: ChatUser) -> Pin | None:
        async with self._look() as unit:
            return await find(unit, account)

    async def hold(self, account: ChatUser, principal: Principal) -> Pin:
        """The pair that holds from now on: made at the first use, suspended when it leads elsewhere."""
        async with self._look() as unit:
            known = await find(unit, account)
            others = await _others(unit, account, principal.id) if known is None else ()
        pin = hold_to_pin(known, account, principal, is_second=bool(others))
        if pin != known:
            try:
                await self._keep(pin, known, principal)
            except Conflict:  # a second command of this person, or of another account, made a pair at the same moment
                return await self.hold(account, principal)
        else:
            await self._remember(pin, principal)
        return pin

    async def release(self, account: ChatUser, actor: Actor, *, why: str = "", claimed: str | None = None) -> Pin:
        """Let a pair act again, as the principal its address led to (an admin's decision).

        Conflict when the pair does not wait for a release, or when ``claimed`` was shown and it leads to somebody else.
        """
        pin = await self.of(account)
        called = await self._name_of(pin.claimed or pin.principal_id) if pin else ""
        now = self._clock.now()
        async with self._open_unit() as unit:
            await unit.pins.acquire()
            released, content = await _release(unit, account, actor, now, why=why, claimed=claimed, called=called)
            await unit.outbox.put([Notice(Form.LINE, content, AUDIT_CHANNEL)], now)
            await unit.commit()
        return released

    async def release_together(self, pairings: Sequence[Pairing], actor: Actor, why: str) -> int:
        """Release several, with one line for all; returns how many. What has moved on meanwhile is left out."""
        now, count = self._clock.now(), 0
        async with self._open_unit() as unit:
            await unit.pins.acquire()
            for each in pairings:
                account, called = each.pin.chat_user, each.now.name if each.now else each.leads_to
                with suppress(Conflict):
                    await _release(unit, account, actor, now, why=why, claimed=each.leads_to, called=called)
                    count += 1
            if count:
                line = Notice(Form.LINE, PairsReleased(count, actor.name, why), AUDIT_CHANNEL)
                await unit.outbox.put([line], now)
            await unit.commit()
        return count

    async def tell(self) -> None:
        """Tell the admins, in one message, of the pairs that have come to wait since the last one."""
        if not await self._unreachable_requesters():
            return
        now = self._clock.now()
        async with self._open_unit() as unit:
            await unit.pins.acquire()
            if not await _may_tell(unit, now):
                return
            untold = [pin for pin in await unit.pins.held() if pin.told_at is None]
            for state, several in _SEVERAL.items():
                users = sorted(
                    _written(pin.chat_user) for pin in untold if pin.state.is_suspended == state.is_suspended
                )
                if users:
                    content = several(len(users), ", ".join(users[:MOST_NAMED]))
                    await unit.outbox.put(notices_to_admins(content), now)
            for pin in untold:
                await unit.pins.tell(pin.chat_user, now)
            await unit.commit()

    async def _unreachable_requesters(self) -> bool:
        async with self._open_unit() as unit:
            return any(pin.told_at is None for pin in await unit.pins.held())

    async def _keep(self, pin: Pin, known: Pin | None, principal: Principal) -> None:
        now, account = self._clock.now(), pin.chat_user
        async with self._open_unit() as unit:
            await unit.pins.acquire()
            others = await _others(unit, account, principal.id)
            found = await find(unit, account)
            if found != known or hold_to_pin(found, account, principal, is_second=bool(others)) != pin:
                raise Conflict("The pair was made meanwhile.")
            await _put(unit, pin, now)
            action = _ACTIONS[pin.state] if known is None or known.state is not pin.state else "identity.moved"
            if action in _WAITING:
                await self._announce(unit, pin, principal, others, now)
            if known is None and pin.state is PinState.ACTIVE:
                await self._tell_elsewhere(unit, pin, now)
            facts: dict[str, object] = {"pinned": pin.principal_id, "claimed": pin.claimed}
            actor = Actor(principal.name, principal.id, account)
            await unit.audit.append(AuditEvent(action, now, actor, facts=facts))
            await unit.commit()

    async def _announce(
        self, unit: UnitOfWork, pin: Pin, principal: Principal, others: tuple[Pin, ...], now: datetime
    ) -> None:
        """Tell whom it concerns at once; the admins too, unless they were told of another one just before."""
        user, platform = pin.chat_user.user, pin.chat_user.platform
        first = user_of(others) or (others[-1].chat_user if others else None)
        if pin.state is PinState.SECOND and first is not None:
            yours = Notice(Form.DIRECT, SecondAccountOfYours(user, platform), Recipient.chat(first))
            await unit.outbox.put([yours], now)
        if await _may_tell(unit, now):
            await unit.outbox.put(notices_to_admins(_ONE[pin.state](user, principal.name, platform)), now)
            await unit.pins.tell(pin.chat_user, now)

    async def _tell_elsewhere(self, unit: UnitOfWork, pin: Pin, now: datetime) -> None:
        """Somebody acts on another platform for the first time: told where they were before, in case it is not them."""
        others = [
            other
            for other in await unit.pins.of_principal(pin.principal_id)
            if other.chat_user.platform != pin.chat_user.platform
        ]
        before = user_of(others)
        if before is not None:
            told = AccountElsewhere(pin.chat_user.user, pin.chat_user.platform)
            await unit.outbox.put([Notice(Form.DIRECT, told, Recipient.chat(before))], now)

    async def _remember(self, pin: Pin, principal: Principal) -> None:
        """Note what the principal is called, when that is news, and where the person is."""
        is_called = pin.principal_id == principal.id and pin.known_as != KnownAs.of(principal)
        is_used = await self._is_used_anew(pin)
        if not is_called and not is_used:
            return
        async with self._open_unit() as unit:
            if is_called:
                await unit.pins.call(pin.chat_user, KnownAs.of(principal))
            if is_used:
                await unit.pins.use(pin.chat_user, self._clock.now())
            await unit.commit()

    async def _is_used_anew(self, pin: Pin) -> bool:
        """True if this use is to be noted: once an hour, and when the person comes back from another platform."""
        if self._clock.now() - pin.last_use >= USE_NOTED_EVERY:
            return True
        if self._is_alone:
            return False
        async with self._look() as unit:
            return is_elsewhere(pin, await unit.pins.of_principal(pin.principal_id))

    async def _name_of(self, principal: PrincipalId) -> str:
        try:
            found = await self._directory.principal(principal)
        except Upstream:
            return principal
        return found.name if found else principal


async def _release(
    unit: UnitOfWork, account: ChatUser, actor: Actor, now: datetime, *, why: str, claimed: str | None, called: str
) -> tuple[Pin, PairReleased]:
    """Release a pair in a unit of work that holds the pins, and tell whoever it is. Conflict before anything."""
    pin = await find(unit, account)
    if pin is None or pin.state is PinState.ACTIVE:
        raise Conflict("This pair is not suspended.")
    principal = pin.claimed or pin.principal_id
    if claimed is not None and claimed != principal:
        raise Conflict("This pair leads to another user by now. Look at it again.")
    first = user_of(await unit.pins.of_principal(principal))
    released = Pin(pin.chat_user, principal, known_as=pin.known_as if pin.claimed is None else None)
    await _put(unit, released, now)
    content = PairReleased(pin.chat_user.user, called, actor.name, why, pin.chat_user.platform)
    told = dict.fromkeys(filter(None, (released.chat_user, first)))
    await unit.outbox.put([Notice(Form.DIRECT, content, Recipient.chat(each)) for each in told], now)
    facts = {"user": pin.chat_user.user, "was": pin.principal_id, "is": principal, **({"why": why} if why else {})}
    await unit.audit.append(AuditEvent("identity.released", now, actor, facts=facts))
    return released, content


_ACTIONS = {
    PinState.ACTIVE: "identity.pinned",
    PinState.SUSPENDED: "identity.suspended",
    PinState.SUSPENDED_SECOND: "identity.suspended",
    PinState.SECOND: "identity.second_account",
}
_WAITING = frozenset({"identity.suspended", "identity.second_account"})
_ONE: Mapping[PinState, type[PairSuspended] | type[SecondAccount]] = {
    PinState.SUSPENDED: PairSuspended,
    PinState.SUSPENDED_SECOND: PairSuspended,
    PinState.SECOND: SecondAccount,
}
_SEVERAL: Mapping[PinState, type[PairsSuspended] | type[SecondAccounts]] = {
    PinState.SUSPENDED: PairsSuspended,
    PinState.SECOND: SecondAccounts,
}


async def find(unit: UnitOfWork, account: ChatUser) -> Pin | None:
    """The pair of a chat account; of those that were made for each workspace of it, the strictest."""
    return await unit.pins.get(account) or strictest(await unit.pins.of_account(account))


def _written(account: ChatUser) -> str:
    """As a channel is written: a bare id is Slack's."""
    return conversation_on(account.platform, account.user)


async def _put(unit: UnitOfWork, pin: Pin, now: datetime) -> None:
    """Keep the one pair of an account, instead of any that was made for one of its workspaces."""
    for older in await unit.pins.of_account(pin.chat_user):
        if older.chat_user != pin.chat_user:
            await unit.pins.forget(older.chat_user)
    await unit.pins.put(pin, now)


async def _others(unit: UnitOfWork, account: ChatUser, principal: PrincipalId) -> tuple[Pin, ...]:
    """Pairs of other accounts of this platform with this principal, or whose address leads to it; newest first.

    Somebody who is on two platforms has one account on each (rule 1).
    """
    found = (*await unit.pins.of_principal(principal), *await unit.pins.claiming(principal))
    here = (pin for pin in found if pin.chat_user.platform == account.platform)
    return tuple(pin for pin in here if pin.chat_user.user != account.user)


async def _may_tell(unit: UnitOfWork, now: datetime) -> bool:
    last = await unit.pins.last_told_at()
    return last is None or not is_younger(last, now, TOLD_TOGETHER)
