"""An operator's decision about an assignment that nobody here made: adopt it, ignore it, or have it removed.

Each is the operator's act, by name and with a reason in the audit trail; by itself the bot does none of them (rule 19).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from core.domain.assignment import AssignmentChange, OperationKind, may_be_ours
from core.domain.audit import AuditEvent
from core.domain.drift import Ignored, Unknown
from core.domain.errors import Conflict, NotFound
from core.domain.organization import Target, TargetNames
from core.domain.people import Principal
from core.domain.request import Actor, Event, Request, Status, granting
from core.ports import AssignmentCloud, Clock, OpenUnit, UnitOfWork
from core.services.requests.transition import record_transition


class UnknownAssignmentDecisions:
    def __init__(self, open_unit: OpenUnit, cloud: AssignmentCloud, clock: Clock) -> None:
        self._open_unit = open_unit
        self._cloud = cloud
        self._clock = clock

    async def ignore(self, who: Principal, target: Target, by: Actor, reason: str) -> None:
        """Report it no more, while it exists; and never remove it by the setting."""
        unknown, now = await self._unknown(who, target), self._clock.now()
        async with self._open_unit() as unit:
            await unit.unknowns.put(unknown)
            await unit.unknowns.ignore(unknown, Ignored(now, by.name, reason))
            await unit.audit.append(AuditEvent("drift.ignored", now, by, facts=_facts(unknown, reason)))
            await unit.commit()

    async def remove(self, who: Principal, target: Target, by: Actor, reason: str) -> None:
        """Enter it as the bot's own: with no request that wants it, it is taken away like everything else."""
        unknown, now = await self._unknown(who, target), self._clock.now()
        async with self._open_unit() as unit:
            await unit.assignments.adopt(unknown.principal, target, now)
            await unit.unknowns.remove(unknown)
            await unit.audit.append(AuditEvent("drift.removed", now, by, facts=_facts(unknown, reason)))
            await unit.commit()

    async def adopt(
        self, who: Principal, target: Target, names: TargetNames, length: timedelta, by: Actor, reason: str
    ) -> Request:
        """Give it an end: a request that has it from now on for so long, as if it had been granted here.

        AWS lists it, so nothing is asked of AWS and nothing is judged; at its end it is taken away.
        """
        unknown, now = await self._unknown(who, target), self._clock.now()
        request = _request(who, target, names, length, now, reason)
        decided = {"decided_at": now, "decided_by": by.name, "decision_comment": reason}
        request = replace(request, created_at=now, expires_at=now + length, **decided)  # type: ignore[arg-type]
        facts = _facts(unknown, reason)
        async with self._open_unit() as unit:
            request = replace(request, policy_revision=(await unit.policies.current()).revision)
            await unit.assignments.learn(who.id, target, AssignmentChange(OperationKind.CREATE, now, now), now)
            await unit.unknowns.remove(unknown)
            saved = await record_transition(unit, Event.SUBMIT_APPROVED, None, request, now, actor=by, facts=facts)
            begun = await record_transition(unit, Event.START, saved, granting(saved, now), now, actor=by, facts=facts)
            await unit.audit.append(AuditEvent("drift.adopted", now, by, saved.id, facts=facts))
            await unit.commit()
        return begun

    async def _unknown(self, who: Principal, target: Target) -> Unknown:
        """Refuse what is not there, and what the book accounts for."""
        if not await self._cloud.is_assigned(who.id, target):
            if target.group is not None:
                raise NotFound("AWS does not list this user as a member of the group.")
            raise NotFound("AWS lists no such assignment of this user. Access through a group is another one.")
        async with self._open_unit() as unit:
            await self._refuse_ours(unit, who, target)
            known = [each for each in await unit.unknowns.of(target) if each.principal == who.id]
        return known[0] if known else Unknown(who.id, target, self._clock.now())

    async def _refuse_ours(self, unit: UnitOfWork, who: Principal, target: Target) -> None:
        assignment, live = await unit.assignments.get(who.id, target), await unit.requests.live_of(who.id, target)
        if live or (assignment is not None and may_be_ours(assignment, self._clock.now())):
            raise Conflict("TEAM Bot made this assignment, or has a live request for it: end that request instead.")


def _request(
    who: Principal, target: Target, names: TargetNames, length: timedelta, now: datetime, reason: str
) -> Request:
    return Request(
        status=Status.SCHEDULED,
        requester=who.id,
        requester_name=who.name,
        requester_user_name=who.user_name,
        requester_chat=None,
        target=target,
        account_name=names.account,
        permission_set_name=names.permission_set,
        duration=length,
        session_duration=names.sessions,
        justification=reason,
        created_at=now,
        expires_at=now,
    )


def _facts(unknown: Unknown, reason: str) -> dict[str, str]:
    return {
        "principal": unknown.principal,
        "account": unknown.target.account,
        "permission_set": unknown.target.permission_set,
        "reason": reason,
    }
