"""Changes of policies that wait for a second admin: approved by one who is not their author, or rejected, or over.

What is approved is the book that was filed, on the revision that it was made from: when that has moved on, the change
is refused and told to its author, who can look at it again on top of what the others did.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from core.domain.audit import AuditEvent
from core.domain.commands import DecidePolicies
from core.domain.errors import Conflict, Reason, Refusal, Refused
from core.domain.notice_content import PoliciesUnchanged
from core.domain.notices import AUDIT_CHANNEL, Form, Notice, Recipient, Topic
from core.domain.old_messages import redrawn
from core.domain.outcome import Outcome, Result
from core.domain.policy import PolicyBook
from core.domain.policy_notices import change_of
from core.domain.request import CLOCKWORK, Actor
from core.ports import Clock, MessageRef, OpenUnit, Proposal, ProposalState, UnitOfWork
from core.services.policies.admin_gate import AdminContext, AdminGate
from core.services.policies.live_validation import LiveValidation
from core.services.policies.store import PolicyStore
from core.services.requests.transition import CloseCommand, about_reasons


class PolicyProposals:
    def __init__(
        self, open_unit: OpenUnit, admins: AdminGate, policies: PolicyStore, scrutiny: LiveValidation, clock: Clock
    ) -> None:
        self._open_unit = open_unit
        self._admins = admins
        self._policies = policies
        self._scrutiny = scrutiny
        self._clock = clock

    async def waiting(self) -> Sequence[Proposal]:
        """Oldest first; for admins alone."""
        async with self._open_unit() as unit:
            return await unit.proposals.waiting()

    async def one(self, proposal_id: int) -> Proposal:
        """Refused when nobody has filed it."""
        async with self._open_unit() as unit:
            found = await unit.proposals.get(proposal_id)
        if found is None:
            raise Refused(Refusal(Reason.DRAFT_FORGOTTEN))
        return found

    async def is_asked_in(self, proposal_id: int, at: MessageRef) -> bool:
        """True if this is a message that the bot sent to ask about this change."""
        about = redrawn(Topic.POLICIES_WAITING, proposal_id).to.id
        async with self._open_unit() as unit:
            said = await unit.sent.of(about)
        return any(MessageRef(*one.to.place) == at for one in said)

    async def decide(self, command: DecidePolicies, close: CloseCommand) -> Outcome:
        """Approve or reject, as the command says. Refused for what waits no longer.

        Nobody approves their own change, nor that of somebody who is no longer an admin.
        """
        admin = await self._admins.require(command.actor, acts=True)
        try:
            return await self._decide(command, admin, close)
        except Refused as refused:
            return await self._decline(command, admin, refused.refusals, close)

    async def _decide(self, command: DecidePolicies, admin: AdminContext, close: CloseCommand) -> Outcome:
        if admin.person.token:
            raise Refused(Refusal(Reason.TOKEN_DECIDES_NOTHING))
        proposal = await self.one(command.proposal)
        await self._still_waits(proposal, admin)
        if not command.approve:
            return await self._reject(proposal, admin, close)
        if proposal.author.principal_id == admin.person.id:
            raise Refused(Refusal(Reason.OWN_CHANGE))
        if not await self._admins.is_still_admin(proposal.author):
            raise Refused(Refusal(Reason.AUTHOR_NO_ADMIN))
        wrong = await self._scrutiny.faults(admin, admin.book, proposal.book, fresh=True)
        if wrong:
            raise Refused(*wrong)
        await self._scrutiny.join(await self._scrutiny.channels(admin.book, proposal.book))
        return await self._approve(proposal, admin, close)

    async def _decline(
        self, command: DecidePolicies, admin: AdminContext, refusals: Sequence[Refusal], close: CloseCommand
    ) -> Outcome:
        """Refuse, and note it, unless this click has been counted by another delivery of it meanwhile: Conflict."""
        outcome = Outcome(Result.DECLINED, refusals=tuple(refusals))
        facts = {
            "proposal": command.proposal,
            "verdict": "approve" if command.approve else "reject",
            "reasons": [refusal.reason.value for refusal in refusals],
        }
        async with self._open_unit() as unit:
            await close(unit, outcome)
            event = AuditEvent("policies.refused", self._clock.now(), admin.actor, None, admin.book.revision, facts)
            await unit.refusals.note(event, f"{about_reasons(refusals)} {command.proposal}")
            await unit.commit()
        return outcome

    async def tidy(self) -> None:
        """Close what has waited too long, and what was overtaken by another change."""
        now, revision = self._clock.now(), (await self._policies.current()).revision
        for proposal in await self.waiting():
            if proposal.expires_at <= now:
                await self._close(proposal, ProposalState.EXPIRED)
            elif proposal.based_on != revision:
                await self._close(proposal, ProposalState.OUTDATED)

    async def _still_waits(self, proposal: Proposal, admin: AdminContext) -> None:
        if proposal.state is ProposalState.WAITING and proposal.expires_at <= self._clock.now():
            proposal = await self._close(proposal, ProposalState.EXPIRED)
        if proposal.state is ProposalState.WAITING and proposal.based_on != admin.book.revision:
            proposal = await self._close(proposal, ProposalState.OUTDATED)
        if proposal.state is ProposalState.OUTDATED:
            raise Refused(Refusal(Reason.CHANGE_OUTDATED))
        if proposal.state is not ProposalState.WAITING:
            by = f" by {proposal.closed_by}" if proposal.closed_by else ""
            raise Refused(Refusal(Reason.CHANGE_CLOSED, detail=f"{proposal.state.value}{by}"))

    async def _approve(self, proposal: Proposal, admin: AdminContext, close: CloseCommand) -> Outcome:
        closed = _closed(proposal, ProposalState.APPROVED, admin.actor, self._clock.now())

        async def finish(unit: UnitOfWork, stored: PolicyBook) -> None:
            await unit.proposals.close(closed)
            await unit.outbox.put([redrawn(Topic.POLICIES_WAITING, closed.id)], self._clock.now())
            await close(unit, Outcome(Result.SAVED, revision=stored.revision))

        saved = await self._policies.apply(
            proposal.book,
            based_on=proposal.based_on,
            author=proposal.author,
            why=proposal.why,
            also=finish,
            approved_by=admin.actor,
        )
        return Outcome(Result.SAVED, revision=saved.revision)

    async def _reject(self, proposal: Proposal, admin: AdminContext, close: CloseCommand) -> Outcome:
        outcome = Outcome(Result.PROPOSAL_REJECTED)
        await self._close(proposal, ProposalState.REJECTED, admin.actor, close, outcome)
        return outcome

    async def _close(
        self,
        proposal: Proposal,
        state: ProposalState,
        actor: Actor = CLOCKWORK,
        close: CloseCommand | None = None,
        outcome: Outcome | None = None,
    ) -> Proposal:
        """Write that it does not come, tell its author and the audit channel. Of several at once one does."""
        now = self._clock.now()
        closed = _closed(proposal, state, actor, now)
        async with self._open_unit() as unit:
            before = (await unit.policies.get(proposal.based_on)) if proposal.based_on else None
            try:
                await unit.proposals.close(closed)
            except Conflict:
                if close is not None:
                    raise
                return await self.one(proposal.id)
            base = before.book if before else PolicyBook()
            change = change_of(base, proposal.book, proposal.author, proposal.why)
            content = PoliciesUnchanged(change, closed.id, closed.state.value, closed.closed_by)
            await unit.outbox.put(_told(closed, content), now)
            if close is not None and outcome is not None:
                await close(unit, outcome)
            recorded = {"proposal": proposal.id, "state": state.value, "author": proposal.author.name}
            event = AuditEvent("policies.proposal_closed", now, actor, None, proposal.based_on, recorded)
            await unit.audit.append(event)
            await unit.commit()
        return closed


def _closed(proposal: Proposal, state: ProposalState, actor: Actor, at: datetime) -> Proposal:
    by = "" if actor == CLOCKWORK else actor.name
    return replace(proposal, state=state, closed_by=by, closed_at=at)


def _told(closed: Proposal, content: PoliciesUnchanged) -> list[Notice]:
    notices = [
        redrawn(Topic.POLICIES_WAITING, closed.id),
        Notice(Form.LINE, content, AUDIT_CHANNEL),
    ]
    if closed.author.principal_id is not None:
        author = Recipient.principal(closed.author.principal_id)
        notices.append(Notice(Form.DIRECT, content, author))
    return notices
