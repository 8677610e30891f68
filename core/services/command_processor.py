"""Commands of people: stored before they are acknowledged, then done, and done again after a crash until it is so."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import structlog

from core.domain.audit import AuditEvent
from core.domain.commands import Command, SubmitRequest, request_of, typed_in
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
from core.domain.machines import is_machine
from core.domain.notice_content import Answer
from core.domain.notices import Form, Notice, Recipient
from core.domain.outcome import InHand, Outcome, Result, dump_outcome, load_outcome
from core.domain.request import Actor, Request
from core.ports import Background, Clock, OpenUnit, Pending, StoredCommand, UnitOfWork, watching
from core.services.requests.transition import CloseCommand, HoldCommand
from core.services.runtime.retries import FORGOTTEN_AT_ONCE, KEPT, next_try
from core.services.runtime.turns import PersonalTurns
from core.services.runtime.worker_pool import WorkerPool

CarryOut = Callable[[Command, CloseCommand], Awaitable[Outcome]]
FileForm = Callable[[SubmitRequest, HoldCommand], Awaitable[Request | None]]

LEASE = timedelta(seconds=15)
AT_ONCE = 20
"""Commands that are taken up again together."""
MOMENT = 0.3
"""Seconds that may still pass after patience is over, to note that nobody waits any more."""
DONE_WITHIN = timedelta(minutes=30)
"""The time after which a command is refused: its author no longer expects it to happen (rule 27)."""
REFUSED_KEPT = timedelta(hours=1)
"""The same command again is a new try, so its row is of no use but to a delivery of it that was on its way."""
_REPEATS = 25
"""The number of immediate repeats of a lost write: each loss means that another decision won meanwhile."""

_MOST_TRIES = 5
"""After this many a command that meets a fault of this program is closed: it would be tried for ever."""
_TRIED_ANEW = frozenset({Result.DECLINED, Result.BROKEN})
"""After these, the same form or click again is a new try."""

log = structlog.get_logger()


class _Begun(NamedTuple):
    work: "asyncio.Task[Outcome | InHand]"
    pending: Pending


class CommandProcessor:
    """Does commands exactly once: what a command causes and the closing of the command are one transaction."""

    def __init__(
        self, open_unit: OpenUnit, clock: Clock, background: Background, carry_out: CarryOut, file: FileForm
    ) -> None:
        self._open_unit = open_unit
        self._clock = clock
        self._background = background
        self._carry_out = carry_out
        self._file = file
        self._under_way: Counter[int] = Counter()
        """Commands that are being done here: one whose process or clock stood still in between is not late."""
        self._turns = PersonalTurns()
        self._pool = WorkerPool(self._claim, self._do_unless_late, AT_ONCE)

    async def perform(self, command: Command, patience: timedelta) -> Outcome | InHand:
        """Store the command and do it, all within ``patience`` and a moment.

        When it takes longer its outcome is told in a message. UpstreamBusy when it could not even be stored in time.
        """
        (came,) = await self.perform_all([command], patience)
        return came

    async def perform_all(self, commands: Sequence[Command], patience: timedelta) -> list[Outcome | InHand]:
        """The same with several of one person: all are stored before the first is done, and each has its outcome."""
        until = asyncio.get_running_loop().time() + patience.total_seconds()
        stored = await self._stored(commands, patience.total_seconds())
        begun = [self._begin(one) for one in stored]
        return [await self._outcome(*each, until) for each in zip(stored, begun, strict=True)]

    async def file(self, form: SubmitRequest, within: timedelta) -> Request | None:
        """Store a form as its request by what is known (``RequestSubmission.file``).

        None where it is to be performed: it may be refused, was sent before, or takes longer than that. From then on
        nothing is filed but what is being stored already, and that is the outcome of performing it as well.
        """
        given_up = asyncio.Event()
        filing = self._background.start(self._filed(form, given_up), f"form of {form.actor.user}")
        try:
            return await asyncio.wait_for(asyncio.shield(filing), within.total_seconds())
        except TimeoutError:
            given_up.set()
            return None

    async def _filed(self, form: SubmitRequest, given_up: asyncio.Event) -> Request | None:
        async def hold(unit: UnitOfWork) -> CloseCommand:
            stored = await self._put(unit, form)
            if given_up.is_set() or stored.outcome is not None:  # looked at after its row is held
                raise Conflict("it is performed meanwhile, or was sent before")
            return self._closer(stored)

        try:
            return await self._file(form, hold)
        except (Conflict, Upstream) as error:
            log.info("form is not filed by what is known", user=form.actor.user, because=str(error))
            return None

    def _begin(self, stored: StoredCommand) -> "_Begun | None":
        """None for one that was done before."""
        if stored.outcome is not None:
            return None
        with watching() as pending:
            return _Begun(self._background.start(self._do(stored), f"command {stored.id}"), pending)

    async def _outcome(self, stored: StoredCommand, begun: "_Begun | None", until: float) -> Outcome | InHand:
        if begun is None:
            return load_outcome(stored.outcome or {})
        left = until - asyncio.get_running_loop().time()
        try:
            came = await asyncio.wait_for(asyncio.shield(begun.work), max(left, 0))
        except TimeoutError:
            came = InHand(begun.pending.side)
        return came if isinstance(came, Outcome) else await self._stop_waiting(stored) or came

    async def _stored(self, commands: Sequence[Command], within: float) -> Sequence[StoredCommand]:
        """A write that comes too late is let finish: what was stored is done, and its outcome told."""
        storing = self._background.start(self.store_all(commands), f"command of {commands[0].actor.user}")
        try:
            return await asyncio.wait_for(asyncio.shield(storing), within)
        except TimeoutError:
            self._background.start(self._do_later(storing), f"late command of {commands[0].actor.user}")
            raise UpstreamBusy("The database is busy.", side=Side.STORAGE) from None

    async def _do_later(self, storing: "asyncio.Task[Sequence[StoredCommand]]") -> None:
        try:
            several = await storing
        except Upstream as error:
            log.warning("command was not stored, and its author knows", because=str(error))
            return
        for stored in several:
            if stored.outcome is None:
                await self._answer_later(stored)
                await self._do(stored)

    async def store(self, command: Command) -> StoredCommand:
        """Put a command into the inbox; the same command again is the one that is there, unless nothing came of it.

        A key is one of its actor's own: what somebody else sends with the same key is another act.
        """
        (stored,) = await self.store_all([command])
        return stored

    async def store_all(self, commands: Sequence[Command]) -> Sequence[StoredCommand]:
        """All of them, or none."""
        async with self._open_unit() as unit:
            stored = [await self._put(unit, command) for command in commands]
            await unit.commit()
        return stored

    async def _put(self, unit: UnitOfWork, command: Command) -> StoredCommand:
        by, now = command.actor, self._clock.now()
        command = replace(command, key=f"{by.platform}/{by.team}/{by.user}/{command.key}")
        stored = await unit.inbox.put(command, now)
        if stored.outcome is not None and load_outcome(stored.outcome).result in _TRIED_ANEW:
            await unit.inbox.drop(stored.id)  # the same form after a refusal is a new try, and takes its place
            stored = await unit.inbox.put(command, now)
        return stored

    async def resume(self) -> int:
        """Take up commands that nobody works on: left by a crash, or waiting for AWS to come back."""
        return await self._pool.run()

    async def _claim(self, limit: int) -> Sequence[StoredCommand]:
        async with self._open_unit() as unit:
            left = await unit.inbox.claim_open(self._clock.now(), LEASE, limit)
            await unit.commit()
        return left

    async def forget(self) -> int:
        """Delete commands that were done long ago: the audit trail keeps what they led to. Refused ones go sooner."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            forgotten = await unit.inbox.forget(now - KEPT, FORGOTTEN_AT_ONCE)
            await unit.refusals.close(now, FORGOTTEN_AT_ONCE)
            forgotten += await unit.inbox.forget(now - REFUSED_KEPT, FORGOTTEN_AT_ONCE, only=Result.DECLINED.value)
            await unit.commit()
        return forgotten

    async def _stop_waiting(self, stored: StoredCommand) -> Outcome | None:
        """Have the outcome told in a message, unless it is there by now."""
        noting = self._background.start(self._try_to_answer_later(stored), f"answer to command {stored.id}")
        try:
            return await asyncio.wait_for(asyncio.shield(noting), MOMENT)
        except TimeoutError:
            self._background.start(self._tell(stored, noting), f"late answer to command {stored.id}")
            return None

    async def _try_to_answer_later(self, stored: StoredCommand) -> Outcome | None:
        """The same; if nothing can be written it is open still, and whoever takes it up again has its outcome told."""
        with suppress(Upstream):
            return await self._answer_later(stored)
        return None

    async def _answer_later(self, stored: StoredCommand) -> Outcome | None:
        """Note that nobody waits any more; an outcome that came before is returned. A machine asks again by itself."""
        if is_machine(stored.command.actor):
            return None
        async with self._open_unit() as unit:
            try:
                now = await unit.inbox.answer_later(stored.id)
            except NotFound:  # refused, and sent again by its author, who has read the refusal then
                return None
            await unit.commit()
        return load_outcome(now.outcome) if now.outcome is not None else None

    async def _tell(self, stored: StoredCommand, noting: "asyncio.Task[Outcome | None]") -> None:
        outcome = await noting
        if outcome is None:
            return
        async with self._open_unit() as unit:
            await unit.outbox.put([_answer(stored, outcome)], self._clock.now())
            await unit.commit()

    async def _do(self, stored: StoredCommand) -> Outcome | InHand:
        """Do it in its author's turn. One whose turn does not come within its lease is left to be taken up again."""
        turn = AsyncExitStack()
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                waited = await turn.enter_async_context(self._turns.of(stored.command.actor))
        except TimeoutError:
            log.info("command waits for others of its author", command=stored.id, kind=stored.command.kind.value)
            return InHand()
        self._under_way[stored.id] += 1
        async with turn:
            try:
                return await self._try(stored, waited=waited)
            finally:
                self._under_way[stored.id] -= 1
                self._under_way += Counter()  # forgets what is none

    async def _done_meanwhile(self, stored: StoredCommand) -> Outcome | None:
        """The outcome of the same command, when another delivery did it while this one waited."""
        async with self._open_unit() as unit:
            now = await unit.inbox.get(stored.id)
        return load_outcome(now.outcome) if now is not None and now.outcome is not None else None

    async def _try(self, stored: StoredCommand, *, waited: bool) -> Outcome | InHand:
        try:
            done = await self._done_meanwhile(stored) if waited else None
            return done or await self._repeat(stored)
        except Upstream as error:
            await self._later(stored, error)
            return InHand(error.side, refused=isinstance(error, UpstreamRefused))
        except Exception as error:  # noqa: BLE001 - the boundary: a fault in one command must not stop the others
            return await self._fault(stored, error)

    async def _do_unless_late(self, stored: StoredCommand) -> bool:
        """Do a command unless it is too late (rule 27): then nobody expects it any more."""
        if self._under_way[stored.id] or self._clock.now() - stored.received_at <= DONE_WITHIN:
            await self._do(stored)
            return True
        try:
            await self._refuse_late(stored)
        except Upstream as error:
            await self._later(stored, error)
        return True

    async def _refuse_late(self, stored: StoredCommand) -> None:
        now, command = self._clock.now(), stored.command
        late = now - stored.received_at
        outcome = Outcome(Result.DECLINED, refusals=(Refusal(Reason.ACT_TOO_LATE, limit=late),))
        facts = {"act": command.kind.value, "sent_at": stored.received_at.isoformat()}
        log.warning("command is too late", command=stored.id, kind=command.kind.value, sent=str(stored.received_at))
        try:
            async with self._open_unit() as unit:
                await self._closer(stored)(unit, outcome)
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
            log.info("elsewhere it was done", command=stored.id)

    async def _fault(self, stored: StoredCommand, error: Exception) -> Outcome | InHand:
        """Try again later what met a fault of this program; close it, and have that told, when it was the last try."""
        incident = secrets.token_hex(4)
        kind, tries = stored.command.kind.value, stored.faults + 1
        log.error("command met a fault", incident=incident, command=stored.id, kind=kind, tries=tries, exc_info=error)
        if tries < _MOST_TRIES:
            why = f"{type(error).__name__}, incident {incident}"
            await self._retry(stored, why, UpstreamBusy(incident, side=Side.BOT), is_fault=True)
            return InHand(Side.BOT)
        outcome = Outcome(Result.BROKEN, incident=incident)
        try:
            async with self._open_unit() as unit:
                await self._closer(stored)(unit, outcome)
                await unit.commit()
        except (Conflict, Upstream):  # elsewhere it was done, or is taken up again
            return InHand()
        return outcome

    async def _repeat(self, stored: StoredCommand) -> Outcome:
        for _ in range(_REPEATS):
            try:
                return await self._once(stored)
            except Conflict:  # a parallel command won the write: look again at what is now so
                async with self._open_unit() as unit:
                    now = await unit.inbox.get(stored.id)
                    if now is None:  # refused elsewhere, and sent again: what comes of that comes of this
                        now = stored = await unit.inbox.put(stored.command, self._clock.now())
                        await unit.commit()
                if now.outcome is not None:
                    return load_outcome(now.outcome)
        raise UpstreamBusy("Too many decide at once.", side=Side.STORAGE)

    async def _once(self, stored: StoredCommand) -> Outcome:
        close = self._closer(stored)
        try:
            command = replace(stored.command, sent_at=stored.received_at)
            return await self._carry_out(command, close)
        except Refused as refused:
            outcome = Outcome(Result.DECLINED, refusals=refused.refusals)
        except NotFound:
            outcome = Outcome(Result.NOT_FOUND)
        async with self._open_unit() as unit:
            await close(unit, outcome)
            await unit.commit()
        return outcome

    def _closer(self, stored: StoredCommand) -> CloseCommand:
        async def close(unit: UnitOfWork, outcome: Outcome) -> None:
            now = self._clock.now()
            row = await unit.inbox.close(stored.id, dump_outcome(outcome), now)
            if row.answer_later:
                await unit.outbox.put([_answer(stored, outcome)], now)

        return close

    async def _later(self, stored: StoredCommand, error: Upstream) -> None:
        log.info("command waits for another try", command=stored.id, kind=stored.command.kind.value, because=str(error))
        await self._retry(stored, str(error), error)

    async def _retry(self, stored: StoredCommand, why: str, error: Upstream, *, is_fault: bool = False) -> None:
        """Put it off; if that cannot be written its lease runs out, and it is taken up again. No other waits for it."""
        at = next_try(self._clock.now(), stored.attempts, error)
        try:
            async with self._open_unit() as unit:
                await unit.inbox.retry(stored.id, at, why, is_fault=is_fault)
                await unit.commit()
        except Upstream as unwritten:
            log.warning("command could not be put off", command=stored.id, because=str(unwritten))


def _answer(stored: StoredCommand, outcome: Outcome) -> Notice:
    """The notice sent later: the whole outcome, and what was typed, so that it need not be typed again."""
    answer = Answer(stored.id, outcome, typed_in(stored.command))
    return Notice(Form.DIRECT, answer, Recipient.chat(stored.command.actor), outcome.request_id)
