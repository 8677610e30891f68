"""The doctor's lines about the database: what the policies name, messages that wait, the audit trail, invariants."""

from collections.abc import AsyncIterator

from bot.compose import Infrastructure, archive_of, invariants_of
from bot.doctor.line import DoctorLine, not_checked, to_the_end
from bot.settings import ProcessSettings
from core.domain.errors import Upstream
from core.services.audit.trail_proof import look_at_ends
from handlers.words import alarm_words
from handlers.words.counts import noun

_ARCHIVE = "Audit archive"


async def stored_lines(settings: ProcessSettings, base: Infrastructure, *, asks_aws: bool) -> AsyncIterator[DoctorLine]:
    """The state of the bot's own work."""
    async for line in to_the_end("Outbox", _outbox(base)):
        yield line
    yield await _trail(base)
    async for line in _invariants(settings, base):
        yield line
    if asks_aws:
        async for line in to_the_end(_ARCHIVE, archive_lines(settings, base)):
            yield line
    elif settings.audit_s3_bucket:
        for line in not_checked(_ARCHIVE, because="it needs AWS"):
            yield line


async def _outbox(base: Infrastructure) -> AsyncIterator[DoctorLine]:
    async with base.database.open() as unit:
        waiting, undeliverable, _ = await unit.outbox.waiting()
    detail = f"{waiting} {noun(waiting, 'message waits', 'messages wait')}, {undeliverable} could not be delivered"
    yield DoctorLine("Outbox", ok=not undeliverable, detail=detail)


async def _trail(base: Infrastructure) -> DoctorLine:
    """Both ends of it, and what the running bot found in between; `teambot audit verify` walks it at once."""
    try:
        broken = await look_at_ends(base.database.look)
        async with base.database.look() as unit:
            found = await unit.breaks.all()
    except Upstream as error:
        return DoctorLine("Audit trail", ok=False, detail=str(error))
    detail = "it ends as it was anchored and archived; `teambot audit verify` proves all of it"
    broken = broken or next(iter(found), None)
    if broken is not None:
        detail = f"event {broken.seq} {broken.what}: keep a copy of the database, and compare it with the archive"
    return DoctorLine("Audit trail", ok=broken is None, detail=detail)


async def _invariants(settings: ProcessSettings, base: Infrastructure) -> AsyncIterator[DoctorLine]:
    """The invariants, looked at now: the running bot looks every few minutes, and raises an alarm."""
    what = "Invariants"
    broken, unknown = await invariants_of(settings, base).broken()
    if not broken and not unknown:
        yield DoctorLine(what, ok=True, detail="no access past its end, nothing waiting for long, the archive in step")
    for wrong in broken:
        yield DoctorLine(what, ok=False, detail=alarm_words.raised(wrong, lambda at: f"{at:%Y-%m-%d %H:%M UTC}"))
    for said in dict.fromkeys(map(str, unknown)):
        yield DoctorLine(what, ok=False, detail=f"not all could be looked at: {said}")


async def archive_lines(settings: ProcessSettings, base: Infrastructure) -> AsyncIterator[DoctorLine]:
    """The bucket of the audit trail, where one is named. That it may be written shows when a day is over."""
    archive = archive_of(settings, base.aws)
    if archive is None:
        return
    ok, detail = await archive.check()
    async with base.database.open() as unit:
        archived = await unit.archive.get()
    upto = f"archived up to event {archived.seq}" if archived.seq else "nothing is archived yet"
    failing = f", {archived.attempts} failed tries since" if archived.attempts else ""
    yield DoctorLine(_ARCHIVE, ok=ok and not archived.attempts, detail=f"{detail}; {upto}{failing}")
