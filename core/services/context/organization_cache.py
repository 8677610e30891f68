"""Keeps the snapshot of the organization: at hand for every screen, fresh in the background."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from core.domain.audit import AuditEvent
from core.domain.durations import show_duration
from core.domain.errors import Side, Upstream, UpstreamBusy
from core.domain.ids import AccountId, PermissionSetArn, show_request_id
from core.domain.notice_content import OldPicture, OutOfReach
from core.domain.notices import Form, Notice, Plain, Topic, card_places, notices_to_admins
from core.domain.organization import Organization, with_doubts
from core.domain.request import Status
from core.ports import Clock, OpenUnit, OrganizationReader, UnitOfWork, waiting_for

REFRESH_AFTER = timedelta(minutes=5)
"""A snapshot older than this is read anew; rule 3 promises 15 minutes."""
ENDED_MEANWHILE = timedelta(minutes=15)
"""A session duration that grew while access ended is known this late at most."""
MOST_LIVE = 10_000
"""Live requests that are looked through when a permission set gets out of reach."""
LOOK_TWICE_AFTER = timedelta(seconds=20)
"""One that misses something is read anew sooner: the second reading decides."""
READ_WITHIN = 10.0
"""Seconds that a decision waits for a reading of its own, when the background has not managed one for long."""
TRY_AGAIN_AFTER = timedelta(seconds=10)
"""After a reading that failed, decisions do not ask again for so long."""

log = structlog.get_logger()


class OrganizationCache:
    """The current snapshot, from memory, else from storage. No screen waits for AWS."""

    def __init__(self, open_unit: OpenUnit, reader: OrganizationReader, clock: Clock) -> None:
        self._open_unit = open_unit
        self._reader = reader
        self._clock = clock
        self._held: Organization | None = None
        self._failed_at: datetime | None = None
        self._reading = asyncio.Lock()

    async def current(self) -> Organization:
        """The newest snapshot there is; UpstreamBusy when the organization was never read."""
        if self._held is None:
            await self.reload()
        if self._held is None:
            raise UpstreamBusy("The AWS organization has not been read yet.").at(Side.AWS)
        return self._held

    async def to_decide_by(self) -> Organization:
        """A snapshot young enough to decide by, read now if need be; UpstreamBusy when there is none (rule 3)."""
        organization = await self.current()
        if organization.may_decide(self._clock.now()):
            return organization
        await self._read_now()
        organization, now = await self.current(), self._clock.now()
        if organization.may_decide(now):
            return organization
        age = show_duration(organization.sure_age(now))
        raise UpstreamBusy(
            f"AWS Organizations was last read {age} ago and cannot be read now. What was asked for is saved."
        ).at(Side.AWS)

    async def _read_now(self) -> None:
        if self._failed_at is not None and self._clock.now() - self._failed_at < TRY_AGAIN_AFTER:
            return
        try:
            with waiting_for(Side.AWS):
                async with asyncio.timeout(READ_WITHIN):
                    await self.refresh()
        except (Upstream, TimeoutError) as error:
            self._failed_at = self._clock.now()
            log.warning("organization cannot be read for a decision", because=str(error))

    async def reload(self) -> None:
        """Take over a newer snapshot that another replica stored."""
        async with self._open_unit() as unit:
            stored_at = await unit.snapshots.taken_at()
            newer = stored_at is not None and (self._held is None or stored_at > self._held.taken_at)
            if newer:
                self._held = await unit.snapshots.get()

    async def refresh(self, *, force: bool = False) -> None:
        """Read the organization unless a fresh enough snapshot is known; one reader at a time."""
        async with self._reading:
            await self.reload()
            now = self._clock.now()
            if not force and self._held is not None and self._held.age(now) < _good_for(self._held):
                return
            try:
                read = await self._reader.read()
            except Upstream:
                await self._alarm()
                raise
            organization = with_doubts(replace(read, taken_at=max(read.taken_at, now)), self._held)
            if organization.doubted:
                log.warning("a reading of the organization misses what was there", ids=sorted(organization.doubted))
            async with self._open_unit() as unit:
                before = await unit.snapshots.put(organization)
                await self._tell_requests(unit, organization, now)
                await self._tell_out_of_reach(unit, organization, before)
                await unit.commit()
            self._held = organization

    async def _tell_requests(self, unit: UnitOfWork, organization: Organization, now: datetime) -> None:
        """Give open requests the names of now, and the longest session duration known."""

        def label(account: AccountId, so_far: str) -> str:
            return organization.label_of(account) if account in organization.accounts else so_far

        def longest(permission_set: PermissionSetArn) -> timedelta:
            found = organization.permission_sets.get(permission_set)
            return found.session_duration if found else timedelta()

        await unit.following.sessions(longest, now - ENDED_MEANWHILE)
        renamed = await unit.requests.several(await unit.following.names(label))
        cards = [
            Notice(Form.CARD, Plain(Topic.APPROVAL_COUNTED), to, each.id)
            for each in renamed
            for to in card_places(each)
        ]
        await unit.outbox.put(cards, now)

    async def _tell_out_of_reach(
        self, unit: UnitOfWork, organization: Organization, before: Organization | None
    ) -> None:
        """Alarm the admins of live access that AWS lets the bot take away no more, when that becomes so (rule 9).

        It is so since ``before``, which is what all replicas had: another one may have told of it a moment ago.
        """
        new = organization.out_of_reach - (before.out_of_reach if before else frozenset())
        if not new:
            return
        live = await unit.requests.with_status(Status.GRANTING, Status.ACTIVE, Status.REVOKING, limit=MOST_LIVE)
        for arn in sorted(new):
            held = [request for request in live if request.target.permission_set == arn]
            if not held:
                continue
            name, requests = held[0].permission_set_name, ", ".join(show_request_id(request.id) for request in held)
            now, facts = self._clock.now(), {"permission_set": name, "requests": requests}
            await unit.outbox.put(notices_to_admins(OutOfReach(name, requests)), now)
            await unit.audit.append(AuditEvent("organization.out_of_reach", now, facts=facts))

    async def _alarm(self) -> None:
        """Tell the admins, once, that the snapshot is too old to decide by."""
        now = self._clock.now()
        if self._held is None or self._held.may_decide(now):
            return
        facts = {"since": self._held.taken_at.isoformat()}
        async with self._open_unit() as unit:
            if not await unit.snapshots.alarm(self._held.taken_at, now):
                return
            await unit.outbox.put(notices_to_admins(OldPicture(self._held.taken_at)), now)
            await unit.audit.append(AuditEvent("organization.too_old", now, facts=facts))
            await unit.commit()


def _good_for(held: Organization) -> timedelta:
    return LOOK_TWICE_AFTER if held.doubted else REFRESH_AFTER
