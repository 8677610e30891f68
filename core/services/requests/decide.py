"""Approving and rejecting (rules 10 to 14)."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.approval import (
    Approval,
    Tally,
    Verdict,
    Vote,
    allowed_duration,
    approval_for,
    may_decide,
    may_shorten,
    tally,
)
from core.domain.audit import AuditEvent
from core.domain.commands import DecideRequest
from core.domain.durations import MINUTE
from core.domain.errors import Field, NotFound, Reason, Refusal, Refused, Side, Upstream, UpstreamBusy
from core.domain.evaluation import reason_in
from core.domain.ids import RequestId, show_request_id
from core.domain.notice_content import ApprovalCounted
from core.domain.notices import AUDIT_CHANNEL, Form, Notice, Plain, Topic, card_places
from core.domain.outcome import Outcome, Result
from core.domain.people import Person
from core.domain.policy import PolicyBook
from core.domain.request import (
    CLOCKWORK,
    Actor,
    Event,
    Request,
    Status,
    advance,
    digest,
    digest_before,
    has_expired,
)
from core.domain.settings import Requirement
from core.domain.visibility import may_see
from core.domain.windows import lapse
from core.ports import Clock, MessageRef, OpenUnit
from core.services.context.identity import Identity, fresh_since
from core.services.context.policy_context import PolicyContext
from core.services.notifications.home_screens import homes_to_redraw
from core.services.requests.recheck import RequestRecheck
from core.services.requests.transition import CloseCommand, closing_with, record_transition


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's click, and everything it is measured against."""

    person: Person
    request: Request
    votes: tuple[Vote, ...]
    approval: Approval
    book: PolicyBook
    verdict: Verdict
    comment: str
    digest: str
    at: datetime
    allowed: timedelta | None = None
    """The length that is approved, when the approver named one."""
    lapsed: tuple[str, ...] = ()
    """The names of those who approved earlier and may no longer decide (rule 11)."""
    sent_at: datetime | None = None
    """The time at which the click came in, which may be half an hour ago."""

    @property
    def actor(self) -> Actor:
        return Actor(self.person.principal.name, self.person.id, self.person.chat_user)

    @property
    def vote(self) -> Vote:
        person = self.person
        return Vote(
            self.request.id,
            person.id,
            person.principal.name,
            self.verdict,
            self.comment,
            self.at,
            person.chat_user,
            self.allowed if self.allowed != self.request.duration else None,
        )

    @property
    def is_repeated(self) -> bool:
        """True if this person has approved before, and does so once more: it is still one decision (rule 12)."""
        return self.verdict is Verdict.APPROVE and any(vote.principal_id == self.person.id for vote in self.votes)

    @property
    def without_own_vote(self) -> "Decision":
        return replace(self, votes=tuple(vote for vote in self.votes if vote.principal_id != self.person.id))

    @property
    def quorum(self) -> int:
        return max(self.request.quorum, self.approval.quorum)

    @property
    def is_too_late(self) -> bool:
        return has_expired(self.request, self.at) or lapse(self.request, self.at) is not None

    @property
    def shortened(self) -> Request:
        """The request as the approvals so far and this one allow it."""
        asked = self.request.duration
        allowed = allowed_duration(asked, (*self.votes, self.vote))
        return replace(self.request, duration=allowed, asked_duration=asked) if allowed < asked else self.request


@dataclass(frozen=True, slots=True)
class PressCheck:
    """A press of Approve: the fingerprint that it stands for, whether it came from what we sent, what it takes."""

    digest: str
    is_ours: bool
    quorum: int

    @property
    def counts_at_once(self) -> bool:
        """One press approves alone only where one approval does, and where the facts beside it were drawn by us."""
        return self.is_ours and self.quorum < 2


class ApprovalDecisions:
    """Counts a decision, moves the request when it is decided, and tells the others who was faster."""

    def __init__(self, open_unit: OpenUnit, identity: Identity, policy_context: PolicyContext, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._policy_context = policy_context
        self._clock = clock
        self._recheck = RequestRecheck(open_unit, identity, policy_context)

    async def decide(self, command: DecideRequest, close: CloseCommand) -> Outcome:
        """Decide as the command says. Raises NotFound, and Conflict when a parallel decision won the write.

        Refused is raised for whoever may not act at all.
        """
        decision = await self._prepare(command, to_decide=True)
        if decision.request.unjudged and decision.request.status is Status.PENDING:  # nobody was shown it
            raise UpstreamBusy(f"{show_request_id(decision.request.id)} is still being checked.", side=Side.BOT)
        if decision.request.status is Status.PENDING and decision.is_too_late:
            return await self._expire(decision, close)
        if decision.request.status is not Status.PENDING:
            return await self._settle(Outcome(Result.TOO_LATE, decision.request.id), close)
        if (refusal := _refusal(decision)) is not None and not await self._completes(decision):
            return await self._decline(decision, refusal, close)
        if decision.verdict is Verdict.REJECT:
            return await self._reject(decision, close)
        return await self._approve(decision, close)

    async def check_press(self, request_id: RequestId, shown: str, at: MessageRef | None) -> PressCheck | None:
        """The request behind a pressed button: None when it bears the fingerprint of no request.

        ``at`` is the message it was made in; None for Home, a modal or a private list. The same is asked for whatever
        the button names, so that a forged one measures nothing.
        """
        async with self._open_unit() as unit:
            request = await unit.requests.get(request_id)
            is_ours = at is None or await unit.cards.is_ours(request_id, at)
            book = await unit.policies.current()
        organization = None
        with suppress(Upstream):  # without a picture of the organization the stored quorum has to do
            organization = (await self._policy_context.rules()).organization
        if request is None or shown not in {digest(request), digest_before(request)}:
            return None
        quorum = request.quorum
        if organization is not None:
            quorum = max(quorum, approval_for(book, organization, request.target).quorum)
        return PressCheck(digest(request), is_ours and shown == digest(request), quorum)

    async def look(self, command: DecideRequest) -> Request:
        """Raise what ``decide`` would, before a form is opened for it; the words are asked for in that form."""
        decision = await self._prepare(command)
        pending = decision.request.status is Status.PENDING
        if pending and (refusal := _refusal(decision)) is not None and not await self._completes(decision):
            async with self._open_unit() as unit:
                await unit.refusals.note(*_noted(decision, refusal))
                await unit.commit()
            raise Refused(refusal)
        return decision.request

    async def _prepare(self, command: DecideRequest, *, to_decide: bool = False) -> Decision:
        async with self._open_unit() as unit:
            request = await unit.requests.get(command.request_id)
        knows = request is not None and command.digest == digest(request)  # whoever has its card (rule 13)
        pending = request is not None and request.status is Status.PENDING
        # Who holds the card and is late only needs to be told so: of a crowd, one is worth the questions to AWS.
        fresh, rejects = pending or not knows, command.verdict is Verdict.REJECT
        person = await self._identity.identify(command.actor, fresh=fresh, taking_away=rejects, since=command.sent_at)
        request = await self._seen(command, person, request, knows=knows)
        gives = to_decide and pending and command.verdict is Verdict.APPROVE
        rules = await (self._policy_context.rules_to_decide_by() if gives else self._policy_context.rules())
        async with self._open_unit() as unit:
            request = await unit.requests.get(request.id) or request
            votes = tuple(await unit.votes.of(request.id))
        return Decision(
            person=person,
            request=request,
            votes=votes,
            approval=approval_for(rules.book, rules.organization, request.target),
            book=rules.book,
            verdict=command.verdict,
            comment=reason_in(command.comment),
            digest=command.digest,
            at=self._clock.now(),
            allowed=command.allowed,
            sent_at=command.sent_at,
        )

    async def _seen(self, command: DecideRequest, person: Person, request: Request | None, *, knows: bool) -> Request:
        """The request, for whoever may see it or has its card; NotFound takes the same way for none and a foreign one.

        Up to here nothing may be asked that depends on the request: a forged button would tell them apart by time.
        """
        if request is not None and knows:
            return request
        rules = await self._policy_context.rules()
        if request is None or not may_see(rules.book, rules.organization, person, request):
            await self._identity.note_foreign(person, command.request_id, command.kind.value)
            raise NotFound
        return request

    async def _decline(self, decision: Decision, refusal: Refusal, close: CloseCommand) -> Outcome:
        """Refuse, and note it, unless this click has been counted by another delivery of it meanwhile: Conflict."""
        outcome = Outcome(Result.DECLINED, refusals=(refusal,))
        async with self._open_unit() as unit:
            await close(unit, outcome)
            await unit.refusals.note(*_noted(decision, refusal))
            await unit.commit()
        return outcome

    async def _expire(self, decision: Decision, close: CloseCommand) -> Outcome:
        """Its time was over before the click, only nobody had noticed: no approval after expiry."""
        outcome = Outcome(Result.TOO_LATE, decision.request.id)
        async with self._open_unit() as unit:
            why = lapse(decision.request, decision.at)
            expired = advance(decision.request, Event.EXPIRE, decision.at, failure=why.value if why else "")
            await record_transition(
                unit,
                Event.EXPIRE,
                decision.request,
                expired,
                decision.at,
                actor=CLOCKWORK,
                close=closing_with(close, lambda _: outcome),
            )
            await unit.commit()
        return outcome

    async def _reject(self, decision: Decision, close: CloseCommand) -> Outcome:
        rejected = advance(decision.request, Event.REJECT, decision.at, **_decided(decision))
        return await self._write(decision, Event.REJECT, rejected, Result.REJECTED, close)

    async def _approve(self, decision: Decision, close: CloseCommand) -> Outcome:
        since = fresh_since(decision.sent_at, self._clock.now())
        refusals = await self._recheck.refusals(decision.shortened, since=since)
        if refusals:
            return await self._disallow(decision, refusals, close)
        earlier = await self._recheck.votes_that_count(decision.votes, decision.approval, since=since)
        decision = replace(decision, lapsed=tuple(vote.name for vote in decision.votes if vote not in earlier))
        counted = tally((*earlier, decision.vote), decision.quorum, decision.request.requester)
        if counted is Tally.APPROVED:
            approved = advance(decision.shortened, Event.APPROVE, decision.at, **_decided(decision))
            return await self._write(decision, Event.APPROVE, approved, Result.APPROVED, close)
        return await self._count(decision, replace(decision.request, quorum=decision.quorum), close)

    async def _completes(self, decision: Decision) -> bool:
        """True if enough approvals count without another: one counts again that did not at the last click (rule 11)."""
        if not decision.is_repeated or _refusal(decision.without_own_vote) is not None:
            return False
        since = fresh_since(decision.sent_at, self._clock.now())
        counted = await self._recheck.votes_that_count(decision.votes, decision.approval, since=since)
        return tally(counted, decision.quorum, decision.request.requester) is Tally.APPROVED

    async def _disallow(self, decision: Decision, refusals: tuple[Refusal, ...], close: CloseCommand) -> Outcome:
        outcome = Outcome(Result.DISALLOWED, decision.request.id, refusals)
        failed = advance(decision.request, Event.DISALLOW, decision.at, failure=refusals[0].stored)
        async with self._open_unit() as unit:
            await record_transition(
                unit,
                Event.DISALLOW,
                decision.request,
                failed,
                decision.at,
                actor=decision.actor,
                facts={"reasons": [refusal.reason.value for refusal in refusals]},
                close=closing_with(close, lambda _: outcome),
            )
            await unit.commit()
        return outcome

    async def _write(
        self, decision: Decision, event: Event, after: Request, result: Result, close: CloseCommand
    ) -> Outcome:
        outcome = Outcome(result, after.id)
        async with self._open_unit() as unit:
            if not decision.is_repeated:
                await unit.votes.add(decision.vote)
            await record_transition(
                unit,
                event,
                decision.request,
                after,
                decision.at,
                actor=decision.actor,
                facts={"approval_policies": list(decision.approval.policies), **_facts(decision, after)},
                close=closing_with(close, lambda _: outcome),
            )
            await unit.commit()
        return outcome

    async def _count(self, decision: Decision, after: Request, close: CloseCommand) -> Outcome:
        """Store an approval short of the quorum.

        The request's version moves too: of two votes at once the second is counted with the first in view.
        """
        outcome, places = Outcome(Result.COUNTED, after.id), card_places(after)
        counted = ApprovalCounted(decision.person.principal.name, after.quorum, decision.vote.allowed)
        async with self._open_unit() as unit:
            await unit.votes.add(decision.vote)
            await unit.requests.save(decision.request, after)
            cards = [Notice(Form.CARD, Plain(Topic.APPROVAL_COUNTED), place, after.id) for place in places]
            lines = [Notice(Form.THREAD, counted, place, after.id) for place in places]
            topic, actor = Topic.APPROVAL_COUNTED, decision.person.id
            homes = await homes_to_redraw(unit, after, topic, decision.at, actor, approvers=True)
            told = Notice(Form.LINE, counted, AUDIT_CHANNEL, after.id)
            await unit.outbox.put([*cards, *lines, told, *homes], decision.at)
            await close(unit, outcome)
            event = AuditEvent(
                "request.approval_counted",
                decision.at,
                decision.actor,
                after.id,
                decision.book.revision,
                {"approvals_needed": after.quorum, **_facts(decision, after)},
            )
            await unit.audit.append(event)
            await unit.commit()
        return outcome

    async def _settle(self, outcome: Outcome, close: CloseCommand) -> Outcome:
        async with self._open_unit() as unit:
            await close(unit, outcome)
            await unit.commit()
        return outcome


def _facts(decision: Decision, after: Request) -> dict[str, object]:
    """The facts of a decision, for the audit trail; where approvers allowed less, how much of what was asked for."""
    facts: dict[str, object] = {"comment": decision.comment}
    if decision.lapsed:
        facts["not_counted"] = list(decision.lapsed)
    if decision.vote.allowed is not None:
        facts["minutes_approved"] = round(decision.vote.allowed / MINUTE)
    if after.asked_duration is not None:
        facts |= {"minutes": round(after.duration / MINUTE), "minutes_asked": round(after.asked_duration / MINUTE)}
    return facts


def _decided(decision: Decision) -> dict[str, object]:
    return {
        "decided_at": decision.at,
        "decided_by": decision.person.principal.name,
        "decision_comment": decision.comment,
    }


def _noted(decision: Decision, refusal: Refusal) -> tuple[AuditEvent, str]:
    """The event of a refusal, and what makes it the same as another one (rule 26)."""
    facts = {"reason": refusal.reason.value, "verdict": decision.verdict.value}
    number, revision = decision.request.id, decision.book.revision
    event = AuditEvent("decision.refused", decision.at, decision.actor, number, revision, facts)
    return event, f"{refusal.reason} {decision.verdict} {number}"


def _refusal(decision: Decision) -> Refusal | None:
    request, settings = decision.request, decision.book.settings
    barred = may_decide(decision.approval, decision.person, request.requester, decision.votes)
    if barred is not None:
        return barred
    if decision.digest != digest(request):
        return Refusal(Reason.CARD_OUTDATED)
    shortening = may_shorten(request.duration, decision.allowed)
    if shortening is None and decision.verdict is Verdict.APPROVE and lapse(decision.shortened, decision.at):
        shortening = Refusal(Reason.TOO_LITTLE_LEFT, Field.DURATION)
    if shortening is not None or decision.comment:
        return shortening
    if decision.verdict is Verdict.REJECT:
        return Refusal(Reason.REASON_MISSING)
    if settings.approver_comment is Requirement.REQUIRED:
        return Refusal(Reason.COMMENT_MISSING)
    return None
