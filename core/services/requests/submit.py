"""Asking for access: a submitted form becomes a request, or a refusal with every reason (rules 3 to 9)."""

from collections.abc import Collection
from dataclasses import replace
from typing import NoReturn

from core.domain.audit import AuditEvent
from core.domain.commands import SubmitRequest
from core.domain.conversations import on_platforms
from core.domain.errors import Refusal, Refused
from core.domain.evaluation import (
    Evaluation,
    EvaluationInput,
    RequestedAccess,
    effective_start,
    evaluate,
    whole_minutes,
)
from core.domain.open_requests import WITHDRAWN_WITHIN, one_too_many, open_at, withdrawn_too_often
from core.domain.outcome import Outcome, Result
from core.domain.people import Person
from core.domain.policy import PolicyBook
from core.domain.request import Actor, Event, Request, Status, extended_by, next_reminder
from core.domain.windows import expiry
from core.ports import Clock, OpenUnit, UnitOfWork
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.requests.transition import CloseCommand, about_reasons, closing_with, record_transition


class RequestSubmission:
    """Judges a submission and stores the request it becomes."""

    def __init__(
        self,
        open_unit: OpenUnit,
        identity: Identity,
        policy_context: PolicyContext,
        clock: Clock,
        platforms: Collection[str],
    ) -> None:
        """``platforms``: those that cards can be posted on."""
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock
        self._platforms = platforms

    async def submit(self, command: SubmitRequest, close: CloseCommand) -> Outcome:
        """Make a request of a form. Raises Refused with every reason; nothing is stored then but the refusal."""
        person = await self._identity.identify(command.actor, fresh=True, since=command.sent_at)
        access = replace(command.access, sent_at=command.sent_at)
        async with self._open_unit() as unit:  # before AWS is asked for anything: this no must cost next to nothing
            excess, book = await self._excess(unit, person, access), await unit.policies.current()
        if excess is not None:
            return await self._refuse(person, access, book, (excess,), (excess,))
        seen = await self._policy_context.gather(person, access.target)
        judgement = evaluate(access, seen)
        if not judgement.allowed:
            return await self._refuse(person, access, seen.book, judgement.refusals, judgement.told)
        request = self._with_channels(new_request(access, seen, judgement))
        event = Event.SUBMIT if judgement.needs_approval else Event.SUBMIT_APPROVED
        async with self._open_unit() as unit:
            excess = await self._excess(unit, person, access)  # again: another form may have been faster
            if excess is None:
                return await self._store(unit, event, request, seen, close)
        return await self._refuse(person, access, seen.book, (excess,), (excess,))

    def _with_channels(self, request: Request) -> Request:
        """The request with the channels that can be posted in; with none, each approver gets the card."""
        return replace(request, channels=on_platforms(request.channels, self._platforms))

    async def _store(
        self, unit: UnitOfWork, event: Event, request: Request, seen: EvaluationInput, close: CloseCommand
    ) -> Outcome:
        person = seen.person
        prolonged = extended_by(request.start_at, await unit.requests.live_of(person.id, request.target))
        request = replace(request, extends=prolonged.id if prolonged else None)
        saved = await record_transition(
            unit,
            event,
            None,
            request,
            seen.now,
            actor=Actor(person.principal.name, person.id, person.chat_user),
            facts=facts_of(request),
            close=closing_with(close, lambda stored: Outcome(Result.SUBMITTED, stored.id)),
        )
        await unit.commit()
        return Outcome(Result.SUBMITTED, saved.id)

    async def _excess(self, unit: UnitOfWork, person: Person, access: RequestedAccess) -> Refusal | None:
        now, settings = self._clock.now(), (await unit.policies.current()).settings
        there = open_at(await unit.requests.open_of(person.id), now)
        start_at, duration = effective_start(access.start_at, now), whole_minutes(access.duration)
        withdrawn = await unit.requests.withdrawn(person.id, now - WITHDRAWN_WITHIN)
        excess = one_too_many(access.target, start_at, duration, there, settings)
        return excess or withdrawn_too_often(access.target, withdrawn, settings, now)

    async def _refuse(
        self,
        person: Person,
        access: RequestedAccess,
        book: PolicyBook,
        why: tuple[Refusal, ...],
        told: tuple[Refusal, ...],
    ) -> NoReturn:
        facts = {
            "account": access.target.account,
            "permission_set": access.target.permission_set,
            "reasons": [refusal.reason.value for refusal in why],
        }
        actor = Actor(person.principal.name, person.id, person.chat_user)
        async with self._open_unit() as unit:
            event = AuditEvent("request.refused", self._clock.now(), actor, None, book.revision, facts)
            await unit.refusals.note(event, about_reasons(why))
            await unit.commit()
        raise Refused(*told)


def new_request(access: RequestedAccess, seen: EvaluationInput, judgement: Evaluation) -> Request:
    """The request as it will be stored, with names from the organization and the policies that decided (rule 6)."""
    organization, person, settings = seen.organization, seen.person, seen.book.settings
    permission_set = organization.permission_sets[access.target.permission_set]
    needed, start_at = judgement.needs_approval, effective_start(access.start_at, access.sent_at or seen.now)
    request = Request(
        status=Status.PENDING if needed else Status.SCHEDULED,
        requester=person.id,
        requester_name=person.principal.name,
        requester_user_name=person.principal.user_name,
        requester_chat=person.chat_user,
        second_account=person.only_asks,
        target=access.target,
        account_name=organization.label_of(access.target.account),
        permission_set_name=permission_set.name,
        session_duration=permission_set.session_duration,
        duration=whole_minutes(access.duration),
        justification=access.justification.strip(),
        ticket=access.ticket.strip(),
        start_at=start_at,
        created_at=seen.now,
        expires_at=expiry(start_at, whole_minutes(access.duration), seen.now, settings.request_expiry),
        eligibility_policies=judgement.eligibility.policies if judgement.eligibility else (),
        approval_policies=judgement.approval.policies if needed else (),
        channels=judgement.approval.channels if needed else (),
        tells_each=needed and judgement.approval.tells_each,
        quorum=judgement.approval.quorum if needed else 0,
        policy_revision=seen.book.revision,
        decided_at=None if needed else seen.now,
    )
    return replace(request, remind_at=next_reminder(request, settings.reminder_after, seen.now)) if needed else request


def facts_of(request: Request) -> dict[str, object]:
    """The facts of a request, for the audit trail."""
    return {
        "requester": request.requester,
        "account": request.target.account,
        "account_name": request.account_name,
        "permission_set": request.target.permission_set,
        "permission_set_name": request.permission_set_name,
        "start_at": request.start_at.isoformat() if request.start_at else None,
        "minutes": round(request.duration.total_seconds() / 60),
        "justification": request.justification,
        "ticket": request.ticket,
        "eligibility_policies": list(request.eligibility_policies),
        "approval_policies": list(request.approval_policies),
        "approvals_needed": request.quorum,
        "extends": request.extends,
        **({"second_account": True} if request.second_account else {}),
    }
