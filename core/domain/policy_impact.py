"""The impact of a policy change on people, requests and accounts, before it is made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.domain.approval import Approval, approval_for
from core.domain.decider_changes import DeciderChange, RoleShift, redecided, role_groups, role_shifts
from core.domain.evaluation import barred_target, eligibility
from core.domain.ids import AccountId, GroupId, PrincipalId
from core.domain.organization import Organization, Target
from core.domain.people import Person, Principal
from core.domain.policy import PolicyBook
from core.domain.policy_coverage import (
    EXAMPLES,
    AccountBits,
    Coverage,
    Members,
    PolicyCoverage,
    bits_of,
    both,
    coverage_of,
    minus,
    size,
    stretches,
    undecidable,
)
from core.domain.request import Request


@dataclass(frozen=True, slots=True)
class AccessChange:
    """The same for each of these people: how many targets, and the first few of them."""

    people: tuple[PrincipalId, ...]
    targets: int
    examples: tuple[Target, ...]
    limit: timedelta | None = None
    """The longest access that the change leaves for any of these targets."""
    was: timedelta | None = None
    """The longest access before, where that is what changes."""


class RequestImpact(StrEnum):
    """The impact on a pending request."""

    NOT_ELIGIBLE = "not_eligible"
    NEVER_GRANTED = "never_granted"
    TOO_LONG = "too_long"
    UNDECIDABLE = "undecidable"
    OTHER_APPROVERS = "other_approvers"
    OTHER_QUORUM = "other_quorum"


@dataclass(frozen=True, slots=True)
class AffectedRequest:
    """``quorum``: how many approvals it needs then."""

    request: Request
    how: tuple[RequestImpact, ...]
    quorum: int = 1


@dataclass(frozen=True, slots=True)
class PolicyImpact:
    """Everything a change does. People gain and lose targets, need approval for them or no longer."""

    gained: tuple[AccessChange, ...] = ()
    given: tuple[AccessChange, ...] = ()
    """The part of it that needs nobody's approval."""
    askable: tuple[AccessChange, ...] = ()
    """The rest of it."""
    lost: tuple[AccessChange, ...] = ()
    freed: tuple[AccessChange, ...] = ()
    """Targets held before and after, for which approval is no longer needed."""
    bound: tuple[AccessChange, ...] = ()
    """Targets held before and after, for which approval becomes needed."""
    longer: tuple[AccessChange, ...] = ()
    """Targets held before and after, which can be had for longer."""
    shorter: tuple[AccessChange, ...] = ()
    redecided: tuple[DeciderChange, ...] = ()
    """Targets about which others decide, more of them or fewer, or in other channels; the dangerous ones first."""
    roles: tuple[RoleShift, ...] = ()
    """People who become admin or auditor, and people who cease to be."""
    touched: tuple[AffectedRequest, ...] = ()
    undecidable: tuple[AccountId, ...] = ()
    """Accounts in which access can be asked for, and nobody, or too few, could approve it: because of this change,
    or already before it, by a policy that it makes or changes."""


def groups_that_matter(before: PolicyBook, after: PolicyBook, organization: Organization) -> frozenset[GroupId]:
    """The groups whose members a change may affect: not those of policies that it leaves alone."""
    old, new = _relevant(before, after, organization, AccountBits(organization, before, after))
    named = (stretch.policy.groups for stretch in (*old, *new))
    approving = (policy.approver_groups for policy in (*before.approval, *after.approval))
    return frozenset().union(*named, *approving, role_groups(before.settings, after.settings))


def policy_impact(
    before: PolicyBook,
    after: PolicyBook,
    organization: Organization,
    members: Members,
    *,
    disabled: AbstractSet[PrincipalId] = frozenset(),
    pending: Sequence[Request] = (),
) -> PolicyImpact:
    """Compare two books. ``members`` are those of ``groups_that_matter``; disabled people do not count."""
    grid = AccountBits(organization, before, after)
    old, new = _relevant(before, after, organization, grid)
    was, is_now = (undecidable(book, organization, grid, members, disabled) for book in (before, after))
    unchanged = frozenset(stretches(before, organization, grid))
    changed = coverage_of(
        each for each in stretches(after, organization, grid) if each.can_wait and each not in unchanged
    )
    concerned = bits_of(minus(is_now, was)) | bits_of(both(is_now, changed))
    return PolicyImpact(
        **_shifts(_classes(old, new, members, disabled), grid),
        redecided=redecided(before, after, organization, grid, members, disabled),
        roles=role_shifts(before.settings, after.settings, members, disabled),
        touched=tuple(_touched(before, after, organization, members, disabled, pending)),
        undecidable=tuple(grid.accounts(concerned)),
    )


def _relevant(
    before: PolicyBook, after: PolicyBook, organization: Organization, grid: AccountBits
) -> tuple[list[PolicyCoverage], list[PolicyCoverage]]:
    """The eligibility policies that change, and those that open a target which a changed one opens too."""
    old, new = stretches(before, organization, grid), stretches(after, organization, grid)
    same = frozenset(old) & frozenset(new)
    changed = [stretch for stretch in (*old, *new) if stretch not in same]
    met = frozenset(stretch for stretch in same if any(stretch.meets(other) for other in changed))
    return (
        [stretch for stretch in old if stretch not in same or stretch in met],
        [stretch for stretch in new if stretch not in same or stretch in met],
    )


@dataclass(frozen=True, slots=True)
class _Class:
    """People whom the same policies name, before and after."""

    people: tuple[PrincipalId, ...]
    before: tuple[PolicyCoverage, ...]
    after: tuple[PolicyCoverage, ...]


def _classes(
    old: Sequence[PolicyCoverage], new: Sequence[PolicyCoverage], members: Members, disabled: AbstractSet[PrincipalId]
) -> list[_Class]:
    signatures: dict[PrincipalId, int] = {}
    for index, stretch in enumerate((*old, *new)):
        for person in _named(stretch, members) - disabled:
            signatures[person] = signatures.get(person, 0) | 1 << index
    people: dict[int, list[PrincipalId]] = {}
    for person, signature in signatures.items():
        people.setdefault(signature, []).append(person)
    return [
        _Class(
            tuple(sorted(found)),
            tuple(stretch for index, stretch in enumerate(old) if signature >> index & 1),
            tuple(stretch for index, stretch in enumerate(new, len(old)) if signature >> index & 1),
        )
        for signature, found in people.items()
    ]


def _named(stretch: PolicyCoverage, members: Members) -> frozenset[PrincipalId]:
    groups = (members.get(group, frozenset()) for group in stretch.policy.groups)
    return stretch.policy.users.union(*groups)


def _shifts(classes: Iterable[_Class], grid: AccountBits) -> dict[str, tuple[AccessChange, ...]]:
    found: dict[str, list[AccessChange]] = {}
    for each in classes:
        for part in _compared(each):
            examples = grid.targets(part.reach, EXAMPLES)
            shift = AccessChange(each.people, size(part.reach), examples, part.limit, part.was)
            found.setdefault(part.kind, []).append(shift)
    return {kind: tuple(sorted(shifts, key=_most_first)) for kind, shifts in found.items()}


@dataclass(frozen=True, slots=True)
class _Part:
    """Targets to which the same happens; ``kind`` is a field of ``PolicyImpact``."""

    kind: str
    reach: Coverage
    limit: timedelta | None = None
    was: timedelta | None = None


def _compared(each: _Class) -> Iterator[_Part]:
    had, has = coverage_of(each.before), coverage_of(each.after)
    asked, asks = _asking(each.before), _asking(each.after)
    gained, freed = minus(has, had), minus(both(asked, has), asks)
    given = minus(gained, asks)
    for kind, reach in (("gained", gained), ("given", given), ("askable", minus(gained, given)), ("freed", freed)):
        if reach:
            yield _Part(kind, reach, _longest(each.after, reach))
    for kind, reach in (("lost", minus(had, has)), ("bound", minus(both(asks, had), asked))):
        if reach:
            yield _Part(kind, reach)
    yield from _lengths(each)


def _lengths(each: _Class) -> Iterator[_Part]:
    """Targets held before and after, by how long they could be had and can be had."""
    now = _by_limit(each.after)
    for was, before in _by_limit(each.before).items():
        for limit, after in now.items():
            if limit != was and (reach := both(before, after)):
                yield _Part("longer" if limit > was else "shorter", reach, limit, was)


def _by_limit(several: Sequence[PolicyCoverage]) -> Mapping[timedelta, Coverage]:
    """The targets of each limit: of several policies the most generous counts (rule 4)."""
    found: dict[timedelta, Coverage] = {}
    told: Coverage = {}
    for limit in sorted({stretch.limit for stretch in several}, reverse=True):
        least = coverage_of(stretch for stretch in several if stretch.limit >= limit)
        found[limit] = minus(least, told)
        told = least
    return found


def _longest(several: Sequence[PolicyCoverage], reach: Coverage) -> timedelta:
    return max(limit for limit, part in _by_limit(several).items() if both(part, reach))


def _asking(several: Sequence[PolicyCoverage]) -> Coverage:
    """Targets for which approval is needed: any matching policy says so (rule 5)."""
    return coverage_of(stretch for stretch in several if stretch.asks_approval)


def _most_first(shift: AccessChange) -> tuple[int, tuple[PrincipalId, ...]]:
    return -shift.targets * len(shift.people), shift.people


def _touched(
    before: PolicyBook,
    after: PolicyBook,
    organization: Organization,
    members: Members,
    disabled: AbstractSet[PrincipalId],
    pending: Sequence[Request],
) -> Iterable[AffectedRequest]:
    for request in pending:
        was = set(_standing(before, organization, members, disabled, request))
        now = _standing(after, organization, members, disabled, request)
        how = [touch for touch in now if touch not in was]
        old, new = (approval_for(book, organization, request.target) for book in (before, after))
        if (old.users, old.groups) != (new.users, new.groups):
            how.append(RequestImpact.OTHER_APPROVERS)
        if old.quorum != new.quorum:
            how.append(RequestImpact.OTHER_QUORUM)
        if how:
            yield AffectedRequest(request, tuple(how), new.quorum)


def _standing(
    book: PolicyBook,
    organization: Organization,
    members: Members,
    disabled: AbstractSet[PrincipalId],
    request: Request,
) -> list[RequestImpact]:
    """The objections to a pending request under this book (rules 3, 4, 7, 9)."""
    held = frozenset(group for group, found in members.items() if request.requester in found)
    person = Person(Principal(request.requester, "", ""), held)
    found = eligibility(book, organization, person, request.target)
    approval = approval_for(book, organization, request.target)
    against = {
        RequestImpact.NOT_ELIGIBLE: found is None,
        RequestImpact.NEVER_GRANTED: barred_target(book, organization, request.target) is not None,
        RequestImpact.TOO_LONG: found is not None and found.limit < request.duration,
        RequestImpact.UNDECIDABLE: len(_others(approval, members, disabled, request.requester)) < approval.quorum,
    }
    return [touch for touch, holds in against.items() if holds]


def _others(
    approval: Approval, members: Members, disabled: AbstractSet[PrincipalId], requester: PrincipalId
) -> frozenset[PrincipalId]:
    return approval.approvers(members) - disabled - {requester}
