"""Closing by hand what AWS will never take away (rule 17). It ends the request here, and nothing in AWS.

The book goes on knowing the assignment as ours, so that its deletion is tried further, and it is no stranger's.
"""

from dataclasses import replace

from core.domain.audit import AuditEvent
from core.domain.commands import CloseRequest
from core.domain.errors import Conflict, NotFound, Reason, Refusal, Refused
from core.domain.evaluation import reason_in
from core.domain.ids import RequestId
from core.domain.outcome import Outcome, Result
from core.domain.people import Persona
from core.domain.request import Actor, LeftBehind, Request, closed, closing, is_being_taken_away
from core.domain.visibility import may_see, personas
from core.ports import Clock, OpenUnit
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.requests.transition import CloseCommand, closing_with, record_transition

ONLY_FOR = "admins"


class ManualClose:
    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock

    async def close(self, command: CloseRequest, close: CloseCommand) -> Outcome:
        """Close as the command says: an admin, with a reason, and only what is being taken away."""
        person = await self._identity.identify(command.actor, fresh=True)
        reason = reason_in(command.reason)
        rules = await self._policy_context.rules()
        async with self._open_unit() as unit:
            request = await unit.requests.get(command.request_id)
        if request is None or not may_see(rules.book, rules.organization, person, request):
            await self._identity.note_foreign(person, command.request_id, command.kind.value)
            raise NotFound
        actor = Actor(person.principal.name, person.id, person.chat_user)
        refusal = None
        if Persona.ADMIN not in personas(rules.book, person):
            refusal = Refusal(Reason.NOT_PERMITTED, detail=ONLY_FOR)
        elif not reason:
            refusal = Refusal(Reason.CLOSING_REASON_MISSING)
        if refusal is not None:
            await self._note(actor, request, refusal)
            raise Refused(refusal)
        if not is_being_taken_away(request):
            outcome = Outcome(Result.TOO_LATE, request.id)
            async with self._open_unit() as unit:
                await close(unit, outcome)
                await unit.commit()
            return outcome
        await _write(self._open_unit, self._clock, request, actor, reason, close)
        return Outcome(Result.CLOSED, request.id)

    async def _note(self, actor: Actor, request: Request, refusal: Refusal) -> None:
        facts = {"reason": refusal.reason.value, "act": "close"}
        async with self._open_unit() as unit:
            event = AuditEvent("ending.refused", self._clock.now(), actor, request.id, request.policy_revision, facts)
            await unit.refusals.note(event, f"close {refusal.reason} {request.id}")
            await unit.commit()


async def close_as(open_unit: OpenUnit, clock: Clock, request_id: RequestId, actor: Actor, reason: str) -> Request:
    """Close for an operator at the command line, who needs no chat account and need not be an admin.

    NotFound when there is none; Conflict, with its status, when it is not being ended.
    """
    async with open_unit() as unit:
        request = await unit.requests.get(request_id)
    if request is None:
        raise NotFound
    if not is_being_taken_away(request):
        raise Conflict(f"is {request.status}")
    return await _write(open_unit, clock, request, actor, reason)


async def _write(
    open_unit: OpenUnit, clock: Clock, request: Request, actor: Actor, reason: str, close: CloseCommand | None = None
) -> Request:
    now, outcome = clock.now(), Outcome(Result.CLOSED, request.id)
    gone = closed(request, now, left_behind=LeftBehind.CLOSED_BY_HAND)
    failure = {"failure": request.failure} if request.failure else {}
    async with open_unit() as unit:
        saved = await record_transition(
            unit,
            closing(request),
            request,
            replace(gone, closed_by=actor.name, close_reason=reason),
            now,
            actor=actor,
            facts={"left_behind": LeftBehind.CLOSED_BY_HAND.value, "reason": reason, **failure},
            close=closing_with(close, lambda _: outcome) if close is not None else None,
        )
        await unit.commit()
    return saved
