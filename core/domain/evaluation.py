"""Access that may be asked for: the targets open to a person, and the verdict on a request (rules 3 to 9).

Also judges a request again at approval and at the start (rule 14): the stricter verdict stands.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.domain.approval import Approval, approval_for, too_few_approvers
from core.domain.durations import MINUTE, SHORTEST, offered_lengths, show_duration
from core.domain.errors import Field, Reason, Refusal
from core.domain.group_targets import never_joined
from core.domain.ids import AccountId, GroupId, PermissionSetArn, PrincipalId
from core.domain.organization import Organization, Target
from core.domain.people import Group, Person
from core.domain.policy import EligibilityPolicy, PolicyBook
from core.domain.request import Request
from core.domain.settings import Requirement, Settings
from core.domain.windows import is_too_late

Fits = Callable[[str, str], bool]
"""True if a whole text (second) fits a pattern (first). It takes a bounded time whatever the two are."""

START_TOLERANCE = timedelta(minutes=5)
"""A start this little in the past means now (rule 6)."""
LONGEST_JUSTIFICATION = 1000
LONGEST_TICKET = 100
LONGEST_REASON = 4000
"""Characters of a reason or comment that are kept. Forms take fewer, but what they say is the sender's word alone."""
_BLANKS = frozenset("\u2800\u3164\uffa0\u115f\u1160\U0001d159")
"""Letters and symbols that show nothing."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """A yes, with its reasons."""

    policies: tuple[str, ...]
    """Every policy that matched, by name, sorted."""
    limit: timedelta
    limit_from: str
    """The policy that allows the limit, or "" when the global maximum bound it."""
    approval_required: bool
    approval_because: tuple[str, ...] = ()
    """The matching policies that ask for approval."""


def eligibility(book: PolicyBook, organization: Organization, person: Person, target: Target) -> Eligibility | None:
    """Judge one target; None when no policy names both the person and the target (rule 3).

    What a token files needs a person's approval whatever the policies say.
    """
    matching = [policy for policy in book.naming(person) if policy.covers(target, organization)]
    if not matching:
        return None
    limit, limit_from = longest(matching, book.settings)
    asking = tuple(sorted(p.name for p in matching if p.approval_required))
    return Eligibility(
        policies=tuple(sorted(p.name for p in matching)),
        limit=limit,
        limit_from=limit_from,
        approval_required=bool(person.token) or (bool(asking) and book.settings.approval_required),
        approval_because=asking,
    )


def longest(matching: list[EligibilityPolicy], settings: Settings) -> tuple[timedelta, str]:
    """The maximum over the matching policies, capped by the global one, and the policy it comes from (rule 4)."""

    def allowed(policy: EligibilityPolicy) -> timedelta:
        return settings.max_duration if policy.max_duration is None else policy.max_duration

    best = max(matching, key=lambda p: (allowed(p), p.name))
    if best.max_duration is None or best.max_duration > settings.max_duration:
        return settings.max_duration, ""
    return best.max_duration, best.name


def never_granted(organization: Organization, settings: Settings, target: Target) -> Refusal | None:
    """The management account, protected targets, and sets that are out of the bot's reach (rule 9)."""
    if target.account == organization.management_account:
        return Refusal(Reason.MANAGEMENT_ACCOUNT, Field.ACCOUNT)
    if target.account in settings.protected_accounts:
        return Refusal(Reason.PROTECTED_ACCOUNT, Field.ACCOUNT)
    if target.permission_set in settings.protected_permission_sets:
        return Refusal(Reason.PROTECTED_PERMISSION_SET, Field.PERMISSION_SET)
    if target.permission_set in organization.out_of_reach:
        return Refusal(Reason.PERMISSION_SET_OUT_OF_REACH, Field.PERMISSION_SET)
    return None


def barred_target(
    book: PolicyBook, organization: Organization, target: Target, group: Group | None = None
) -> Refusal | None:
    """Refuse what is granted to nobody, whatever policies say (rule 9). ``group``: that of the target as it is now."""
    if target.group is not None:
        return never_joined(book, target.group, group)
    return never_granted(organization, book.settings, target)


def may_join(book: PolicyBook, person: Person) -> bool:
    """True if some policy lets the person ask for a group at all: whether it exists is not asked."""
    return book.settings.group_targets and any(policy.target_groups for policy in book.naming(person))


def groups_open_to(book: PolicyBook, person: Person, known: Mapping[GroupId, Group]) -> frozenset[GroupId]:
    """Groups of which the person may ask to be a member (rules 3 and 9). ``known``: those that exist."""
    named = frozenset[GroupId]().union(*(policy.target_groups for policy in book.naming(person)))
    return frozenset(group for group in named & known.keys() if never_joined(book, group, known[group]) is None)


def accounts_open_to(
    book: PolicyBook,
    organization: Organization,
    person: Person,
    permission_set: PermissionSetArn | None = None,
) -> frozenset[AccountId]:
    """Accounts the person may ask for, narrowed to one permission set when given (rules 3 and 9)."""
    found: set[AccountId] = set()
    for policy in book.naming(person):
        usable = _permission_sets_of(policy, book, organization)
        if permission_set in usable or (permission_set is None and usable):
            found |= _accounts_of(policy, book, organization)
    return frozenset(found)


def permission_sets_open_to(
    book: PolicyBook,
    organization: Organization,
    person: Person,
    account: AccountId | None = None,
) -> frozenset[PermissionSetArn]:
    """Permission sets the person may ask for, narrowed to one account when given (rules 3 and 9)."""
    found: set[PermissionSetArn] = set()
    for policy in book.naming(person):
        usable = _accounts_of(policy, book, organization)
        if account in usable or (account is None and usable):
            found |= _permission_sets_of(policy, book, organization)
    return frozenset(found)


def _accounts_of(policy: EligibilityPolicy, book: PolicyBook, organization: Organization) -> frozenset[AccountId]:
    below = (organization.accounts_under.get(ou, frozenset()) for ou in policy.ous)
    directly = (organization.accounts_in.get(ou, frozenset()) for ou in policy.direct_ous)
    named = policy.accounts.union(*below, *directly) - book.settings.protected_accounts
    known = organization.accounts
    return frozenset(
        account
        for account in named
        if account in known and known[account].active and account != organization.management_account
    )


def _permission_sets_of(
    policy: EligibilityPolicy, book: PolicyBook, organization: Organization
) -> frozenset[PermissionSetArn]:
    usable = policy.opened(organization) & organization.permission_sets.keys()
    return frozenset(usable - book.settings.protected_permission_sets - organization.out_of_reach)


@dataclass(frozen=True, slots=True)
class RequestedAccess:
    """The access that a person asks for, read from a form."""

    target: Target
    duration: timedelta
    justification: str
    start_at: datetime | None = None
    ticket: str = ""
    sent_at: datetime | None = None
    """The time when the form was sent, by which its start is judged. None: now."""


@dataclass(frozen=True, slots=True)
class EvaluationInput:
    """The input of an evaluation, gathered at the time of the action."""

    book: PolicyBook
    organization: Organization
    person: Person
    now: datetime
    fits: Fits
    already_assigned: bool = False
    """The principal holds the target by a direct assignment that this product did not make (rule 8)."""
    approvers: frozenset[PrincipalId] = frozenset()
    """Enabled principals among the approvers of the target (rule 7)."""
    group: Group | None = None
    """The group of the target as it is now; None where there is none, or it does not exist."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdict with its reasons: every refusal, the policies that matched, who decides."""

    refusals: tuple[Refusal, ...]
    eligibility: Eligibility | None
    approval: Approval
    approvers: frozenset[PrincipalId]

    @property
    def allowed(self) -> bool:
        return not self.refusals

    @property
    def told(self) -> tuple[Refusal, ...]:
        """The refusals that the asker reads: what is not open to somebody does not exist for them either (rule 22)."""
        if self.eligibility is not None:
            return self.refusals
        of_group = any(refusal.field == Field.GROUP for refusal in self.refusals)
        closed = Refusal(Reason.NOT_ELIGIBLE, Field.GROUP if of_group else Field.PERMISSION_SET)
        return tuple(dict.fromkeys(closed if refusal.reason in _UNKNOWN else refusal for refusal in self.refusals))

    @property
    def needs_approval(self) -> bool:
        return self.eligibility is not None and self.eligibility.approval_required


_UNKNOWN = frozenset({Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_PERMISSION_SET, Reason.UNKNOWN_GROUP})


def evaluate(ask: RequestedAccess, seen: EvaluationInput) -> Evaluation:
    """Judge a new request: all refusals, so that a form can show each on its field."""
    target = evaluate_target(ask.target, seen)
    refusals = [*target.refusals, *_judge_form(ask, seen)]
    if target.eligibility is not None:
        refusals += _judge_length(ask.duration, target.eligibility) or _judge_offered(ask, target.eligibility, seen)
    return Evaluation(tuple(refusals), target.eligibility, target.approval, target.approvers)


def evaluate_target(target: Target, seen: EvaluationInput) -> Evaluation:
    """Judge the target alone: may this person ask for it at all, and would anybody be there to decide."""
    unknown = _unknown(target, seen)
    found = eligibility(seen.book, seen.organization, seen.person, target)
    approval = approval_for(seen.book, seen.organization, target)
    return Evaluation(
        refusals=(unknown,) if unknown else tuple(_judge_known(target, seen, found, approval)),
        eligibility=found,
        approval=approval,
        approvers=seen.approvers - {seen.person.id},
    )


def evaluate_again(request: Request, seen: EvaluationInput) -> tuple[Refusal, ...]:
    """Judge a stored request at the click or at the start (rule 14; rules 1, 3, 4, 8 and 9).

    Rule 7 is not among these: whether enough approvers exist matters only before the decision.
    """
    unknown = _unknown(request.target, seen)
    if unknown:
        return (unknown,)
    found = eligibility(seen.book, seen.organization, seen.person, request.target)
    refusals = [*_judge_holding(request.target, seen, found)]
    if found is not None:
        refusals += _judge_length(request.duration, found)
        if found.approval_required and request.quorum == 0:
            refusals.append(Refusal(Reason.APPROVAL_NOW_REQUIRED, policies=found.approval_because))
    return tuple(refusals)


def approval_is_needed(target: Target, seen: EvaluationInput) -> bool:
    """True if the policies ask for anybody's approval of this target now (rule 5)."""
    found = eligibility(seen.book, seen.organization, seen.person, target)
    return found is not None and found.approval_required


def _unknown(target: Target, seen: EvaluationInput) -> Refusal | None:
    organization = seen.organization
    if target.group is not None:
        there = seen.group is not None and seen.group.id == target.group
        return None if there else Refusal(Reason.UNKNOWN_GROUP, Field.GROUP)
    account = organization.accounts.get(target.account)
    if account is None or not account.active:
        return Refusal(Reason.UNKNOWN_ACCOUNT, Field.ACCOUNT)
    if target.permission_set not in organization.permission_sets:
        return Refusal(Reason.UNKNOWN_PERMISSION_SET, Field.PERMISSION_SET)
    return None


def _judge_known(target: Target, seen: EvaluationInput, found: Eligibility | None, approval: Approval) -> list[Refusal]:
    refusals = _judge_holding(target, seen, found)
    if found is not None and found.approval_required:
        nobody = too_few_approvers(approval, seen.approvers, seen.person.id)
        refusals += [nobody] if nobody else []
    return refusals


def _judge_holding(target: Target, seen: EvaluationInput, found: Eligibility | None) -> list[Refusal]:
    refusals: list[Refusal] = []
    if not seen.person.principal.enabled:
        refusals.append(Refusal(Reason.PRINCIPAL_DISABLED))
    what = Field.PERMISSION_SET if target.group is None else Field.GROUP
    if found is None:
        refusals.append(Refusal(Reason.NOT_ELIGIBLE, what))
        return refusals
    barred = barred_target(seen.book, seen.organization, target, seen.group)
    refusals += [barred] if barred else []
    if seen.already_assigned:
        refusals.append(Refusal(Reason.ALREADY_ASSIGNED if target.group is None else Reason.ALREADY_MEMBER, what))
    return refusals


def _judge_length(duration: timedelta, found: Eligibility) -> list[Refusal]:
    if duration < SHORTEST:
        return [Refusal(Reason.DURATION_TOO_SHORT, Field.DURATION, limit=SHORTEST)]
    if duration > found.limit:
        origin = (found.limit_from,) if found.limit_from else ()
        return [Refusal(Reason.DURATION_TOO_LONG, Field.DURATION, policies=origin, limit=found.limit)]
    return []


def _judge_offered(ask: RequestedAccess, found: Eligibility, seen: EvaluationInput) -> list[Refusal]:
    """No other length than those that settings name, if they do; what is stored may have been shortened since."""
    fixed = seen.book.settings.durations
    offered = offered_lengths(fixed, found.limit)
    if not fixed or whole_minutes(ask.duration) in offered:
        return []
    return [Refusal(Reason.DURATION_NOT_OFFERED, Field.DURATION, detail=", ".join(map(show_duration, offered)))]


def _judge_form(ask: RequestedAccess, seen: EvaluationInput) -> list[Refusal]:
    settings = seen.book.settings
    return [
        *_judge_start(ask, settings, seen.now),
        *_judge_justification(ask.justification, settings),
        *_judge_ticket(ask.ticket, settings, seen.fits),
    ]


def _judge_start(ask: RequestedAccess, settings: Settings, now: datetime) -> list[Refusal]:
    start_at, sent_at = ask.start_at, ask.sent_at or now
    if start_at is None:
        return []
    if start_at < sent_at - START_TOLERANCE:
        return [Refusal(Reason.START_IN_PAST, Field.START, limit=START_TOLERANCE)]
    if start_at > sent_at + settings.max_start_ahead:
        return [Refusal(Reason.START_TOO_FAR, Field.START, limit=settings.max_start_ahead)]
    if start_at > sent_at and is_too_late(start_at, ask.duration, now):
        return [Refusal(Reason.WINDOW_OVER, Field.START)]
    return []


def _judge_justification(text: str, settings: Settings) -> list[Refusal]:
    if settings.require_justification and not visible(text):
        return [Refusal(Reason.JUSTIFICATION_MISSING, Field.JUSTIFICATION)]
    if len(text) > LONGEST_JUSTIFICATION:
        return [Refusal(Reason.JUSTIFICATION_TOO_LONG, Field.JUSTIFICATION, detail=str(LONGEST_JUSTIFICATION))]
    return []


def _judge_ticket(ticket: str, settings: Settings, fits: Fits) -> list[Refusal]:
    given = ticket.strip()
    if not visible(given):
        is_missing = settings.ticket is Requirement.REQUIRED
        return [Refusal(Reason.TICKET_MISSING, Field.TICKET)] if is_missing else []
    if len(given) > LONGEST_TICKET or not fits(settings.ticket_pattern, given):
        return [Refusal(Reason.TICKET_MISMATCH, Field.TICKET, detail=settings.ticket_pattern)]
    return []


def visible(text: str) -> str:
    """The visible part of a text: no white space around, no control, zero-width or combining characters alone."""
    shown = "".join(c for c in text if c.isprintable() or c.isspace()).strip()
    return shown if any(unicodedata.category(c)[0] in "LNPS" and c not in _BLANKS for c in shown) else ""


def reason_in(text: str) -> str:
    """A reason or comment as it is kept, and as others read it; empty where nothing in it can be seen."""
    given = text.strip()[:LONGEST_REASON]
    return given if visible(given) else ""


def effective_start(start_at: datetime | None, now: datetime) -> datetime | None:
    """None for now; a start that has already passed means now as well (rule 6)."""
    return start_at if start_at is not None and start_at > now else None


def whole_minutes(duration: timedelta) -> timedelta:
    return MINUTE * round(duration / MINUTE)
