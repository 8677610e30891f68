"""One process of the program: its services over the gate, and the rounds of its ticks, run when they are due."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from core.adapters.storage.engine import Database
from core.domain.assignment import ALARM_AFTER
from core.domain.commands import Command, SubmitRequest
from core.domain.errors import Conflict, Upstream
from core.domain.outcome import InHand, Outcome, Result
from tests.fakes.cloud import FakeCallerLog
from tests.fakes.drawing import FakePainter
from tests.fakes.self_check import FakeSelfCheck
from tests.model.due import Rows, due
from tests.model.gate import Gate, Gated, Killed
from tests.model.loop import SimulatedClock
from tests.model.outside import Outside
from tests.services.world import World

PATIENCE = timedelta(seconds=2)
"""The time for which a screen waits for the outcome of a form or a click."""
FILED_WITHIN = timedelta(seconds=0.5)
LOOKS_EVERY = timedelta(minutes=15)
SWEEPS_EVERY = timedelta(minutes=1)
SNAPSHOTS_EVERY, DOUBTED_EVERY = timedelta(minutes=5), timedelta(seconds=20)
WORK = {
    "assignments": {"assignments", "slots"},
    "outbox": {"messages"},
    "requests": {"judgements", "starts", "ends", "expiries"},
}
LONGEST_PAUSE = 60.0
"""Seconds between two rounds of a kind that find something due and move nothing."""
MOST_ROUNDS = 3000
"""In one history. More of them come to nothing for ever."""


class Spinning(Exception):
    """Rounds follow on each other without an end."""


class Process(World):
    """Made and begun by ``begun``. It ends by ``stop``, or dies at its gate."""

    def __init__(
        self, outside: Outside, database: Database, rows: Rows, gate: Gate, on_commit: Callable[[], Awaitable[None]]
    ) -> None:
        self.outside, self.database, self.gate = outside, database, gate
        self.clock = SimulatedClock()  # type: ignore[assignment]
        self.says_nothing = False
        self.logs_come_within = None
        self.painter = FakePainter()
        self.self_check = FakeSelfCheck()
        self.receivers, self.archive_every, self.mails = {}, timedelta(), None
        self.failed: list[tuple[str, BaseException]] = []
        """Rounds and acts that ended with an error, which is no way to end."""
        self._rows = rows
        self._tasks: set[asyncio.Task[Any]] = set()
        self._running: set[str] = set()
        self._idle: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._nudged = asyncio.Event()
        self._looked_at, self._pictured_at = self.clock.now(), datetime.min.replace(tzinfo=self.clock.now().tzinfo)
        self._swept_at = self.clock.now()
        self._slots_may_be_free = False
        self.open_unit = gate.units(database.open, on_commit)
        self._speak_to(outside)
        self.start()

    def _speak_to(self, outside: Outside) -> None:
        """Everything outside, by way of the gate."""

        def gated(what: Any, trouble: Any) -> Any:
            return Gated(what, self.gate, trouble)

        self.principals = gated(outside.principals, outside.directory)
        self.chat = gated(outside.chat, outside.slack_directory)
        self.messenger = gated(outside.messenger, outside.slack)
        self.screens = gated(outside.screens, outside.slack)
        self.files, self.archive, self.logs = outside.files, outside.archive, None  # type: ignore[assignment]
        self.callers = FakeCallerLog(lambda: outside.cloud, lambda: outside.clock)
        self.reader = gated(outside.reader, outside.organizations)
        astray = outside.troubles.of("other instance") is not None
        self.cloud = gated(outside.other_cloud if astray else outside.cloud, self._admitted(outside))
        self.instance = (outside.other_cloud if astray else outside.cloud).instance

    def _admitted(self, outside: Outside) -> Callable[[str], Callable[..., Awaitable[Any]]]:
        """AWS asks nobody in before the book has said that it is its own instance (rule 20)."""

        def of(call: str) -> Callable[..., Awaitable[Any]]:
            trouble = outside.aws(call)

            async def admitted(*given: Any) -> Any:
                found = await trouble(*given)
                if not self._is_admitted:
                    await self.belonging.admit(self.instance)
                    self._is_admitted = True
                return found

            return admitted

        return of

    _is_admitted = False

    # --- its life ----------------------------------------------------------------------------------

    def begin_ticking(self) -> None:
        self._spawn(self._tick(), "ticks")

    @property
    def is_alive(self) -> bool:
        return not self.gate.is_dead

    def reap(self) -> None:
        """Nothing is left of it when it is dead."""
        for task in (*self._tasks, *self.background.tasks):
            task.cancel()

    async def stop(self) -> None:
        self.gate.is_dead = True
        await self.gone()

    async def gone(self) -> None:
        """Wait for the end of everything that it was at."""
        self.reap()
        await asyncio.gather(*self._tasks, *self.background.tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, Killed):
            self.failed.append((task.get_name(), error))

    # --- acts --------------------------------------------------------------------------------------

    def perform(self, command: Command) -> "asyncio.Task[Outcome | InHand | Exception | None]":
        """The answer to the screen: an outcome, that the work goes on, or an error; None: nobody is there."""

        async def perform() -> Outcome | InHand | Exception | None:
            try:
                return await self._filed(command) or await self.services.commands.perform(command, PATIENCE)
            except Upstream as error:
                return error
            except Killed:
                return None

        return self._spawn(perform(), f"act {command.key}")

    async def _filed(self, command: Command) -> Outcome | None:
        """A form is answered by what is known where that is enough, as the screen does."""
        if not isinstance(command, SubmitRequest):
            return None
        with suppress(Exception):  # the screens do it on the side: their boundary logs what goes wrong
            await self.services.form_options.look_ahead(command.actor, command.access.target)
        request = await self.services.commands.file(command, FILED_WITHIN)
        return Outcome(Result.SUBMITTED, request.id) if request is not None else None

    # --- rounds ------------------------------------------------------------------------------------

    def nudge(self, work: Collection[str]) -> None:
        """A commit, here or elsewhere, has left work."""
        for kind in work:
            self._slots_may_be_free |= kind == "assignments"
            for name in WORK.get(kind, ()):
                self._not_before.pop(name, None)
        self._nudged.set()

    async def _tick(self) -> None:
        while self.is_alive:
            self._nudged.clear()
            now = asyncio.get_running_loop().time()
            wakes_at = now + 3600.0
            for kind, at in (await self._due()).items():
                if kind in self._running:
                    continue
                due_at = now + (at - self.clock.now()).total_seconds()
                begins_at = max(due_at, self._not_before.get(kind, now))
                if due_at > now:
                    self._idle.pop(kind, None)
                if begins_at > now:
                    wakes_at = min(wakes_at, begins_at + 1e-3)
                else:
                    self._begin(kind)
            try:
                async with asyncio.timeout(wakes_at - now):
                    await self._nudged.wait()
            except TimeoutError:
                continue

    async def _due(self) -> dict[str, datetime]:
        now = self.clock.now()
        found = dict(await due(self._rows, now, messages=not self.says_nothing))
        if found.pop("slots", None) and self._slots_may_be_free:
            found["assignments"] = now
        if self.outside.live_access:
            found["looks"] = self._looked_at + LOOKS_EVERY
        if self.outside.removes:
            found["sweeps"] = self._swept_at + SWEEPS_EVERY
        changed_at = self.outside.tree_changed_at
        if changed_at is not None and changed_at + 2 * SNAPSHOTS_EVERY > self._pictured_at:
            found["pictures"] = self._pictured_at + (DOUBTED_EVERY if self._is_in_doubt else SNAPSHOTS_EVERY)
        return found

    _is_in_doubt = True

    def _begin(self, kind: str) -> None:
        self._running.add(kind)
        self.outside.rounds += 1
        if self.outside.rounds > MOST_ROUNDS:
            raise Spinning
        idle = self._idle[kind] = self._idle.get(kind, 0) + 1
        pause = 0.0 if idle < 3 else min(LONGEST_PAUSE, 0.25 * 2.0 ** min(idle - 3, 10))
        self._not_before[kind] = asyncio.get_running_loop().time() + pause
        if kind == "assignments":
            self._slots_may_be_free = False
        self._spawn(self._run(kind), kind)

    async def _run(self, kind: str) -> None:
        try:
            await self._round(kind)()
        except Killed:
            return
        except Exception as error:  # noqa: BLE001 - as the ticker does: its next run goes on
            self.failed.append((kind, error))
        finally:
            self._running.discard(kind)
            self._nudged.set()

    def _round(self, kind: str) -> Callable[[], Awaitable[object]]:
        services, deadlines = self.services, self.services.schedule
        rounds: dict[str, Callable[[], Awaitable[object]]] = {
            "ends": deadlines.end,
            "assignments": services.reconciler.work,
            "judgements": services.second_judgement.work,
            "starts": deadlines.start,
            "expiries": deadlines.expire,
            "warnings": deadlines.warn,
            "reminders": deadlines.remind,
            "alarms": lambda: deadlines.raise_alarms(ALARM_AFTER),
            "deciders": deadlines.tell_undecidable,
            "messages": services.dispatcher.deliver,
            "acts": services.commands.resume,
            "looks": self._look,
            "sweeps": self._sweep,
            "pictures": self._picture,
        }
        return rounds[kind]

    async def _look(self) -> None:
        self._looked_at = self.clock.now()
        await self.services.drift.look_again()

    async def _sweep(self) -> None:
        self._swept_at = self.clock.now()
        with suppress(Conflict):  # as the ticker does: it stood still, and another process goes on with the sweep
            await self.services.drift.sweep()

    async def _picture(self) -> None:
        self._pictured_at = self.clock.now()
        await self.services.organizations.refresh()
        self._is_in_doubt = bool((await self.services.organizations.current()).doubted)
