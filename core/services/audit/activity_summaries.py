"""Tells in a request's thread what was done with the access, once its last session is over and the logs are there."""

import asyncio
import secrets
from datetime import datetime, timedelta

import structlog

from core.domain.activity import Limit, tally
from core.domain.errors import Conflict, Refused, Side, SourceRefused, SourceTrouble, Upstream
from core.domain.notice_content import ActivityFailed, ActivitySummary
from core.domain.notices import Form, Notice, card_places
from core.domain.request import Request
from core.ports import Clock, DueSummary, OpenUnit
from core.services.audit.session_activity import ActivityReport, SessionActivityReader
from core.services.notifications.failure import failure_of
from core.services.runtime.lease_renewal import LEASE, renewing
from core.services.runtime.retries import asked_pause, doubled

BATCH = 2
RETRY_FIRST, RETRY_LONGEST = timedelta(minutes=2), timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=1)
FEWEST_TRIES = 3
MOST_BROKEN_OFF = 5
"""After this many tries that came to no end, not even a bad one, the next would not either."""
HOPELESS = frozenset({SourceTrouble.TOO_WIDE, SourceTrouble.TOO_OLD, SourceTrouble.UNASKABLE})
"""Troubles that no later try changes."""

log = structlog.get_logger()


class ActivitySummaries:
    """Each summary is told once, or that there is none: that it was, and what is told, are one transaction."""

    def __init__(self, open_unit: OpenUnit, activity: SessionActivityReader, clock: Clock) -> None:
        self._open_unit = open_unit
        self._activity = activity
        self._clock = clock

    async def work(self) -> int:
        """Claim what is due and try to tell it; returns how many there were."""
        async with self._open_unit() as unit:
            due = await unit.summaries.claim(self._clock.now(), LEASE, BATCH)
            await unit.commit()
        await asyncio.gather(*(self._summarize(summary) for summary in due))
        return len(due)

    async def _summarize(self, summary: DueSummary) -> None:
        try:
            await self._tell(summary)
        except Conflict:  # it took longer than the lease, and another has taken it over
            log.info("summary was taken over", request=summary.request_id)
        except (Upstream, Refused) as error:
            await self._later(summary, error)
        except Exception:  # one that meets a fault of this program must not stop the others
            incident = secrets.token_hex(4)
            log.exception("session activity met a fault", request=summary.request_id, incident=incident)
            await self._later(summary, Upstream(f"a fault of TEAM Bot, incident {incident}", side=Side.BOT))

    async def _tell(self, summary: DueSummary) -> None:
        if summary.fence - summary.attempts > MOST_BROKEN_OFF:
            await self._give_up(
                summary, Upstream(f"it was begun {MOST_BROKEN_OFF} times and never came to an end", side=Side.BOT)
            )
            return
        async with self._open_unit() as unit:
            request = await unit.requests.get(summary.request_id)
        if request is None:
            return
        report = await renewing(self._activity.read(request), lambda: self._hold(summary))
        await self._put(summary, request, report)

    async def _hold(self, summary: DueSummary) -> None:
        async with self._open_unit() as unit:
            await unit.summaries.hold(summary, self._clock.now() + LEASE)
            await unit.commit()

    async def _put(self, summary: DueSummary, request: Request, report: ActivityReport) -> None:
        now, content = self._clock.now(), summary_of(report)
        async with self._open_unit() as unit:
            await unit.summaries.close(summary, now, events=known_use(report))
            await unit.outbox.put(_notices(request, content), now)
            await unit.commit()
        log.info("session activity told", request=request.id, events=content.tally.events)

    async def _later(self, summary: DueSummary, error: Upstream | Refused) -> None:
        now = self._clock.now()
        hopeless = isinstance(error, Refused) or (isinstance(error, SourceRefused) and error.trouble in HOPELESS)
        if hopeless or self._is_too_late(summary, now):
            await self._give_up(summary, error)
            return
        wait = max(asked_pause(error) or timedelta(), doubled(summary.attempts, RETRY_FIRST, RETRY_LONGEST))
        log.warning("session activity to be read again", request=summary.request_id, wait=str(wait), because=str(error))
        async with self._open_unit() as unit:
            await unit.summaries.retry(summary, now + wait, str(error))
            await unit.commit()

    async def _give_up(self, summary: DueSummary, error: Upstream | Refused) -> None:
        """Said where the summary was to stand: silence would read as if nothing had been done."""
        log.error("session activity given up", request=summary.request_id, because=str(error))
        content, now = ActivityFailed(failure_of(error)), self._clock.now()
        async with self._open_unit() as unit:
            request = await unit.requests.get(summary.request_id)
            await unit.summaries.close(summary, now, given_up=str(error))
            await unit.outbox.put(_notices(request, content) if request else (), now)
            await unit.commit()

    @staticmethod
    def _is_too_late(summary: DueSummary, now: datetime) -> bool:
        """A process that was away for days itself tries more than once all the same."""
        return now - summary.due_at > GIVE_UP_AFTER and summary.attempts >= FEWEST_TRIES


def _notices(request: Request, content: ActivitySummary | ActivityFailed) -> list[Notice]:
    return [Notice(Form.THREAD, content, to, request.id) for to in card_places(request)]


_CUT = frozenset({Limit.CUT, Limit.CUT_BEFORE})
_MAY_HIDE_ALL = _CUT | {Limit.NO_USER_NAME, Limit.NINETY_DAYS, Limit.UNREADABLE}
"""Limits with which an empty result does not prove that nothing was done. Those that a source always has are not among
them: then only what was used would be known, and nothing would ever count as unused."""


def known_use(report: ActivityReport) -> int | None:
    """The number of events; None where none were found, and some may have been overlooked."""
    if report.events:
        return len(report.events)
    return None if report.unread or not report.limits.isdisjoint(_MAY_HIDE_ALL) else 0


def summary_of(report: ActivityReport) -> ActivitySummary:
    """The facts for a thread: counts, and nothing that only some of its readers may see."""
    is_cut, unsure = bool(report.limits & _CUT), known_use(report) is None
    return ActivitySummary(tally(report.events), report.source, is_cut, report.unread, unsure)
