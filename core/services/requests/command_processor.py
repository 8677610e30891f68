"""Acts of people: stored before they are acknowledged, then done, and done again after a crash until it is so."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.domain.audit import AuditEvent
from core.domain.commands import Command, request_of, typed_in
from core.domain.errors import (
    Conflict,
    NotFound,
    Reason,
    Refusal,
    Refused,
    Side,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
)
from core.domain.notice_content import Answer
from core.domain.notices import Form, Notice, Recipient
from core.domain.outcome import InHand, Outcome, Result, dump_outcome, load_outcome
from core.domain.request import Actor
from core.ports import Background, Clock, OpenUnit, Received, UnitOfWork, watching
from core.services.requests.transition import CloseCommand
from core.services.runtime.turns import PersonalTurns
from core.services.runtime.worker_pool import WorkerPool

CommandHandler = Callable[[Command, CloseCommand], Awaitable[Outcome]]

LEASE = timedelta(seconds=15)
AT_ONCE = 20
"""Acts that are taken up again together."""
MOMENT = 0.3
"""Seconds that may still pass after patience is over, to note that nobody waits any more."""
DONE_WITHIN = timedelta(minutes=30)
"""What could not be done within this is refused: its author does not expect it any more (rule 27)."""
KEPT = timedelta(days=30)
REFUSED_KEPT = timedelta(hours=1)
"""The same act again is a new try, so its row is of no use but to a delivery of it that was on its way."""
FORGOTTEN_AT_ONCE = 1000
_REPEATS = 25
"""How often a lost write is tried again at once: each loss means that another decision won meanwhile."""

_MOST_TRIES = 5
"""After this many an act that meets a fault of this program is closed: it would be tried for ever."""
_TRIED_ANEW = frozenset({Result.DECLINED, Result.BROKEN})
"""After these, the same form or click again is a new try."""

log = structlog.get_logger()


class CommandProcessor:
    """Does acts exactly once: what an act causes and the closing of the act are one transaction."""

    def __init__(
        self,
        open_unit: OpenUnit,
        clock: Clock,
        background: Background,
        carry_out: CommandHandler,
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._background = background
        self._carry_out = carry_out
        self._under_way: Counter[int] = Counter()
        """Acts that are being done here: one whose process or clock stood still in between is not late."""
        self._turns = PersonalTurns()
        self._pool = WorkerPool(self._claim, self._do_unless_late, AT_ONCE)

    async def perform(self, command: Command, patience: timedelta) -> Outcome | InHand:
        """Store the act and do it, all within ``patience`` and a moment.

        When it takes longer its outcome is told in a message. UpstreamBusy when it could not even be stored in time.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + patience.total_seconds()
        received = await self._stored(command, patience.total_seconds())
        if received.outcome is not None:
            return load_outcome(received.outcome)
        with watching() as pending:
            work = self._background.start(self._do(received), f"act {received.id}")
        try:
            came = await asyncio.wait_for(asyncio.shield(work), until - clock())
        except TimeoutError:
            came = InHand(pending.side)
        return came if isinstance(came, Outcome) else await self._stop_waiting(received) or came

    async def _stored(self, command: Command, within: float) -> Received:
        """A write that comes too late is let finish: what was stored is done, and its outcome told."""
        storing = self._background.start(self.store(command), f"act of {command.actor.user}")
        try:
            return await asyncio.wait_for(asyncio.shield(storing), within)
        except TimeoutError:
            self._background.start(self._do_later(storing), f"late act of {command.actor.user}")
            raise UpstreamBusy("The database is busy.", side=Side.STORAGE) from None

    async def _do_later(self, storing: "asyncio.Task[Received]") -> None:
        try:
            received = await storing
        except Upstream as error:
            log.warning("act was not stored, and its author knows", because=str(error))
            return
        if received.outcome is None:
            await self._answer_later(received)
            await self._do(received)

    async def store(self, command: Command) -> Received:
        """Put an act into the inbox; the same act again is the one that is there, unless nothing came of it.

        A key is one of its actor's own: what somebody else sends with the same key is another act.
        """
        by = command.actor
        command = replace(command, key=f"{by.platform}/{by.team}/{by.user}/{command.key}")
        async with self._open_unit() as unit:
            now = self._clock.now()
            received = await unit.inbox.put(command, now)
            if received.outcome is not None and load_outcome(received.outcome).result in _TRIED_ANEW:
                await unit.inbox.drop(received.id)  # the same form after a refusal is a new try, and takes its place
                received = await unit.inbox.put(command, now)
            await unit.commit()
        return received

    async def resume(self) -> int:
        """Take up acts that nobody works on: left by a crash, or waiting for AWS to come back."""
        return await self._pool.run()

    async def _claim(self, limit: int) -> Sequence[Received]:
        async with self._open_unit() as unit:
            left = await unit.inbox.claim_open(self._clock.now(), LEASE, limit)
            await unit.commit()
        return left

    async def forget(self) -> int:
        """Delete acts that were done long ago: the audit trail keeps what they led to. Refused ones go sooner."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            forgotten = await unit.inbox.forget(now - KEPT, FORGOTTEN_AT_ONCE)
            await unit.refusals.close(now, FORGOTTEN_AT_ONCE)
            forgotten += await unit.inbox.forget(now - REFUSED_KEPT, FORGOTTEN_AT_ONCE, only=Result.DECLINED.value)
            await unit.commit()
        return forgotten

    async def _stop_waiting(self, received: Received) -> Outcome | None:
        """Have the outcome told in a message, unless it is there by now."""
        noting = self._background.start(self._answer_later(received), f"answer to act {received.id}")
        try:
            return await asyncio.wait_for(asyncio.shield(noting), MOMENT)
        except TimeoutError:
            self._background.start(self._tell(received, noting), f"late answer to act {received.id}")
            return None

    async def _answer_later(self, received: Received) -> Outcome | None:
        """Note that nobody waits any more; an outcome that came before the note is returned."""
        async with self._open_unit() as unit:
            try:
                now = await unit.inbox.answer_later(received.id)
            except NotFound:  # refused, and sent again by its author, who has read the refusal then
                return None
            await unit.commit()
        return load_outcome(now.outcome) if now.outcome is not None else None

    async def _tell(self, received: Received, noting: "asyncio.Task[Outcome | None]") -> None:
        outcome = await noting
        if outcome is None:
            return
        async with self._open_unit() as unit:
            await unit.outbox.put([_answer(received, outcome)], self._clock.now())
            await unit.commit()

    async def _do(self, received: Received) -> Outcome | InHand:
        """Do it in its author's turn. One whose turn does not come within its lease is left to be taken up again."""
        turn = AsyncExitStack()
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                waited = await turn.enter_async_context(self._turns.of(received.command.actor))
        except TimeoutError:
            log.info("act waits for others of its author", command=received.id, kind=received.command.kind.value)
            return InHand()
        self._under_way[received.id] += 1
        async with turn:
            try:
                return await self._try(received, waited=waited)
            finally:
                self._under_way[received.id] -= 1
                self._under_way += Counter()  # forgets what is none

    async def _done_meanwhile(self, received: Received) -> Outcome | None:
        """What came of the same act while this delivery of it waited."""
        async with self._open_unit() as unit:
            now = await unit.inbox.get(received.id)
        return load_outcome(now.outcome) if now is not None and now.outcome is not None else None

    async def _try(self, received: Received, *, waited: bool) -> Outcome | InHand:
        try:
            done = await self._done_meanwhile(received) if waited else None
            return done or await self._repeat(received)
        except Upstream as error:
            await self._later(received, error)
            return InHand(error.side, refused=isinstance(error, UpstreamRefused))
        except Exception as error:  # noqa: BLE001 - the boundary: a fault in one act must not stop the others
            return await self._fault(received, error)

    async def _do_unless_late(self, received: Received) -> bool:
        """What came too late is said, not done (rule 27): nobody expects it any more."""
        if self._under_way[received.id] or self._clock.now() - received.received_at <= DONE_WITHIN:
            await self._do(received)
            return True
        try:
            await self._refuse_late(received)
        except Upstream as error:
            await self._later(received, error)
        return True

    async def _refuse_late(self, received: Received) -> None:
        now, command = self._clock.now(), received.command
        late = now - received.received_at
        outcome = Outcome(Result.DECLINED, refusals=(Refusal(Reason.ACT_TOO_LATE, limit=late),))
        facts = {"act": command.kind.value, "sent_at": received.received_at.isoformat()}
        log.warning("act is too late", command=received.id, kind=command.kind.value, sent=str(received.received_at))
        try:
            async with self._open_unit() as unit:
                await self._closer(received)(unit, outcome)
                await unit.audit.append(
                    AuditEvent(
                        "act.too_late",
                        now,
                        Actor(command.actor.user, None, command.actor),
                        request_of(command),
                        0,
                        facts,
                    )
                )
                await unit.commit()
        except Conflict:
            log.info("elsewhere it was done", command=received.id)

    async def _fault(self, received: Received, error: Exception) -> Outcome | InHand:
        """Try again later what met a fault of this program; close it, and have that told, when it was the last try."""
        incident = secrets.token_hex(4)
        kind, tries = received.command.kind.value, received.faults + 1
        log.error("act met a fault", incident=incident, command=received.id, kind=kind, tries=tries, exc_info=error)
        if tries < _MOST_TRIES:
            why = f"{type(error).__name__}, incident {incident}"
            await self._retry(received, why, UpstreamBusy(incident, side=Side.BOT), is_fault=True)
            return InHand(Side.BOT)
        outcome = Outcome(Result.BROKEN, incident=incident)
        try:
            async with self._open_unit() as unit:
                await self._closer(received)(unit, outcome)
                await unit.commit()
        except Conflict:  # elsewhere it was done
            return InHand()
        return outcome

    async def _repeat(self, received: Received) -> Outcome:
        for _ in range(_REPEATS):
            try:
                return await self._once(received)
            except Conflict:  # a parallel act won the write: look again at what is now so
                async with self._open_unit() as unit:
                    now = await unit.inbox.get(received.id)
                    if now is None:  # refused elsewhere, and sent again: what comes of that comes of this
                        now = received = await unit.inbox.put(received.command, self._clock.now())
                        await unit.commit()
                if now.outcome is not None:
                    return load_outcome(now.outcome)
        raise UpstreamBusy("Too many decide at once.", side=Side.STORAGE)

    async def _once(self, received: Received) -> Outcome:
        close = self._closer(received)
        try:
            command = replace(received.command, sent_at=received.received_at)
            return await self._carry_out(command, close)
        except Refused as refused:
            outcome = Outcome(Result.DECLINED, refusals=refused.refusals)
        except NotFound:
            outcome = Outcome(Result.NOT_FOUND)
        async with self._open_unit() as unit:
            await close(unit, outcome)
            await unit.commit()
        return outcome

    def _closer(self, received: Received) -> CloseCommand:
        async def close(unit: UnitOfWork, outcome: Outcome) -> None:
            now = self._clock.now()
            row = await unit.inbox.close(received.id, dump_outcome(outcome), now)
            if row.answer_later:
                await unit.outbox.put([_answer(received, outcome)], now)

        return close

    async def _later(self, received: Received, error: Upstream) -> None:
        log.info("act is in hand", command=received.id, kind=received.command.kind.value, because=str(error))
        await self._retry(received, str(error), error)

    async def _retry(self, received: Received, why: str, error: Upstream, *, is_fault: bool = False) -> None:
        at = next_try(self._clock.now(), received.attempts, error)
        async with self._open_unit() as unit:
            await unit.inbox.retry(received.id, at, why, is_fault=is_fault)
            await unit.commit()


def next_try(now: datetime, attempts: int, error: Upstream) -> datetime:
    """When to try again: what the other side asked for, else 2 s doubling to a minute."""
    asked = error.retry_after if isinstance(error, UpstreamBusy) else None
    return now + (asked or min(timedelta(minutes=1), timedelta(seconds=2) * 2 ** min(attempts, 6)))


def _answer(received: Received, outcome: Outcome) -> Notice:
    """What is told later: the outcome whole, and what was typed, so that it need not be typed again."""
    answer = Answer(received.id, outcome, typed_in(received.command))
    return Notice(Form.DIRECT, answer, Recipient.chat(received.command.actor), outcome.request_id)
