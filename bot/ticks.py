"""The ticks: their work and their intervals. Each looks for what is due in the database and works it off."""

import asyncio
import time
from datetime import datetime, timedelta

import structlog

from bot.compose import Infrastructure
from bot.metrics import Metrics
from bot.secret_values import EVERY, SecretValues
from bot.settings import ProcessSettings
from bot.ticker import Tick
from core.domain.assignment import ALARM_AFTER, is_overdue
from core.domain.errors import Upstream
from core.domain.replicas import ALIVE_WITHIN
from core.domain.request import Status
from core.services.audit.delivery_progress import delivery_states
from core.services.context.request_pages import every
from core.services.runtime.clock_steps import ClockSteps
from core.services.runtime.heartbeat import Heartbeat
from core.services.runtime.retries import FORGOTTEN_AT_ONCE, KEPT
from core.services.services import Services

log = structlog.get_logger()

LOST_EVERY = 900
PEOPLE_LISTED_EVERY, TAKEN_OVER_EVERY = 45, 5
"""Users and groups: an answer from memory may be a minute old (rule 2), also where another replica asked for it."""
ADMINS_EVERY = 45
SNAPSHOTS_EVERY, PICTURES_EVERY_ON_A_MOVED_CLOCK = 30, 2
"""Seconds between checks of the age of what is known of AWS. A clock that is moved ages it at once."""
COUNTED_FOR = timedelta(days=1)
"""The time for which a finished request is in the gauge: counting all of them would take longer and longer."""
LOOKS_FIRST_FOR = 10.0
"""Seconds for which AWS is asked for no change at the start, until it is known what the database may have forgotten."""

WORK = {
    "outbox": ("outbox",),
    "exports": ("exports",),
    "assignments": ("assignments",),
    "requests": ("judgements", "starts", "ends", "expiries"),
    "policies": ("policy proposals",),
    "acts": ("inbox",),
    "replicas": ("heartbeat",),
}
"""Kinds of work that a commit leaves → ticks to nudge."""
DUE_BY_THE_CLOCK = (
    *("ends", "assignments", "judgements", "starts", "expiries", "warnings", "reminders", "deciders"),
    *("organization", "outbox", "inbox", "exports", "standing warnings"),
)
"""Ticks to nudge when the clock of the sandbox was moved. Not the alarms: what is due then has not been tried yet."""


class TickSchedule:
    """The rounds of one process."""

    def __init__(
        self,
        settings: ProcessSettings,
        base: Infrastructure,
        services: Services,
        metrics: Metrics,
        secrets: SecretValues,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        """``heartbeat``: None where one process has the database to itself."""
        self._settings = settings
        self._secrets = secrets
        self._base = base
        self._services = services
        self._metrics = metrics
        self._heartbeat = heartbeat
        self._clock_steps = ClockSteps(base.clock, lambda: base.database.draw_near(base.clock.now()))
        self._began, self._has_looked = time.monotonic(), False

    def ticks(self) -> list[Tick]:
        """Taking away comes before granting, here as everywhere."""
        deadlines, services = self._services.schedule, self._services
        pictures = PICTURES_EVERY_ON_A_MOVED_CLOCK if self._settings.sandbox_clock else SNAPSHOTS_EVERY
        clock = Tick("clock", 2, self._clock_steps.look)
        shares_people = TAKEN_OVER_EVERY if self._heartbeat else PEOPLE_LISTED_EVERY
        return [
            Tick("ends", 1, deadlines.end),
            Tick("assignments", 1, self._assign, waits=True),
            Tick("judgements", 2, services.second_judgement.work, waits=True),
            Tick("starts", 1, self._start, waits=True),
            Tick("expiries", 2, deadlines.expire),
            Tick("warnings", 5, deadlines.warn),
            Tick("reminders", 5, deadlines.remind),
            Tick("alarms", 15, self._alarms),
            Tick("deciders", 15, deadlines.tell_undecidable),
            Tick("outbox", 0.5, services.dispatcher.deliver, waits=True),
            Tick("inbox", 2, services.commands.resume, waits=True),
            Tick("exports", 5, services.exports.work, waits=True),
            Tick("pairs", 30, services.identity.pairs.tell),
            Tick("organization", pictures, services.organizations.refresh),
            Tick("directory", shares_people, self._base.rules.people.work),
            Tick("admins", ADMINS_EVERY, services.dispatcher.know_admins),
            Tick("installation", 30, self._install),
            Tick("lost assignments", LOST_EVERY, services.drift.look_again),
            Tick("unknown assignments", 60, services.drift.sweep),
            Tick("next", 2, self._next_due, always=True),
            Tick("standing warnings", 60, services.administration.warnings.look, always=True),
            Tick("audit trail", 15, self._trail),
            Tick("database gone back", 15, services.health.restores.look),
            Tick("recovery", 30, self._recover),
            Tick("invariants", 30, services.health.invariants.work),
            Tick("gauges", 15, self._gauges, always=True),
            Tick("policy proposals", 60, services.administration.proposals.tidy),
            Tick("forgetting", 600, self._forget),
            *([Tick("secrets", EVERY, self._secrets.read, always=True)] if self._secrets.may_change else []),
            *([Tick("heartbeat", 5, self._heartbeat.beat, always=True)] if self._heartbeat else [clock]),
            *([Tick("archive", 60, services.archiver.work)] if services.archiver else []),
            *([Tick("events", 1, services.follower.work)] if services.follower else []),
            *([Tick("summaries", 5, services.activity.summaries.work)] if self._base.activity else []),
        ]

    async def _recover(self) -> None:
        """Learn what a restored database lacks before anything is granted, if AWS tells it soon."""
        try:
            await self._services.health.recovery.work()
        except Upstream as error:
            log.info("what AWS did before this process began is not known yet", because=str(error))
        finally:
            self._has_looked = True

    def _may_begin(self) -> bool:
        return self._has_looked or time.monotonic() - self._began > LOOKS_FIRST_FOR

    async def _assign(self) -> timedelta | None:
        return await self._services.reconciler.work() if self._may_begin() else None

    async def _start(self) -> timedelta | None:
        return await self._services.schedule.start() if self._may_begin() else None

    async def _trail(self) -> None:
        self._metrics.audit_trail(is_broken=await self._services.health.trail.look())

    async def _alarms(self) -> None:
        await self._services.schedule.raise_alarms(ALARM_AFTER)

    async def _install(self) -> None:
        await self._services.policies.install(self._settings.admin_group or "", self._settings.auditor_group or "")

    async def _forget(self) -> None:
        services = self._services
        queues = (services.commands, services.dispatcher, services.exports, services.administration.drafts)
        each = (*(queue.forget() for queue in queues), self._forget_assignments())
        forgotten = await asyncio.gather(*each, return_exceptions=True)
        for error in forgotten:  # one that cannot be cleared keeps no other from it
            if isinstance(error, BaseException):
                raise error

    async def _forget_assignments(self) -> None:
        """A row says nothing any more when access has been gone for long: the next request makes another."""
        async with self._base.database.open() as unit:
            await unit.assignments.forget(self._base.clock.now() - KEPT, FORGOTTEN_AT_ONCE)
            await unit.commit()

    async def _next_due(self) -> None:
        async with self._base.database.open() as unit:
            due = (await unit.requests.next_due(), await unit.summaries.next_due())
        self._metrics.next_due(min(filter(None, due), default=None))

    async def _gauges(self) -> None:
        now = self._base.clock.now()
        async with self._base.database.open() as unit:
            waiting, undeliverable, oldest = await unit.outbox.waiting()
            counts = await unit.requests.counts(now - COUNTED_FOR)
            taken_at = await unit.snapshots.taken_at()
            untold, given_up = await unit.summaries.counts()
            late = await unit.requests.due_to_end(now, 1)
            alarms = await unit.alarms.all()
        self._metrics.alarms({alarm.kind for alarm in alarms})
        self._metrics.outbox(waiting, undeliverable, oldest, now)
        self._metrics.requests(counts)
        self._metrics.stuck({**self._services.schedule.stuck(), **self._services.second_judgement.stuck()})
        self._metrics.summaries(untold, given_up)
        self._metrics.lag("ends", now - late[0].end_at if late and late[0].end_at else timedelta())
        if taken_at is not None:
            self._metrics.snapshot_age(now - taken_at)
        await self._overdue(now)
        await self._drift_and_replicas(now)
        if self._services.archiver is not None:
            self._metrics.lag("archive", await self._services.archiver.behind())
        if self._services.follower is not None:
            for state in await delivery_states(self._base.database.look, self._services.follower.destinations):
                self._metrics.lag(f"events to {state.name}", state.behind(now))

    async def _overdue(self, now: datetime) -> None:
        taken = await every(self._base.database.open, Status.GRANTING, Status.REVOKING)
        waits = [now - request.revoking_at for request in taken if request.revoking_at and is_overdue(request, now)]
        self._metrics.overdue(len(waits), max(waits, default=timedelta()))

    async def _drift_and_replicas(self, now: datetime) -> None:
        async with self._base.database.open() as unit:
            reported, ignored = await unit.unknowns.counts()
            alive = await unit.replicas.seen((await unit.replicas.time() or now) - ALIVE_WITHIN)
        self._metrics.unknown_assignments(reported, ignored)
        self._metrics.replicas(max(1, len(alive)))
