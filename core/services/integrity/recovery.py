"""Lets the book learn again what it forgot: changes that the bot made in AWS and that a restored database lacks.

While a process runs it notes now and then that it does. A process that begins looks at what AWS did since the last such
note: as a rule nothing that the book does not know. What the bot itself asked for, by AWS's record of who asked or by
the archived audit trail, and the book has nothing of, the book is told: access is ours again, and goes on for the
request that it was made for, or is taken away; what was ended is ended. From what others asked for nothing follows.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from core.domain.alarm import DatabaseWentBack
from core.domain.assignment import AssignmentChange, wants_access
from core.domain.audit import AuditEvent, moment_of
from core.domain.aws_changes import AwsChange, Forgotten, forgotten, is_over_by, last_changes
from core.domain.errors import Conflict, UpstreamRefused
from core.domain.notices import Form, Notice, Plain, Topic, card_places
from core.domain.request import TERMINAL, Event, Request, Status, advance, granting
from core.ports import AssignmentCloud, CallerLog, Clock, OpenUnit, SharedRound, UnitOfWork
from core.services.audit.archive_files import ArchiveFiles
from core.services.context.assignment_names import AssignmentNames
from core.services.context.request_pages import pages
from core.services.notifications.alarms import raise_
from core.services.requests.transition import record_transition
from core.services.runtime.lease_renewal import LEASE, renewing

ROUND = "recovery"
NOTED_EVERY = timedelta(minutes=1)
MARGIN = timedelta(minutes=3)
"""The time before the last sign of life at which the look begins: the last commits may be what was lost."""
TOLD_WITHIN = timedelta(minutes=16)
"""AWS's record of who asked is up to a quarter of an hour late: the look is repeated until then."""
EXAMPLES = 5
SKIPPED = 1000
"""Numbers of requests that are given to none: people know requests by some of them that the database has lost."""
OPEN_OR_LIVE = tuple(sorted(frozenset(Status) - TERMINAL))

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recovered:
    """One thing that the book knows again."""

    what: Forgotten
    change: AwsChange


class Recovery:
    def __init__(
        self,
        open_unit: OpenUnit,
        cloud: AssignmentCloud,
        callers: CallerLog,
        clock: Clock,
        assignment_names: AssignmentNames,
        files: ArchiveFiles | None = None,
    ) -> None:
        """``files``: the archived audit trail, which may have what the database lost."""
        self._open_unit = open_unit
        self._cloud = cloud
        self._callers = callers
        self._clock = clock
        self._assignment_names = assignment_names
        self._files = files
        self._is_new = True
        self._noted_at: datetime | None = None
        """The last note of this process: where an older one stands, the database went back."""

    def suspect(self) -> None:
        """The database was seen to have gone back: look anew at what may be lost."""
        self._is_new = True

    async def work(self) -> None:
        """Note that a process runs. When this one has just begun, look at what was done since the last note."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            claimed = await unit.shared_rounds.claim(ROUND, now, LEASE)
            last_event_at = await _last_event_at(unit) if claimed else None
            await unit.commit()
        if claimed is None:
            return
        if self._noted_at is not None and (_instant(claimed.place.get("noted_at")) or now) < self._noted_at:
            self._is_new = True
        look, is_done = _Look.of(claimed, last_event_at, now, is_new=self._is_new), False
        try:
            if look.since is not None:
                begun = replace(claimed, place={**claimed.place, **look.going_on})
                await self._hold(begun)  # a process that dies in it is followed by one that begins there as well
                await renewing(self.learn(look.since), lambda: self._hold(begun))
            self._is_new, is_done = False, True
        finally:
            place = look.noted(now, is_done=is_done)
            async with self._open_unit() as unit:
                await unit.shared_rounds.release(replace(claimed, place=place), now + NOTED_EVERY)
                await unit.commit()
            self._noted_at = now

    async def _hold(self, claimed: SharedRound) -> None:
        async with self._open_unit() as unit:
            await unit.shared_rounds.hold(claimed, self._clock.now() + LEASE)
            await unit.commit()

    async def learn(self, since: datetime) -> Sequence[Recovered]:
        """Compare with what AWS did since then, and let the book know what it forgot. Raises Upstream.

        It is told first: what the book knows again is found no more, and a process that died before it told of it
        would leave nobody to tell.
        """
        learnt = await self.find(since)
        if learnt:
            await self._tell(learnt)
        for each in learnt:
            await self._know(each)
        return learnt

    async def find(self, since: datetime) -> Sequence[Recovered]:
        """The bot's changes in AWS since then that the database lacks; nothing is changed. Raises Upstream."""
        asked, archived = await self._asked(since), await self._archived()
        changes = last_changes(await self._cloud.changes(since, asked))
        ours = archived.union(each.aws_id for each in asked)
        found = [await self._compare(each, ours) for each in changes.values() if ours & {one.aws_id for one in each}]
        return [each for of_one in found for each in of_one]

    async def _asked(self, since: datetime) -> Sequence[AwsChange]:
        """The changes that this bot asked for; nothing where it may not read them."""
        try:
            return await self._callers.asked_by_us(since)
        except UpstreamRefused as refused:
            log.warning("who asked AWS for changes cannot be proved", because=str(refused))
            return ()

    async def _archived(self) -> frozenset[str]:
        return await self._files.lost_operations() if self._files else frozenset()

    async def _compare(self, changes: Sequence[AwsChange], ours: AbstractSet[str]) -> Sequence[Recovered]:
        holding = changes[-1].holding
        async with self._open_unit() as unit:
            assignment = await unit.assignments.get(*holding)
            live = await unit.requests.live_of(*holding)
        lost = [Recovered(*each) for each in forgotten(changes, ours, assignment, live)]
        return [each for each in lost if each.what is not Forgotten.GRANT or await self._is_there(each.change)]

    async def _is_there(self, change: AwsChange) -> bool:
        """True if AWS has what was made; of a membership only this one, and none that others made in its place."""
        made = change.aws_id if change.target.group is not None else ""
        return await self._cloud.is_assigned(*change.holding, made=made)

    async def _know(self, learnt: Recovered) -> None:
        async with self._open_unit() as unit:
            live = await unit.requests.live_of(*learnt.change.holding)
        if learnt.what is Forgotten.GRANT:
            await self._know_grant(learnt.change, live)
            return
        over = [request for request in live if is_over_by(learnt.change, request)]
        await self._know_end(over, learnt)

    async def _know_grant(self, change: AwsChange, live: Sequence[Request]) -> None:
        """It is ours, since AWS made it. Without a request that wants it, it is taken away like everything else."""
        now, facts = self._clock.now(), {**_facts(change), "made_at": change.at.isoformat()}
        async with self._open_unit() as unit:
            await unit.assignments.learn(*change.holding, _ours(change, now), now)
            begun = None if any(map(wants_access, live)) else await _made_for(unit, change)
            if begun is not None:
                await record_transition(unit, Event.START, begun, granting(begun, change.at), now, facts=facts)
            await unit.audit.append(AuditEvent("assignment.learnt", now, facts=facts))
            await unit.commit()
        log.warning("access of ours that the book had forgotten", **facts)

    async def _know_end(self, over: Sequence[Request], learnt: Recovered) -> None:
        """Their end had come in what the database lost: they end on the same way as everything else.

        What somebody else has made since is not ours, though the book has ours there, and stays (rule 19).
        """
        change, now = learnt.change, self._clock.now()
        facts = {"because": "ended_before_restore", "aws_request_id": change.aws_id}
        try:
            async with self._open_unit() as unit:
                await unit.assignments.wake(*change.holding, now, urgent=True)
                if learnt.what is Forgotten.REPLACED:
                    await unit.assignments.learn(*change.holding, _ours(change, now), now)
                for request in over:
                    ended = advance(request, Event.END, now, revoking_at=now)
                    await record_transition(unit, Event.END, request, ended, now, facts=facts)
                await unit.commit()
        except Conflict:
            log.info("somebody was faster", aws_request_id=change.aws_id, transition=Event.END.value)

    async def _tell(self, learnt: Sequence[Recovered]) -> None:
        said = [await self._say(each) for each in learnt[:EXAMPLES]]
        more = f" and {len(learnt) - EXAMPLES} more" if len(learnt) > EXAMPLES else ""
        what = f"TEAM Bot changed this in AWS: {'; '.join(said)}{more}"
        async with self._open_unit() as unit:
            if await raise_(unit, DatabaseWentBack(what), self._clock):
                await unit.requests.skip_numbers(SKIPPED)
            await unit.commit()
        await self._redraw()

    async def _redraw(self) -> None:
        """Cards show what was so before the restore: buttons are missing from those that wait again."""
        async for page in pages(self._open_unit, *OPEN_OR_LIVE):
            cards = [
                Notice(Form.CARD, Plain(Topic.SUBMITTED), to, each.id) for each in page for to in card_places(each)
            ]
            async with self._open_unit() as unit:
                await unit.outbox.put(cards, self._clock.now())
                await unit.commit()

    async def _say(self, learnt: Recovered) -> str:
        change, what = learnt.change, "granted" if learnt.what is Forgotten.GRANT else "ended"
        return f"{await self._assignment_names.say(*change.holding)} ({what} {change.at:%Y-%m-%d %H:%M UTC})"


@dataclass(frozen=True, slots=True)
class _Look:
    """From when on changes of AWS are looked at, and until when that is repeated; None: no look is due.

    It goes on until one is done behind that moment: AWS may be away then, or the process, for however long.
    """

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, claimed: SharedRound, last_event_at: datetime | None, now: datetime, *, is_new: bool) -> "_Look":
        """The look that is going on, wider where this process is new: then also from the last sign of life on.

        The last event says it only where nobody has noted anything: commands write events as well, after a restore.
        """
        since, until, noted_at = (_instant(claimed.place.get(name)) for name in ("since", "until", "noted_at"))
        alive_at = noted_at or last_event_at
        if is_new and alive_at is not None:
            begin = alive_at - MARGIN
            return cls(min(begin, since) if since else begin, now + TOLD_WITHIN)
        return cls(since, until)

    @property
    def going_on(self) -> dict[str, object]:
        """The facts kept while it is repeated."""
        return {"since": self.since.isoformat(), "until": self.until.isoformat()} if self.since and self.until else {}

    def noted(self, now: datetime, *, is_done: bool) -> dict[str, object]:
        """The facts kept of it, with the sign of life."""
        is_over = is_done and self.until is not None and now > self.until
        return {"noted_at": now.isoformat(), **({} if is_over else self.going_on)}


async def _last_event_at(unit: UnitOfWork) -> datetime | None:
    """The time of the last audit event."""
    anchor = await unit.audit.anchor()
    last = await unit.audit.page(anchor.seq - 1, 1) if anchor.seq else ()
    try:
        return moment_of(last[0]) if last else None
    except (ValueError, TypeError, KeyError):  # it was tampered with, which is told elsewhere
        return None


async def _made_for(unit: UnitOfWork, change: AwsChange) -> Request | None:
    """The approved request that it was made for: its start is one of the things that the book forgot (rule 16)."""
    for request in await unit.requests.open_of(change.principal):
        due_at = request.start_at or request.decided_at or request.created_at
        if request.status is Status.SCHEDULED and request.target == change.target and due_at <= change.at:
            return request
    return None


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _ours(change: AwsChange, now: datetime) -> AssignmentChange:
    return AssignmentChange(change.kind, now, change.at, change.aws_id)


def _facts(change: AwsChange) -> dict[str, str]:
    return {
        "principal": change.principal,
        "account": change.target.account,
        "permission_set": change.target.permission_set,
        "aws_request_id": change.aws_id,
    }
