"""A history being played: the outside, the processes, the oracle, and the hands that the steps are done with."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Protocol

from core.adapters.storage.engine import Database
from core.domain.approval import Verdict
from core.domain.commands import Command, DecideRequest
from core.domain.durations import MINUTE
from core.domain.errors import Upstream
from core.domain.ids import RequestId
from core.domain.outcome import Outcome
from core.domain.request import Request, digest
from tests.model.gate import Gate, Killed
from tests.model.oracle import Oracle
from tests.model.outside import Outside
from tests.model.process import Process
from tests.model.record import Known
from tests.model.troubles import Troubles, now

NEW_EVENTS = "SELECT seq, prev_hash, hash, body FROM audit_event WHERE seq > {} ORDER BY seq"
UNJUDGED = "SELECT id FROM request WHERE closed_at IS NULL AND unjudged"
ANSWERED_WITHIN = 5.0
"""Seconds of simulated time after which whoever acted looks at something else."""


Do = Callable[[], Coroutine[Any, Any, None]]


class Storage(Protocol):
    """A database for one history after the other."""

    @property
    def database(self) -> Database: ...

    def is_busy(self) -> bool: ...

    async def fresh(self) -> Database:
        """The database as every history begins with it."""
        ...

    async def rows(self, statement: str) -> list[Any]:
        """Read beside the program."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Setting:
    """The settings of the program in a history, and how quick the outside is."""

    processes: int = 1
    tells: bool = False
    """True if messages are sent; if not, nothing is put into the outbox."""
    latency: float = 0.0
    """Seconds that a call takes at most."""
    lists_behind: float = 0.0
    """Seconds that AWS's lists are behind when nothing is wrong."""
    groups: bool = False
    """True if membership of groups is asked for as well."""
    removes: bool = False
    """True if unknown assignments are looked for, and removed."""

    def __str__(self) -> str:
        several = "one process" if self.processes == 1 else f"{self.processes} processes"
        parts = [several]
        if self.tells:
            parts.append("messages are sent")
        if self.latency:
            parts.append(f"calls take up to {self.latency:g} s")
        if self.lists_behind:
            parts.append(f"lists are {self.lists_behind:g} s behind")
        if self.groups:
            parts.append("with memberships")
        if self.removes:
            parts.append("unknown assignments are removed")
        return ", ".join(parts)


class Run:
    def __init__(self, storage: Storage, setting: Setting, seed: int) -> None:
        self.storage, self.setting = storage, setting
        self.chance = Random(seed)  # noqa: S311 - chance that can be repeated
        self.troubles = Troubles()
        self.outside = Outside(self.troubles, self.chance, seed=seed, groups=setting.groups, removes=setting.removes)
        self.oracle = Oracle(self.outside.facts, self.outside.cloud, self.troubles)
        self.processes: list[Process] = []
        self.wanted = setting.processes
        self.story: list[str] = []
        """The acts that were done, in words, with the time."""
        self.acts = 0
        self._hearing = asyncio.Lock()
        """Commits of a real database come at once, and are heard one by one."""
        self.operator = asyncio.Lock()
        """An operator applies one book after the other."""
        self.usual_lag = timedelta(seconds=setting.lists_behind)
        self.outside.cloud.lists_behind = self.usual_lag
        self._later: dict[int, tuple[asyncio.TimerHandle, Do]] = {}
        """The acts that happen after a while."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._nobody_since: float | None = None
        self.well_since = 0.0
        """The moment from which on all is well."""

    def say(self, words: str) -> None:
        at = round(now())
        self.story.append(f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}  {words}")

    # --- processes ---------------------------------------------------------------------------------

    def start_processes(self) -> None:
        while len(self.alive) < self.wanted:
            gate = Gate(self.troubles, self.chance, self.setting.latency, self._somebody_died)
            gate.is_heard = self.setting.tells
            process = Process(self.outside, self.storage.database, self.storage.rows, gate, self.committed)
            process.says_nothing = not self.setting.tells
            self.processes.append(process)
            process.begin_ticking()
        if self._nobody_since is not None:
            trouble = self.troubles.begin("no process", 0.0)
            trouble.since, self._nobody_since = self._nobody_since, None

    async def _start(self) -> None:
        self.start_processes()

    @property
    def alive(self) -> list[Process]:
        return [process for process in self.processes if process.is_alive]

    def any_process(self) -> Process | None:
        """The one that a load balancer hits."""
        return self.chance.choice(self.alive) if self.alive else None

    def kill(self, back_after: float) -> None:
        """All processes die at once, and come back after so many seconds."""
        for process in self.alive:
            process.gate.back_after = back_after
            process.gate.die()

    def later(self, seconds: float, do: Do) -> None:
        """Do something after a while, or when all is to be well."""
        number = len(self.story) + 1000 * len(self._later)
        while number in self._later:
            number += 1
        timer = asyncio.get_running_loop().call_later(seconds, self._do_now, number)
        self._later[number] = (timer, do)

    def _do_now(self, number: int) -> None:
        _, do = self._later.pop(number)
        task = asyncio.get_running_loop().create_task(_undisturbed(do))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _somebody_died(self, back_after: float) -> None:
        self.troubles.note("crash")
        loop = asyncio.get_running_loop()
        for process in self.processes:
            if not process.is_alive:
                loop.call_soon(process.reap)
        if not self.alive and self._nobody_since is None:
            self._nobody_since = now()
        self.later(back_after, self._start)

    async def heal(self) -> None:
        """Everything outside is well again, and every process is there."""
        for process in self.alive:
            process.gate.dies_after = process.gate.stops_after = None
        self.outside.cloud.next_hangs = None
        self.troubles.heal()
        while self._later:
            timer, do = self._later.popitem()[1]
            timer.cancel()
            await _undisturbed(do)
        self.start_processes()
        self.well_since = now()

    async def over(self) -> None:
        for process in self.alive:
            process.gate.is_dead = True
        for process in self.processes:
            await process.gone()

    async def committed(self) -> None:
        """A change is judged at once when it is committed, and others hear of it."""
        async with self._hearing:
            self.oracle.hear(await self.storage.rows(NEW_EVENTS.format(self.oracle.seen)))
            if self.oracle.unjudged:
                self.oracle.judged({number for (number,) in await self.storage.rows(UNJUDGED)})
        self.outside.live_access = sum(each.status == "active" for each in self.oracle.requests.values())
        self.nudge(())

    def nudge(self, work: Any) -> None:
        for process in self.processes:
            process.nudge(work)

    # --- acts --------------------------------------------------------------------------------------

    async def command(self, make: Callable[[Process], Command], *, waits: bool = True) -> Outcome | None:
        """Somebody sends a form, or clicks; what the screen is told then."""
        process = self.any_process()
        if process is None:
            return None
        command = make(process)
        task = process.perform(command)
        if not waits:
            await asyncio.sleep(0)
            return None
        await asyncio.wait({task}, timeout=ANSWERED_WITHIN)
        if not task.done() or task.cancelled():
            return None
        found = task.result()
        return found if isinstance(found, Outcome) else None

    async def stored(self, request_id: int) -> Request | None:
        """The request as the program has it, for what a card shows of it."""
        try:
            async with self.storage.database.open() as unit:
                return await unit.requests.get(RequestId(request_id))
        except Upstream:
            return None

    def click(
        self, who: str, request: Request, verdict: Verdict, minutes: int = 0, *, old_card: bool = False
    ) -> DecideRequest:
        """A press on the card of a request; ``minutes`` where less is allowed than was asked for."""
        return DecideRequest(
            self.outside.members[who].chat,
            self.key(),
            request_id=request.id,
            digest=digest(request)[:: -1 if old_card else 1],
            verdict=verdict,
            comment="no" if verdict is Verdict.REJECT else "",
            allowed=minutes * MINUTE if minutes else None,
        )

    def key(self) -> str:
        self.acts += 1
        return f"key-{self.acts}"

    # --- which request -----------------------------------------------------------------------------

    def pick(self, which: int, *statuses: str) -> Known | None:
        """One of those in these statuses: 0 is the newest."""
        found = [each for each in self.oracle.requests.values() if each.status in statuses]
        return found[-1 - which % len(found)] if found else None


async def _undisturbed(do: Do) -> None:
    """An operator's act at a process dies with it."""
    with suppress(Killed):
        await do()
