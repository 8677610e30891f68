"""Files for spreadsheets in a direct message: asked for, made in the background, sent once."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog

from core.domain.audit import AuditEvent
from core.domain.commands import ExportKind, StartExport, TakeFile
from core.domain.errors import (
    AccessError,
    AnswerLost,
    Conflict,
    NotFound,
    Refused,
    Side,
    Upstream,
    UpstreamBusy,
    UpstreamRefused,
)
from core.domain.notice_content import Exported, ExportFailed
from core.domain.notices import Form, Notice, Recipient
from core.domain.outcome import Outcome, Result
from core.domain.people import Person
from core.domain.request import Actor
from core.ports import (
    Background,
    ChatPlatforms,
    Clock,
    Export,
    FileOffers,
    FileSender,
    OfferedFile,
    OpenUnit,
    UnitOfWork,
)
from core.services.audit.export_maker import ExportFile, ExportMaker, request_of
from core.services.notifications.failure import failure_of
from core.services.requests.transition import CloseCommand
from core.services.runtime.lease_renewal import LEASE, renewing
from core.services.runtime.retries import FORGOTTEN_AT_ONCE, KEPT, next_try

GIVE_UP_AFTER = timedelta(minutes=30)
LONGEST_WAIT = timedelta(minutes=1)
"""A source that says to come back later than this needs an operator first: the person is told now."""
MOST_BROKEN_OFF = 5
"""After this many tries that came to no end, not even a bad one, the next would not either."""

_ENDLESS = Upstream(f"it was begun {MOST_BROKEN_OFF} times and never came to an end", side=Side.BOT)

log = structlog.get_logger()


class ExportQueue:
    """An export leaves the house, so that it was asked for and that it was sent are both on record (rule 23)."""

    def __init__(
        self,
        open_unit: OpenUnit,
        makers: Mapping[ExportKind, ExportMaker],
        platforms: ChatPlatforms,
        clock: Clock,
        background: Background,
    ) -> None:
        self._open_unit = open_unit
        self._makers = makers
        self._platforms = platforms
        self._clock = clock
        self._background = background
        self._working: asyncio.Task[None] | None = None

    async def ask(self, command: StartExport, close: CloseCommand) -> Outcome:
        """Take the wish for a file into the queue, unless the same is there already."""
        kind, subject = command.export, command.subject
        person = await self._makers[kind].allowed(command.actor, subject)
        outcome, now = Outcome(Result.EXPORTING), self._clock.now()
        async with self._open_unit() as unit:
            is_new = await unit.exports.put(command.actor, kind, subject, now)
            await close(unit, outcome)
            if is_new:
                await self._note(unit, "export.asked", _actor(person), kind, subject)
            await unit.commit()
        return outcome

    async def take(self, command: TakeFile, close: CloseCommand) -> Outcome:
        """Somebody accepts a file that was offered: it is made anew, as things are now (rule 22)."""
        async with self._open_unit() as unit:
            offered = await unit.exports.get(command.export_id)
        if offered is None or offered.asked_by != command.actor or offered.accepted:
            raise NotFound
        kind, subject = offered.kind, offered.subject
        person = await self._makers[kind].allowed(command.actor, subject)
        outcome = Outcome(Result.EXPORTING)
        async with self._open_unit() as unit:
            is_new = await unit.exports.put(command.actor, kind, subject, self._clock.now(), accepted=command.accepted)
            await close(unit, outcome)
            if is_new:
                await self._note(unit, "export.accepted", _actor(person), kind, subject)
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
        broken_off = export.fence - export.attempts > MOST_BROKEN_OFF
        try:
            await (self._fail(export, _ENDLESS) if broken_off else self._try(export))
        except Conflict:  # it took longer than the lease, and another has taken it over
            log.warning("export was taken over", export=export.id)

    async def _try(self, export: Export) -> None:
        try:
            await (self._share_again(export) if export.file else self._make(export))
        except (AnswerLost, UpstreamBusy) as error:
            await (self._fail(export, error) if self._is_hopeless(export, error) else self._later(export, error))
        except (Refused, NotFound, Upstream) as error:
            await self._fail(export, error)

    async def _make(self, export: Export) -> None:
        person = await self._makers[export.kind].allowed(export.asked_by, export.subject)
        offers = self._platforms.at(export.asked_by).offers
        if offers is not None and not export.accepted:
            await self._offer(export, person, offers)
            return
        written, uploaded = await renewing(self._upload(export, person), lambda: self._hold(export))
        facts = {"rows": written.rows, "sha256": written.sha256, **({"lacks": written.lacks} if written.lacks else {})}
        ready = await self._hold(export, file=uploaded, made=facts)  # from here on it is this file or none
        await self._share(ready, _exported(export, written))
        await self._sent(ready, person, facts)

    async def _upload(self, export: Export, person: Person) -> tuple[ExportFile, str]:
        maker = self._makers[export.kind]
        with tempfile.TemporaryDirectory(prefix="teambot-export-") as folder:
            file = Path(folder) / "export"
            written = await maker.write(person, export.subject, file)
            return written, await self._files(export).upload(file, maker.file_name(export), written.alt)

    async def _offer(self, export: Export, person: Person, offers: FileOffers) -> None:
        """Its size has to be told, so it is made for that; whoever accepts gets one that is made then."""
        written, size = await renewing(self._measured(export, person), lambda: self._hold(export))
        file = OfferedFile(export.id, self._makers[export.kind].file_name(export), size)
        await offers.offer(file, export.asked_by, _notice(export, _exported(export, written)))
        async with self._open_unit() as unit:
            await unit.exports.close(export, self._clock.now())
            await self._note(unit, "export.offered", _actor(person), export.kind, export.subject)
            await unit.commit()

    async def _measured(self, export: Export, person: Person) -> tuple[ExportFile, int]:
        with tempfile.TemporaryDirectory(prefix="teambot-export-") as folder:
            file = Path(folder) / "export"
            written = await self._makers[export.kind].write(person, export.subject, file)
            return written, (await asyncio.to_thread(file.stat)).st_size

    def _files(self, export: Export) -> FileSender:
        platform = self._platforms.at(export.asked_by)
        files = platform.offers.to(export.accepted) if platform.offers is not None else platform.files
        if files is None:
            side = Side.of_platform(export.asked_by.platform)
            raise UpstreamRefused("This chat platform takes no files.", code="no_files", side=side)
        return files

    async def _share_again(self, export: Export) -> None:
        """An earlier try ended where the file was to be shown. No second one is made: Slack shows each file once."""
        person = await self._makers[export.kind].allowed(export.asked_by, export.subject)
        try:
            await self._share(export, _uploaded(export))
        except UpstreamRefused:
            unsure = _notice(export, replace(_uploaded(export), unsure=True))
            await self._sent(export, person, {**export.made, "confirmed": False}, also=[unsure])
        else:
            await self._sent(export, person, {**export.made, "confirmed": True})

    async def _share(self, export: Export, exported: Exported) -> None:
        notice = _notice(export, exported)
        name = self._makers[export.kind].file_name(export)
        await self._files(export).share(export.file, name, export.asked_by, notice)

    async def _hold(self, export: Export, *, file: str = "", made: Mapping[str, object] | None = None) -> Export:
        async with self._open_unit() as unit:
            held_on = await unit.exports.hold(export, self._clock.now() + LEASE, file=file, made=made)
            await unit.commit()
        return held_on

    async def _sent(
        self, export: Export, person: Person, facts: Mapping[str, object], also: Sequence[Notice] = ()
    ) -> None:
        now = self._clock.now()
        async with self._open_unit() as unit:
            await unit.exports.close(export, now)
            await unit.outbox.put(also, now)
            await self._note(unit, "export.sent", _actor(person), export.kind, export.subject, facts)
            await unit.commit()
        log.info("export sent", export=export.id, by=person.id, **facts)

    async def _fail(self, export: Export, error: AccessError) -> None:
        why = str(error) or type(error).__name__
        log.error("export failed", export=export.id, because=why)
        now, actor = self._clock.now(), Actor(export.asked_by.user, None, export.asked_by)
        async with self._open_unit() as unit:
            await unit.exports.close(export, now, why)
            failed = ExportFailed(export.kind, export.subject, failure_of(error))
            await unit.outbox.put([_notice(export, failed)], now)
            await self._note(unit, "export.failed", actor, export.kind, export.subject, {"failure": why})
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

    async def _note(
        self,
        unit: UnitOfWork,
        action: str,
        actor: Actor,
        kind: ExportKind,
        subject: str,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        whole = {"kind": kind.value, "subject": subject, **(facts or {})}
        event = AuditEvent(action, self._clock.now(), actor, request_of(kind, subject), facts=whole)
        await unit.audit.append(event)


def _notice(export: Export, content: Exported | ExportFailed) -> Notice:
    return Notice(Form.DIRECT, content, Recipient.chat(export.asked_by))


def _exported(export: Export, written: ExportFile) -> Exported:
    return Exported(export.kind, export.subject, written.rows, tuple(written.lacks))


def _uploaded(export: Export) -> Exported:
    """The same of a file that an earlier try has uploaded."""
    rows, lacks = export.made.get("rows"), export.made.get("lacks")
    known = tuple(map(str, lacks)) if isinstance(lacks, list | tuple) else ()
    return Exported(export.kind, export.subject, rows if isinstance(rows, int) else None, known)


def _actor(person: Person) -> Actor:
    return Actor(person.principal.name, person.id, person.chat_user)
