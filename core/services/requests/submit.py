"""Asking for access: a submitted form becomes a request, or a refusal with every reason (rules 3 to 9)."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain

from core.domain.audit import AuditEvent, facts_of_new
from core.domain.commands import SubmitRequest, SubmitTogether
from core.domain.conversations import on_platforms
from core.domain.errors import Field, Reason, Refusal, Refused, Upstream
from core.domain.evaluation import (
    Evaluation,
    EvaluationInput,
    RequestedAccess,
    effective_start,
    evaluate,
    whole_minutes,
)
from core.domain.open_requests import MOST_TARGETS, WITHDRAWN_WITHIN, one_too_many, open_at, withdrawn_too_often
from core.domain.organization import Organization, Target, named_target
from core.domain.outcome import Outcome, Result
from core.domain.people import Person
from core.domain.policy import PolicyBook
from core.domain.request import Actor, Event, Request, Status, extended_by, next_reminder
from core.domain.windows import expiry
from core.ports import Clock, OpenUnit, UnitOfWork
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext
from core.services.requests.together import NewRequest, record_together
from core.services.requests.transition import (
    CloseCommand,
    HoldCommand,
    about_reasons,
    closing_with,
    record_transition,
)

_OF_THE_FORM = frozenset({Field.START, Field.JUSTIFICATION, Field.TICKET})
"""Fields that all targets of a form share."""

JUDGED_FIRST_FOR = timedelta(minutes=2)
"""The time after a refusal behind an answer: what was known then may still be known, and would answer again."""
LATEST = 5
"""Requests of theirs that are looked through for one; after it there are few more."""

Verdicts = Sequence[Sequence[Refusal]]
"""The refusals of each target, in the order in which they were asked for; none for what may be had."""


class RequestSubmission:
    """Judges a submission and stores the request it becomes, or the requests."""

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

    async def file(self, command: SubmitRequest, hold: HoldCommand) -> Request | None:
        """Store the request that a form becomes by what is known, to be judged by what is so before anybody is told.

        What is known: the person a minute ago at most, the policies, the organization, this person's requests, and what
        AWS listed when the target was chosen (rule 8). None where it may be refused, or where too little is known: what
        is known refuses nobody, and ``submit`` judges then. So it does for whom what is known has just been wrong.
        Raises Conflict when the form has been sent before.
        """
        now = self._clock.now()
        access = replace(command.access, sent_at=now)
        try:
            person = await self._identity.identify(command.actor)
            if await self._policy_context.found_to_hold(person.id, access.target) is not False:
                return None
            rules = await self._policy_context.rules_to_decide_by()
            seen = await self._policy_context.gather(person, access.target, rules=rules, holds_already=False)
        except (Refused, Upstream):
            return None
        judgement = evaluate(access, seen)
        if not judgement.allowed:
            return None
        new = self._new(access, seen, judgement)
        new = replace(new, request=replace(new.request, unjudged=True))
        async with self._open_unit() as unit:
            close = await hold(unit)  # first of all: what is sent twice, or performed meanwhile, takes no number
            if any(await self._excesses(unit, person, [access], rules.book)):
                return None
            if await self._was_refused_lately(unit, person):
                return None
            return await self._store_one(unit, await self._extending(unit, new), seen, close)

    async def _was_refused_lately(self, unit: UnitOfWork, person: Person) -> bool:
        """True if an answer has just come to nothing: a refusal of the next forms costs next to nothing (rule 26)."""
        after = self._clock.now() - JUDGED_FIRST_FOR
        last = await unit.requests.of_requester(person.id, limit=LATEST)
        failed = (one.closed_at for one in last if one.unjudged and one.status is Status.FAILED)
        return any(at is not None and at > after for at in failed)

    async def submit(self, command: SubmitRequest | SubmitTogether, close: CloseCommand) -> Outcome:
        """Make a request of a form, or one for each of its targets: all of them, or none.

        A refusal names every reason; nothing is stored then but that. Raises Refused for whoever may not ask at all.
        """
        person = await self._identity.identify(command.actor, fresh=True, since=command.sent_at)
        asked = _asked_for(command)
        async with self._open_unit() as unit:  # before AWS is asked for anything: this no must cost next to nothing
            book = await unit.policies.current()
            verdicts = await self._excesses(unit, person, asked, book)
        if any(verdicts):
            return await self._refuse(person, asked, book, verdicts, verdicts, close)
        rules = await self._policy_context.rules_to_decide_by()
        looks = (self._policy_context.gather(person, access.target, rules=rules) for access in asked)
        gathered = await asyncio.gather(*looks)
        seen = [replace(each, now=gathered[0].now) for each in gathered]  # one moment for all of a form
        found = [evaluate(*each) for each in zip(asked, seen, strict=True)]
        if not all(judgement.allowed for judgement in found):
            why = [judgement.refusals for judgement in found]
            told = _told(asked, found, rules.organization)
            return await self._refuse(person, asked, rules.book, why, told, close)
        new = [self._new(*each) for each in zip(asked, seen, found, strict=True)]
        async with self._open_unit() as unit:  # again: another form may have been faster
            verdicts = await self._excesses(unit, person, asked, await unit.policies.current())
            if not any(verdicts):
                return await self._store(unit, new, seen[0], close)
        return await self._refuse(person, asked, rules.book, verdicts, verdicts, close)

    def _new(self, access: RequestedAccess, seen: EvaluationInput, judgement: Evaluation) -> NewRequest:
        """With the channels that can be posted in; with none, each approver gets the card."""
        request = new_request(access, seen, judgement)
        request = replace(request, channels=on_platforms(request.channels, self._platforms))
        event = Event.SUBMIT if judgement.needs_approval else Event.SUBMIT_APPROVED
        asked = judgement.approval
        return NewRequest(event, request, (request.channels, request.tells_each, asked.users, asked.groups))

    async def _store(
        self, unit: UnitOfWork, new: Sequence[NewRequest], seen: EvaluationInput, close: CloseCommand
    ) -> Outcome:
        prolonging = [await self._extending(unit, one) for one in new]
        if len(prolonging) == 1:
            saved = await self._store_one(unit, prolonging[0], seen, close)
            return Outcome(Result.SUBMITTED, saved.id)
        outcome = await record_together(unit, prolonging, seen.now, actor=_actor(seen.person), close=close)
        await unit.commit()
        return outcome

    async def _extending(self, unit: UnitOfWork, new: NewRequest) -> NewRequest:
        """The same, with the live request that it prolongs where there is one."""
        request = new.request
        prolonged = extended_by(request.start_at, await unit.requests.live_of(request.requester, request.target))
        return replace(new, request=replace(request, extends=prolonged.id if prolonged else None))

    async def _store_one(
        self, unit: UnitOfWork, new: NewRequest, seen: EvaluationInput, close: CloseCommand
    ) -> Request:
        saved = await record_transition(
            unit,
            new.event,
            None,
            new.request,
            seen.now,
            actor=_actor(seen.person),
            facts=facts_of_new(new.request),
            close=closing_with(close, lambda stored: Outcome(Result.SUBMITTED, stored.id)),
        )
        await unit.commit()
        return saved

    async def _excesses(
        self, unit: UnitOfWork, person: Person, asked: Sequence[RequestedAccess], book: PolicyBook
    ) -> Verdicts:
        """The limits of one person that each target is beyond, counted beside those before it (rule 26)."""
        if len(asked) > MOST_TARGETS:
            too_many = Refusal(Reason.TOO_MANY_TARGETS, Field.PERMISSION_SET, detail=str(len(asked)))
            return [(too_many,), *[()] * (len(asked) - 1)]
        now, settings = self._clock.now(), book.settings
        there = open_at(await unit.requests.open_of(person.id), now)
        withdrawn = await unit.requests.withdrawn(person.id, now - WITHDRAWN_WITHIN)
        verdicts = []
        for beside, access in enumerate(asked):
            start_at, duration = effective_start(access.start_at, now), whole_minutes(access.duration)
            excess = one_too_many(access.target, start_at, duration, there, settings, beside)
            excess = excess or withdrawn_too_often(access.target, withdrawn, settings, now)
            place = beside + 1 if len(asked) > 1 else 0
            verdicts.append(() if excess is None else (replace(excess, place=place),))
        return verdicts

    async def _refuse(
        self,
        person: Person,
        asked: Sequence[RequestedAccess],
        book: PolicyBook,
        why: Verdicts,
        told: Verdicts,
        close: CloseCommand,
    ) -> Outcome:
        """One event for the form, about the first target that is refused; with the others where there are some.

        It is noted together with the outcome: a second delivery of a form that has been stored by then notes none.
        """
        refused = [(access.target, refusals) for access, refusals in zip(asked, why, strict=True) if refusals]
        facts = _facts_of_refusal(*refused[0])
        if len(asked) > 1:
            facts |= {"targets": [_facts_of_refusal(*each) for each in refused], "asked": len(asked)}
        outcome = Outcome(Result.DECLINED, refusals=tuple(dict.fromkeys(chain.from_iterable(told))))
        async with self._open_unit() as unit:
            await close(unit, outcome)
            event = AuditEvent("request.refused", self._clock.now(), _actor(person), None, book.revision, facts)
            await unit.refusals.note(event, about_reasons(chain.from_iterable(why)))
            await unit.commit()
        return outcome


def _actor(person: Person) -> Actor:
    return Actor(person.principal.name, person.id, person.chat_user)


def _asked_for(command: SubmitRequest | SubmitTogether) -> list[RequestedAccess]:
    """The access that a form asks for, each target once."""
    others = command.others if isinstance(command, SubmitTogether) else ()
    targets = dict.fromkeys((command.access.target, *others))
    return [replace(command.access, target=target, sent_at=command.sent_at) for target in targets]


def _told(asked: Sequence[RequestedAccess], found: Sequence[Evaluation], organization: Organization) -> Verdicts:
    """The refusals that the asker reads; of several targets each names its own, by what the asker may see of it."""
    if len(asked) == 1:
        return [judgement.told for judgement in found]
    told = []
    for beside, (access, judgement) in enumerate(zip(asked, found, strict=True)):
        of = named_target(access.target, organization if judgement.eligibility else None)
        told.append(
            tuple(no if no.field in _OF_THE_FORM else replace(no, of=of, place=beside + 1) for no in judgement.told)
        )
    return told


def _facts_of_refusal(target: Target, refusals: Sequence[Refusal]) -> dict[str, object]:
    reasons = [refusal.reason.value for refusal in refusals]
    return {"account": target.account, "permission_set": target.permission_set, "reasons": reasons}


def new_request(access: RequestedAccess, seen: EvaluationInput, judgement: Evaluation) -> Request:
    """The request as it will be stored, with names from the organization and the policies that decided (rule 6)."""
    organization, person, settings = seen.organization, seen.person, seen.book.settings
    names = organization.names_of(access.target, seen.group.name if seen.group else None)
    if names is None:
        raise ValueError("what was judged to be there has no name")
    needed, start_at = judgement.needs_approval, effective_start(access.start_at, access.sent_at or seen.now)
    request = Request(
        status=Status.PENDING if needed else Status.SCHEDULED,
        requester=person.id,
        requester_name=person.principal.name,
        requester_user_name=person.principal.user_name,
        requester_chat=person.chat_user,
        second_account=person.barred_by is Reason.SECOND_ACCOUNT,
        filed_by_token=person.token,
        target=access.target,
        account_name=names.account,
        permission_set_name=names.permission_set,
        session_duration=names.sessions,
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
