"""Withdrawing a request and ending access early. Neither asks a policy whether it may be taken away (rule 17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from core.domain.audit import AuditEvent
from core.domain.commands import CancelRequest, RevokeAccess
from core.domain.errors import NotFound, Reason, Refusal, Refused
from core.domain.evaluation import reason_in
from core.domain.extensions import OPEN, approved_extensions, siblings
from core.domain.ids import RequestId
from core.domain.machines import named_in_full
from core.domain.outcome import Outcome, Result
from core.domain.people import Person
from core.domain.policy import PolicyBook
from core.domain.request import TRANSITIONS, Actor, Event, Request, Status, advance
from core.domain.settings import Requirement
from core.domain.visibility import may_cancel, may_revoke, may_see
from core.ports import Clock, OpenUnit, UnitOfWork
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.requests.transition import CloseCommand, audited, written

MOST_OF_ONE = 200
"""Requests of one person that are looked through for others of the same target; far more than one may have."""


_Ending = CancelRequest | RevokeAccess


@dataclass(frozen=True, slots=True)
class _By:
    """The person who ends it, why and when."""

    person: Person
    reason: str
    at: datetime


class EarlyEnd:
    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock

    async def cancel(self, command: CancelRequest, close: CloseCommand) -> Outcome:
        """Withdraw an own request before it has begun."""
        return await self._end(command, Event.CANCEL, Result.CANCELLED, close)

    async def revoke(self, command: RevokeAccess, close: CloseCommand) -> Outcome:
        """End scheduled or live access early: requester, approver of the target, admin."""
        return await self._end(command, Event.REVOKE, Result.REVOKED, close)

    async def look(self, command: RevokeAccess) -> tuple[Request, Requirement]:
        """The request that a form is opened to end, and whether it asks why. Raises as ``revoke`` does."""
        _, request, book = await self._allowed(command)
        return request, book.settings.revoke_reason

    async def _end(self, command: _Ending, event: Event, result: Result, close: CloseCommand) -> Outcome:
        person, request, book = await self._allowed(command)
        if (request.status, event) not in TRANSITIONS:
            return await self._too_late(request, close)
        now, reason = self._clock.now(), reason_in(command.reason)
        if event is Event.REVOKE and book.settings.revoke_reason is Requirement.REQUIRED and not reason:
            await self._refuse(person, request, command, Refusal(Reason.REVOKE_REASON_MISSING))
        by = _By(person, reason, now)
        called_off, outcome = await self._called_off(result, event, request, by)
        await self._write([*reversed(called_off), request], event, by, outcome, close)
        return outcome

    async def _called_off(
        self, result: Result, event: Event, request: Request, by: _By
    ) -> tuple[Sequence[Request], Outcome]:
        """Find what was approved as an extension, to be called off; the outcome names that and what stays (rule 18).

        All of it is one transaction: whoever ends it is told of all that was called off.
        """
        if event is not Event.REVOKE:
            return (), Outcome(result, request.id)
        async with self._open_unit() as unit:
            theirs = await unit.requests.of_requester(request.requester, limit=MOST_OF_ONE, statuses=OPEN)
            others = siblings(request, theirs)
            is_own = request.requester == by.person.id
            ended = () if is_own else await _ended_between(unit, request, others)
        called_off = () if is_own else approved_extensions(request, [*others, *ended])
        stays = (one for one in others if one not in called_off)
        return called_off, Outcome(
            result,
            request.id,
            called_off=tuple(one.id for one in called_off),
            others=tuple(one.id for one in stays),
        )

    async def _write(
        self, requests: Sequence[Request], event: Event, by: _By, outcome: Outcome, close: CloseCommand
    ) -> None:
        """The last is what was to be ended, and the others are called off with it: the youngest first, whoever ends."""
        ended, person = requests[-1], by.person
        actor, facts = Actor(person.principal.name, person.id, person.chat_user), {"reason": by.reason}
        after = [advance(one, event, by.at, **_marks(one, event, by)) for one in requests]
        async with self._open_unit() as unit:
            if any(one.status is Status.REVOKING for one in after):
                await unit.assignments.wake(ended.requester, ended.target, by.at, urgent=True)
            pairs = list(zip(requests, after, strict=True))
            saved = [await written(unit, event, *pair, by.at, actor) for pair in pairs]
            await close(unit, outcome)
            for before, one in zip(requests, saved, strict=True):
                more = {} if before is ended else {"called_off_with": ended.id}
                await audited(unit, event, before, one, by.at, actor, {**facts, **more})
            await unit.commit()

    async def _allowed(self, command: _Ending) -> tuple[Person, Request, PolicyBook]:
        person = await self._identity.identify(command.actor, fresh=True, taking_away=True)
        async with self._open_unit() as unit:
            request = await unit.requests.get(command.request_id)
            book = await unit.policies.current()
        if request is not None and request.requester == person.id:
            return person, request, book
        rules = await self._policy_context.rules()  # asked for an unknown one as well: a guess measures nothing
        if request is None or not may_see(book, rules.organization, person, request):
            await self._identity.note_foreign(person, command.request_id, command.kind.value)
            raise NotFound
        refusal = (
            may_cancel(person, request)
            if isinstance(command, CancelRequest)
            else may_revoke(book, rules.organization, person, request)
        )
        if refusal is not None:
            await self._refuse(person, request, command, refusal)
        return person, request, book

    async def _refuse(self, person: Person, request: Request, command: _Ending, refusal: Refusal) -> NoReturn:
        actor, reason = Actor(person.principal.name, person.id, person.chat_user), refusal.reason.value
        facts = {"reason": reason, "act": command.kind.value}
        async with self._open_unit() as unit:
            await unit.refusals.note(
                AuditEvent("ending.refused", self._clock.now(), actor, request.id, request.policy_revision, facts),
                f"{reason} {request.id}",
            )
            await unit.commit()
        raise Refused(refusal)

    async def _too_late(self, request: Request, close: CloseCommand) -> Outcome:
        outcome = Outcome(Result.TOO_LATE, request.id)
        async with self._open_unit() as unit:
            await close(unit, outcome)
            await unit.commit()
        return outcome


async def _ended_between(unit: UnitOfWork, request: Request, others: Sequence[Request]) -> Sequence[Request]:
    """Requests that are over, and that one of these extends, or was to: the links between them and this access."""
    known, found = {one.id for one in others}, list[Request]()
    asked = _extended(others, request) - known
    while asked:
        older = await unit.requests.several(sorted(asked))
        found += older
        known |= asked
        asked = _extended(older, request) - known
    return found


def _extended(requests: Sequence[Request], since: Request) -> set[RequestId]:
    """The requests that these extend; an extension is younger than what it extends."""
    return {one.extends for one in requests if one.extends is not None and one.extends > since.id}


def _marks(request: Request, event: Event, by: _By) -> dict[str, object]:
    if event is Event.CANCEL and request.status is Status.PENDING:
        return {}
    marks: dict[str, object] = {"revoked_by": named_in_full(by.person), "revoke_reason": by.reason}
    return marks if request.status is Status.SCHEDULED else {**marks, "revoking_at": by.at}
