"""Finds where AWS and the database disagree (rule 19): access that has gone missing, and access without a request.

The first is looked for by whoever looks after an assignment (``assigning.py``), who is woken for it; the second by
going through the targets under management, a few at a time.

What is found is kept and told to the admins once. It is removed only where the setting says so, and then by
the same path as everything else: the assignment is entered in the book, and nothing wants it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import structlog

from core.domain.assignment import SELDOM, Assignment, may_be_ours
from core.domain.audit import AuditEvent
from core.domain.drift import Sweep, Unknown, is_managed, managed_targets, may_remove, unknown_of
from core.domain.errors import Upstream, UpstreamRefused
from core.domain.freshness import is_younger
from core.domain.ids import PrincipalId
from core.domain.notice_content import UnknownAssignmentsFound
from core.domain.notices import notices_to_admins
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.ports import AssignmentCloud, Clock, OpenUnit, PrincipalDirectory, UnitOfWork
from core.services.context.policy_context import PolicyContext, RulesSnapshot
from core.services.context.request_pages import pages
from core.services.runtime.lease_renewal import LEASE, renewing
from core.services.runtime.row_boundaries import RowBoundaries

AT_A_TIME = 60
"""Targets a call of ``sweep``, which is one a minute: it leaves AWS's quota to people."""
NEXT_PART_AFTER = timedelta(seconds=50)
"""From the beginning of such a call to that of the next, whichever replica makes it: they share that minute."""
SWEEP_EVERY = timedelta(minutes=5)
"""At most this often; one of thousands of targets takes longer."""
SUSPECTS_AT_A_TIME = 10
TOLD_AT_ONCE = 50
TOLD_WITHIN = timedelta(minutes=15)
EXAMPLES = 5

log = structlog.get_logger()


class DriftDetector:
    """One sweep after another. One look is no proof, because lists lag: told is what a second sweep sees too."""

    def __init__(
        self,
        open_unit: OpenUnit,
        policy_context: PolicyContext,
        cloud: AssignmentCloud,
        directory: PrincipalDirectory,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._policy_context = policy_context
        self._cloud = cloud
        self._directory = directory
        self._clock = clock
        self._boundaries = RowBoundaries[Request](clock)

    async def found(self) -> Sequence[Unknown]:
        """Every unknown assignment that the last sweeps saw, oldest first; without those that somebody ignores."""
        async with self._open_unit() as unit:
            return [each for each in await unit.unknowns.all() if not each.is_ignored]

    async def look_again(self) -> None:
        """Have every assignment that live requests rest on looked at, to find what has gone missing."""
        async for page in pages(self._open_unit, Status.ACTIVE):
            try:
                await self._wake(page)
            except Exception:  # noqa: BLE001 - one row that cannot be written must not keep the others from being looked at
                await self._boundaries.each("looks", page, lambda request: self._wake([request]))

    async def _wake(self, requests: Sequence[Request]) -> None:
        async with self._open_unit() as unit:
            for request in requests:
                await unit.assignments.wake(request.requester, request.target, self._clock.now(), urgent=False)
            await unit.commit()

    async def sweep(self) -> None:
        """Look at the next few targets; now and then, and at the end of a sweep, tell what is new.

        How far it has come is stored: it goes on after a restart, and of several replicas one does it.
        """
        rules = await self._policy_context.rules()
        sweep = await self._claim(rules)
        if sweep is None:
            return
        whole = await renewing(self._go_through(rules, sweep), lambda: self._hold(sweep))
        await self._tell(rules, whole=whole)

    async def _go_through(self, rules: RulesSnapshot, sweep: Sweep) -> bool:
        """Look at the next few, and write how far that is; whether the sweep is whole."""
        next_at = self._clock.now() + NEXT_PART_AFTER
        for target in await self._suspects():
            if not await self._look(target, rules):
                break
        targets = managed_targets(rules.book, rules.organization, sweep.after)
        for target in islice(targets, AT_A_TIME):
            if not await self._look(target, rules):
                break
            sweep = replace(sweep, after=target)
        else:
            sweep = replace(sweep, is_over=next(targets, None) is None)
        async with self._open_unit() as unit:
            await unit.sweeps.release(sweep, next_at)
            await unit.commit()
        return sweep.is_over

    async def _hold(self, sweep: Sweep) -> None:
        async with self._open_unit() as unit:
            await unit.sweeps.hold(sweep, self._clock.now() + LEASE)
            await unit.commit()

    async def _claim(self, rules: RulesSnapshot) -> Sweep | None:
        """Take up the sweep that is under way, or begin one; None when another process is at it, or it is too soon."""
        now = self._clock.now()
        async with self._open_unit() as unit:
            sweep = await unit.sweeps.claim(now, LEASE)
            if sweep is None or (sweep.is_over and is_younger(sweep.begun_at, now, SWEEP_EVERY)):
                return None
            if sweep.is_over:
                sweep = replace(sweep, begun_at=now, after=None, is_over=False)
                await self._forget_unmanaged(unit, rules)
            await unit.commit()
        return sweep

    async def _forget_unmanaged(self, unit: UnitOfWork, rules: RulesSnapshot) -> None:
        for known in await unit.unknowns.all():
            if not is_managed(rules.book, rules.organization, known.target):
                await unit.unknowns.remove(known)

    async def _suspects(self) -> Sequence[Target]:
        """Targets where drift was seen once: they are looked at again soon, however long the whole sweep takes."""
        long_enough_ago = self._clock.now() - SWEEP_EVERY  # a list may show for a while what is gone
        once = (one for one in await self.found() if one.confirmed_at is None)
        seen_once = (one.target for one in once if one.found_at <= long_enough_ago)
        return [*dict.fromkeys(seen_once)][:SUSPECTS_AT_A_TIME]

    async def _look(self, target: Target, rules: RulesSnapshot) -> bool:
        """True if the sweep can go on: not while AWS is away."""
        try:
            seen = await self._cloud.users_assigned(target)
        except UpstreamRefused as error:
            log.warning("holders of a target cannot be listed", account=target.account, because=str(error))
        except Upstream as error:
            log.info("sweep for unknown assignments pauses", because=str(error))
            return False
        except Exception:
            log.exception("holders of a target cannot be read", account=target.account, incident=secrets.token_hex(4))
        else:
            await self._compare_alone(target, seen, rules)
        return True

    async def _compare_alone(self, target: Target, seen: frozenset[PrincipalId], rules: RulesSnapshot) -> None:
        """A target that cannot be compared is left out of this sweep: the others go on."""
        try:
            await self._compare(target, seen, rules)
        except Upstream as error:
            log.warning("target cannot be compared", account=target.account, because=str(error))
        except Exception:
            log.exception("target cannot be compared", account=target.account, incident=secrets.token_hex(4))

    async def _compare(self, target: Target, seen: frozenset[PrincipalId], rules: RulesSnapshot) -> None:
        now = self._clock.now()
        async with self._open_unit() as unit:
            wanted = frozenset(request.requester for request in await unit.requests.live_on(target))
            known_ours = await unit.assignments.ours_on(target)
            ours = frozenset(assignment.principal for assignment in known_ours if may_be_ours(assignment, now))
            for left_behind in (ours & seen) - wanted - _of_no_use(known_ours, now):
                await unit.assignments.wake(left_behind, target, now, urgent=True)
            unknown = unknown_of(seen, wanted, ours)
            for principal in unknown:
                await unit.unknowns.put(Unknown(principal, target, now))
            for known in await unit.unknowns.of(target):
                if known.principal not in unknown:
                    await unit.unknowns.remove(known)
                elif known.confirmed_at is None and known.found_at < now:
                    await unit.unknowns.confirm(known, now)
                elif may_remove(known, rules.book.settings.unknown_assignments, now):
                    await self._remove(unit, known, now)
            await unit.commit()

    async def _remove(self, unit: UnitOfWork, unknown: Unknown, now: datetime) -> None:
        await unit.assignments.adopt(unknown.principal, unknown.target, now)
        await unit.unknowns.remove(unknown)
        facts = {"kind": "unknown_assignment_removed", **_facts(unknown)}
        await unit.audit.append(AuditEvent("drift.removed", now, facts=facts))
        log.warning("unknown assignment is being removed", **_facts(unknown))

    async def _tell(self, rules: RulesSnapshot, *, whole: bool) -> None:
        """One message for all that is new: a company that begins may have many.

        Not before it is many, the sweep is whole, or the first of it has waited long enough.
        """
        now = self._clock.now()
        new = [one for one in await self.found() if one.told_at is None and one.confirmed_at is not None]
        waited = [one for one in new if one.confirmed_at is not None and now - one.confirmed_at >= TOLD_WITHIN]
        if not new or not (whole or waited or len(new) >= TOLD_AT_ONCE):
            return
        examples = [await self._name(unknown, rules) for unknown in new[:EXAMPLES]]
        now = self._clock.now()  # the names took their time, and admins have half an hour from now on to object
        async with self._open_unit() as unit:
            told = await unit.unknowns.tell(new, now)
            for unknown in told:
                facts = {"kind": "unknown_assignment", **_facts(unknown)}
                await unit.audit.append(AuditEvent("drift.found", now, facts=facts))
            if told:  # by this replica, and by no other
                setting = rules.book.settings.unknown_assignments
                await unit.outbox.put(
                    notices_to_admins(UnknownAssignmentsFound(len(told), "; ".join(examples), setting)), now
                )
            await unit.commit()

    async def _name(self, unknown: Unknown, rules: RulesSnapshot) -> str:
        try:
            principal = await self._directory.principal(unknown.principal)
            groups = {group.id: group.name for group in await self._directory.groups()}
        except Upstream:  # then the id has to do: nobody waits for a name to hear of it
            principal, groups = None, {}
        if unknown.target.group is not None:
            called = groups.get(unknown.target.group, unknown.target.group)
            return f"{principal.name if principal else unknown.principal} is in the group {called}"
        account = rules.organization.accounts.get(unknown.target.account)
        permission_set = rules.organization.permission_sets.get(unknown.target.permission_set)
        who = principal.name if principal else unknown.principal
        what = permission_set.name if permission_set else unknown.target.permission_set
        where = account.name if account else unknown.target.account
        return f"{who} has {what} in {where}"


def _of_no_use(ours: Sequence[Assignment], now: datetime) -> frozenset[PrincipalId]:
    """Principals whose assignments nobody can use: deletion is still tried now and then (rule 17)."""
    tried = ((assignment.principal, assignment.unusable) for assignment in ours)
    return frozenset(principal for principal, unusable in tried if unusable and now - unusable.since < SELDOM)


def _facts(unknown: Unknown) -> dict[str, str]:
    return {
        "principal": unknown.principal,
        "account": unknown.target.account,
        "permission_set": unknown.target.permission_set,
    }
