"""Asking for access: a submitted form becomes a request, or a refusal with every reason (rules 3 to 9)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.domain.audit import AuditEvent
from core.domain.errors import Refused
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Organization, Target
from core.domain.outcome import Outcome, Result
from core.domain.people import Person
from core.domain.request import Actor, Event, Request, Status, extended_by, next_reminder
from core.domain.submission import Ask, Circumstances, Judgement, effective_start, judge, whole_minutes
from core.ports import Act, Clock, OpenUnit
from core.services.identity import Identity
from core.services.judging import Judge
from core.services.recording import Close, closing, record


class Requesting:
    """Judges a submission and stores the request it becomes."""

    def __init__(self, open_unit: OpenUnit, identity: Identity, judge: Judge, clock: Clock) -> None:
        self._open_unit = open_unit
        self._identity = identity
        self._judge = judge
        self._clock = clock

    async def submit(self, act: Act, close: Close) -> Outcome:
        """Make a request of a form. Raises Refused with every reason; nothing is stored then but the refusal."""
        person = await self._identity.identify(act.actor, fresh=True)
        ask = read_ask(act.payload)
        seen = await self._judge.see(person, ask.target)
        judgement = judge(ask, seen)
        if not judgement.allowed:
            await self._note_refusal(person, ask, seen, judgement)
            raise Refused(*judgement.told)
        request = new_request(ask, seen, judgement)
        event = Event.SUBMIT if judgement.needs_approval else Event.SUBMIT_APPROVED
        async with self._open_unit() as unit:
            live = await unit.requests.live_of(person.id, ask.target)
            prolonged = extended_by(request.start_at, live)
            request = replace(request, extends=prolonged.id if prolonged else None)
            saved = await record(
                unit,
                event,
                None,
                request,
                seen.now,
                actor=Actor(person.principal.name, person.id, person.chat_user),
                facts=facts_of(request),
                close=closing(close, lambda stored: Outcome(Result.SUBMITTED, stored.id)),
            )
            await unit.commit()
        return Outcome(Result.SUBMITTED, saved.id)

    async def _note_refusal(self, person: Person, ask: Ask, seen: Circumstances, judgement: Judgement) -> None:
        facts = {
            "account": ask.target.account,
            "permission_set": ask.target.permission_set,
            "reasons": [refusal.reason.value for refusal in judgement.refusals],
        }
        actor = Actor(person.principal.name, person.id, person.chat_user)
        async with self._open_unit() as unit:
            event = AuditEvent("request.refused", seen.now, actor, None, seen.book.revision, facts)
            await unit.audit.append(event)
            await unit.commit()


def read_ask(payload: Mapping[str, object]) -> Ask:
    """Read the stored form: ids and what was typed, never a name (rule 6)."""
    start, minutes = payload.get("start_at"), payload.get("minutes")
    return Ask(
        target=Target(AccountId(str(payload.get("account"))), PermissionSetArn(str(payload.get("permission_set")))),
        duration=timedelta(minutes=minutes if isinstance(minutes, int) else 0),
        justification=str(payload.get("justification") or ""),
        start_at=datetime.fromtimestamp(start, UTC) if isinstance(start, int) else None,
        ticket=str(payload.get("ticket") or ""),
    )


def new_request(ask: Ask, seen: Circumstances, judgement: Judgement) -> Request:
    """The request as it will be stored, with names from the organization and the policies that decided (rule 6)."""
    organization, person, settings = seen.organization, seen.person, seen.book.settings
    permission_set = organization.permission_sets[ask.target.permission_set]
    needed = judgement.needs_approval
    request = Request(
        status=Status.PENDING if needed else Status.SCHEDULED,
        requester=person.id,
        requester_name=person.principal.name,
        requester_chat=person.chat_user,
        target=ask.target,
        account_name=_account_name(organization, ask.target.account),
        permission_set_name=permission_set.name,
        session_duration=permission_set.session_duration,
        duration=whole_minutes(ask.duration),
        justification=ask.justification.strip(),
        ticket=ask.ticket.strip(),
        start_at=effective_start(ask.start_at, seen.now),
        created_at=seen.now,
        expires_at=seen.now + settings.request_expiry,
        eligibility_policies=judgement.eligibility.policies if judgement.eligibility else (),
        approval_policies=judgement.approval.policies if needed else (),
        channels=judgement.approval.channels if needed else (),
        quorum=judgement.approval.quorum if needed else 0,
        policy_revision=seen.book.revision,
        decided_at=None if needed else seen.now,
    )
    return replace(request, remind_at=next_reminder(request, settings.reminder_after, seen.now)) if needed else request


def _account_name(organization: Organization, account: AccountId) -> str:
    found = organization.accounts.get(account)
    return found.name if found else account


def facts_of(request: Request) -> dict[str, object]:
    """What was asked for, for the audit trail."""
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
    }
