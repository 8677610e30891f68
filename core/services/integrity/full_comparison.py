"""Goes through AWS once, from one end to the other, and says where it and the book disagree; for an operator.

How far it has come is kept, so that one that was stopped goes on. It looks, and changes nothing, until it is told to
repair: then what is provably ours goes the ordinary way, and what is not stays (rule 19).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from core.domain.alarm import AlarmKind
from core.domain.aws_changes import Forgotten
from core.domain.drift import Unknown, managed_targets
from core.domain.errors import Conflict, UpstreamRefused
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.reconciliation import Discord, DriftFinding, compare
from core.domain.request import Actor
from core.ports import AssignmentCloud, Clock, OpenUnit, SharedRound
from core.services.context.policy_context import PolicyContext
from core.services.integrity.recovery import Recovered, Recovery
from core.services.notifications.alarms import clear
from core.services.runtime.lease_renewal import LEASE, renewing

ROUND = "reconcile"
GOES_ON_FOR = timedelta(hours=12)
"""The age at which a result is old: the target is compared again."""

log = structlog.get_logger()

ObserveProgress = Callable[[int, int], None]
"""Told how many targets of how many have been looked at."""


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """``unseen``: targets that AWS refused to tell of."""

    findings: Sequence[DriftFinding]
    targets: int
    unseen: int


@dataclass(slots=True)
class _Progress:
    begun_at: datetime
    after: Target | None = None
    findings: list[DriftFinding] = field(default_factory=list)
    unseen: int = 0


class FullComparison:
    def __init__(
        self,
        open_unit: OpenUnit,
        policy_context: PolicyContext,
        cloud: AssignmentCloud,
        recovery: Recovery,
        clock: Clock,
    ) -> None:
        self._open_unit = open_unit
        self._policy_context = policy_context
        self._cloud = cloud
        self._recovery = recovery
        self._clock = clock

    async def run(self, since: datetime, observe: ObserveProgress, *, by: Actor | None = None) -> ComparisonReport:
        """Look at every target; at changes of AWS since then for what the bot forgot. ``by``: who has it repaired.

        Conflict while another process is at it; Upstream when AWS is away: how far it has come is kept.
        """
        now = self._clock.now()
        async with self._open_unit() as unit:
            claimed = await unit.shared_rounds.claim(ROUND, now, LEASE)
            await unit.commit()
        if claimed is None:
            raise Conflict("Another `teambot reconcile` is running, or was stopped less than a minute ago.")
        progress, is_over = _read(claimed, now), False
        try:
            report = await renewing(self._go_through(progress, since, observe), lambda: self._keep(claimed, progress))
            if by is not None:
                await self._repair(report, since, by)
            is_over = True
        finally:
            place = {} if is_over else _written(progress)
            async with self._open_unit() as unit:
                await unit.shared_rounds.release(replace(claimed, place=place), self._clock.now())
                await unit.commit()
        return report

    async def _go_through(self, progress: _Progress, since: datetime, observe: ObserveProgress) -> ComparisonReport:
        rules = await self._policy_context.rules()
        managed = set(managed_targets(rules.book, rules.organization))
        async with self._open_unit() as unit:
            targets = sorted(managed.union(await unit.assignments.targets_of_ours()), key=_order)
        done = sum(progress.after is not None and _order(target) <= _order(progress.after) for target in targets)
        observe(done, len(targets))
        for target in targets[done:]:
            await self._look(target, progress, is_managed=target in managed)
            done, progress.after = done + 1, target
            observe(done, len(targets))
        learnt = await self._recovery.find(since)
        return ComparisonReport(_merged(progress.findings, learnt), len(targets), progress.unseen)

    async def _look(self, target: Target, progress: _Progress, *, is_managed: bool) -> None:
        try:
            seen = await self._cloud.users_assigned(target)
        except UpstreamRefused as refused:
            log.warning("holders of a target cannot be listed", account=target.account, because=str(refused))
            progress.unseen += 1
            return
        async with self._open_unit() as unit:
            live, known = await unit.requests.live_on(target), await unit.assignments.ours_on(target)
            unknowns = await unit.unknowns.of(target)
        ignored = frozenset(each.principal for each in unknowns if each.is_ignored)
        now = self._clock.now()
        progress.findings += compare(target, seen, live, known, now, ignored=ignored, is_managed=is_managed)

    async def _keep(self, claimed: SharedRound, progress: _Progress) -> None:
        async with self._open_unit() as unit:
            await unit.shared_rounds.hold(replace(claimed, place=_written(progress)), self._clock.now() + LEASE)
            await unit.commit()

    async def _repair(self, report: ComparisonReport, since: datetime, by: Actor) -> None:
        """Let the ordinary way take away what is ours, and look at what is missing; unknown ones are noted."""
        await self._recovery.learn(since)
        now = self._clock.now()
        async with self._open_unit() as unit:
            for finding in report.findings:
                match finding.discord:
                    case Discord.UNKNOWN:
                        await unit.unknowns.put(Unknown(finding.principal, finding.target, now))
                    case Discord.LEFT | Discord.MISSING:
                        urgent = finding.discord is Discord.LEFT
                        await unit.assignments.wake(finding.principal, finding.target, now, urgent=urgent)
                    case Discord.FORGOTTEN | Discord.ENDED:
                        pass  # learnt above
            await clear(unit, AlarmKind.WENT_BACK, self._clock, by)
            await unit.commit()


def _merged(findings: Sequence[DriftFinding], learnt: Sequence[Recovered]) -> tuple[DriftFinding, ...]:
    """Merge findings with what CloudTrail proved: the bot's own is not unknown, and what it ended is not missing."""
    proved = {each.change.holding: each for each in learnt}
    others = [each for each in findings if (each.principal, each.target) not in proved]
    found = [
        DriftFinding(Discord.FORGOTTEN if each.what is Forgotten.GRANT else Discord.ENDED, *holding)
        for holding, each in proved.items()
    ]
    order = list(Discord)
    return tuple(sorted((*found, *others), key=lambda each: (order.index(each.discord), _order(each.target))))


def _order(target: Target) -> tuple[str, str]:
    return target.account, target.permission_set


def _written(progress: _Progress) -> dict[str, object]:
    after = progress.after
    return {
        "begun_at": progress.begun_at.isoformat(),
        "after": [after.account, after.permission_set] if after else None,
        "unseen": progress.unseen,
        "findings": [
            [each.discord.value, each.principal, each.target.account, each.target.permission_set, each.request_id]
            for each in progress.findings
        ],
    }


def _read(claimed: SharedRound, now: datetime) -> _Progress:
    place = claimed.place
    begun_at = datetime.fromisoformat(str(place["begun_at"])) if place.get("begun_at") else now
    after = place.get("after")
    if not isinstance(after, list) or now - begun_at > GOES_ON_FOR:
        return _Progress(now)
    kept = place.get("findings")
    findings = [_finding(*each) for each in kept] if isinstance(kept, list) else []
    unseen = place.get("unseen")
    return _Progress(begun_at, _target(*after), findings, unseen if isinstance(unseen, int) else 0)


def _finding(discord: str, principal: str, account: str, permission_set: str, request_id: int | None) -> DriftFinding:
    number = None if request_id is None else RequestId(request_id)
    return DriftFinding(Discord(discord), PrincipalId(principal), _target(account, permission_set), number)


def _target(account: str, permission_set: str) -> Target:
    return Target(AccountId(account), PermissionSetArn(permission_set))
