"""Everything a search found as a file in a direct message: asked for, made in the background, sent once."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from core.domain.audit import AuditEvent
from core.domain.errors import (
    AccessError,
    AnswerLost,
    Conflict,
    NotFound,
    Refused,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
)
from core.domain.notices import Form, Notice, Recipient, Topic
from core.domain.outcome import Outcome, Result
from core.domain.people import Person
from core.domain.request import Actor
from core.domain.search import read_search
from core.ports import Act, Background, Clock, Export, FileSender, OpenUnit
from core.services.inbox import FORGOTTEN_AT_ONCE, KEPT, next_try
from core.services.recording import Close
from core.services.request_rows import write_requests
from core.services.searching import Searching

LEASE = timedelta(minutes=2)
"""Held anew at every page that is written; an upload must take less, or another process begins it again."""
GIVE_UP_AFTER = timedelta(minutes=30)
LONGEST_WAIT = timedelta(minutes=1)
"""Whoever says to come back later than this needs an operator first: the person is told now."""

log = structlog.get_logger()


class Exporting:
    """An export leaves the house, so that it was asked for and that it was sent are both on record (rule 23)."""

    def __init__(
        self,
        look: OpenUnit,
        open_unit: OpenUnit,
        searching: Searching,
        files: FileSender,
        clock: Clock,
        background: Background,
    ) -> None:
        self._look = look
        self._open_unit = open_unit
        self._searching = searching
        self._files = files
        self._clock = clock
        self._background = background
        self._working: asyncio.Task[None] | None = None

    async def ask(self, act: Act, close: Close) -> Outcome:
        """Take the wish for a file into the queue."""
        person = await self._searching.allowed(act.actor)
        typed, now = str(act.payload.get("search") or ""), self._clock.now()
        if read_search(typed, now.date()).puzzles:
            raise NotFound
        outcome = Outcome(Result.EXPORTING)
        async with self._open_unit() as unit:
            await unit.exports.put(act.actor, typed, now)
            await close(unit, outcome)
            await unit.audit.append(_event("export.asked", person, now, search=typed))
            await unit.commit()
        return outcome

    async def work(self) -> int:
        """Begin the oldest file that is due, unless one is being made here; returns how many were begun.

        It may take minutes, so nobody waits for it.
        """
        if self._working is not None and not self._working.done():
            return 0
        async with self._open_unit() as unit:
            export = await unit.exports.claim(self._clock.now(), LEASE)
            await unit.commit()
        if export is None:
            return 0
        self._working = self._background.start(self._carry(export), f"export {export.id}")
        return 1

    async def forget(self) -> int:
        """Delete what was sent, or could not be, long ago: the audit trail keeps that it was."""
        async with self._open_unit() as unit:
            forgotten = await unit.exports.forget(self._clock.now() - KEPT, FORGOTTEN_AT_ONCE)
            await unit.commit()
        return forgotten

    async def done(self) -> None:
        """Wait for the file that is being made here, if there is one."""
        if self._working is not None:
            await self._working

    async def _carry(self, export: Export) -> None:
        try:
            await self._try(export)
        except Conflict:  # it took longer than the lease, and another has taken it over
            log.warning("export was taken over", export=export.id)

    async def _try(self, export: Export) -> None:
        try:
            await (self._share_again(export) if export.file else self._make(export))
        except (AnswerLost, UpstreamBusy) as error:
            await (self._fail(export, error) if self._is_hopeless(export, error) else self._later(export, error))
        except (Refused, Upstream) as error:
            await self._fail(export, error)

    async def _make(self, export: Export) -> None:
        person = await self._searching.allowed(export.asked_by)
        search = await self._searching.resolved(read_search(export.search, self._clock.now().date()).search)
        with tempfile.TemporaryDirectory(prefix="teambot-export-") as folder:
            file = Path(folder) / "requests.csv"
            written = await write_requests(self._look, search, file, lambda: self._go_on(export))
            uploaded = await self._files.upload(file, _name(export))
        held = await self._hold(export, file=uploaded)  # from here on it is this file or none
        await self._share(held, rows=str(written.rows))
        await self._sent(held, person, {"rows": written.rows, "sha256": written.sha256})

    async def _share_again(self, export: Export) -> None:
        """An earlier try ended where the file was to be shown. No second one is made: Slack shows each file once."""
        person = await self._searching.allowed(export.asked_by)
        try:
            await self._share(export)
        except UpstreamRefused:
            unsure = _notice(export, Topic.EXPORTED, unsure="yes")
            await self._sent(export, person, {"confirmed": False}, also=[unsure])
        else:
            await self._sent(export, person, {"confirmed": True})

    async def _share(self, export: Export, **facts: str) -> None:
        notice = _notice(export, Topic.EXPORTED, **facts)
        await self._files.share(export.file, _name(export), export.asked_by, notice)

    async def _go_on(self, export: Export) -> None:
        await self._hold(export)

    async def _hold(self, export: Export, *, file: str = "") -> Export:
        async with self._open_unit() as unit:
            held = await unit.exports.hold(export, self._clock.now() + LEASE, file=file)
            await unit.commit()
        return held

    async def _sent(
        self, export: Export, person: Person, facts: Mapping[str, object], also: Sequence[Notice] = ()
    ) -> None:
        now = self._clock.now()
        async with self._open_unit() as unit:
            await unit.exports.close(export, now)
            await unit.outbox.put(also, now)
            await unit.audit.append(_event("export.sent", person, now, search=export.search, **facts))
            await unit.commit()
        log.info("export sent", export=export.id, by=person.id, **facts)

    async def _fail(self, export: Export, error: AccessError) -> None:
        log.error("export failed", export=export.id, because=str(error))
        now = self._clock.now()
        actor = Actor(export.asked_by.user, None, export.asked_by)
        facts = {"search": export.search, "failure": str(error)}
        async with self._open_unit() as unit:
            await unit.exports.close(export, now, str(error))
            await unit.outbox.put([_notice(export, Topic.EXPORT_FAILED, because=str(error))], now)
            await unit.audit.append(AuditEvent("export.failed", now, actor, facts=facts))
            await unit.commit()

    async def _later(self, export: Export, error: Upstream) -> None:
        at = next_try(self._clock.now(), export.attempts, error)
        log.warning("export to be tried again", export=export.id, at=str(at), because=str(error))
        async with self._open_unit() as unit:
            await unit.exports.retry(export, at, str(error))
            await unit.commit()

    def _is_hopeless(self, export: Export, error: Upstream) -> bool:
        after = error.retry_after if isinstance(error, UpstreamBusy) else None
        return self._clock.now() - export.asked_at > GIVE_UP_AFTER or (after is not None and after > LONGEST_WAIT)


def _name(export: Export) -> str:
    return f"team-requests-{export.asked_at:%Y-%m-%d-%H%M%S}.csv"


def _notice(export: Export, topic: Topic, **facts: str) -> Notice:
    return Notice(Form.DIRECT, topic, Recipient.chat(export.asked_by), facts={"search": export.search, **facts})


def _event(action: str, person: Person, at: datetime, **facts: object) -> AuditEvent:
    return AuditEvent(action, at, Actor(person.principal.name, person.id, person.chat_user), facts=facts)
