"""Validation of policies and settings: judged here, whether it comes from a file or from a form.

Names that nobody bears are the business of whoever looks names up. What was wrong before a change, and is not
touched by it, is a standing warning and no fault of the change.
"""

import math
import re
import warnings
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from core.domain.conversations import platform_of
from core.domain.durations import SHORTEST
from core.domain.errors import Field, Reason, Refusal
from core.domain.group_targets import clashing
from core.domain.ids import AccountId, ConversationId, GroupId, PermissionSetArn, PrincipalId
from core.domain.open_requests import MOST_TARGETS
from core.domain.organization import Organization, Target
from core.domain.people import Person
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import Section
from core.domain.setting_kinds import (
    LONGEST_PATTERN,
    MOST_LENGTHS,
    Length,
    Lengths,
    Number,
    OneGroup,
    Pattern,
    SettingKind,
)
from core.domain.settings import SETTINGS, PolicyChanges, Settings, settings_of_kind

LONGEST_NAME = 80
LONGEST_WHY = 500
MOST_APPROVALS = 9999

Members = Mapping[GroupId, AbstractSet[PrincipalId]]


class Obstacle(StrEnum):
    """The reasons why a card cannot, or must not, be posted in a channel."""

    UNKNOWN = "unknown"
    """It does not exist, or is private and the bot was never invited: the two look the same."""
    SHARED_OUTSIDE = "shared_outside"
    ARCHIVED = "archived"
    NOT_CONFIGURED = "not_configured"
    """It is of a platform that this installation does not have: kept, and not posted to."""
    BOT_IS_OUTSIDE = "bot_is_outside"
    """Of a public channel, which it can join."""


MOST_REPEATS = 100_000
_COUNTED, _DIGITS = re.compile(r"\{\s*(\d+)", re.ASCII), 9


def is_usable_name(name: str) -> bool:
    """True if a policy may be called so: one line that can be read and typed."""
    return bool(name.strip()) and len(name) <= LONGEST_NAME and name.isprintable()


def repeats(pattern: str) -> int:
    """The length that counted repeats, each within the other, would come to: ``(a{10}){20}`` comes to 200.

    The engine that matches tickets writes them all out, before its time limit begins.
    """
    return math.prod(max(1, int(count[:_DIGITS])) for count in _COUNTED.findall(pattern))


def pattern_problem(pattern: str) -> str:
    """The fault in a regular expression, in the words of Python; empty when nothing is."""
    if repeats(pattern) > MOST_REPEATS:
        return f"its counted repeats come to more than {MOST_REPEATS:,} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error) or type(error).__name__
    return ""


def able_to_approve(
    users: Iterable[PrincipalId], groups: Iterable[GroupId], members: Members, disabled: AbstractSet[PrincipalId]
) -> frozenset[PrincipalId]:
    """The people who could give an approval now: named, or in a named group, and enabled."""
    named = frozenset(users).union(*(members.get(group, frozenset()) for group in groups))
    return named - disabled


def without_anybody(
    groups: Iterable[GroupId], members: Members, disabled: AbstractSet[PrincipalId]
) -> tuple[GroupId, ...]:
    """The groups in which nobody is enabled today. Anybody may join them tomorrow: they are warned of."""
    return tuple(sorted(group for group in groups if not members.get(group, frozenset()) - disabled))


def empty_groups(
    book: PolicyBook, members: Members, disabled: AbstractSet[PrincipalId]
) -> tuple[tuple[str, tuple[GroupId, ...]], ...]:
    """Approval policies with such groups: accepted, and rule 7 refuses requests as long as too few could approve."""
    named = ((policy.name, without_anybody(policy.approver_groups, members, disabled)) for policy in book.approval)
    return tuple((name, groups) for name, groups in named if groups)


def capped(book: PolicyBook) -> tuple[tuple[str, timedelta], ...]:
    """Policies that promise more than the global maximum, and what they promise: they are accepted (rule 4)."""
    most = book.settings.max_duration
    promised = ((policy.name, policy.max_duration) for policy in book.eligibility)
    return tuple((name, length) for name, length in promised if length is not None and length > most)


def lacking(book: PolicyBook) -> tuple[Section, ...]:
    """The kinds of policies that there are none of, though access depends on them: accepted, as a beginning may be."""
    needs_approval = book.settings.approval_required and any(each.approval_required for each in book.eligibility)
    no_eligibility = () if book.eligibility else (Section.ELIGIBILITY,)
    return (*no_eligibility, *((Section.APPROVAL,) if needs_approval and not book.approval else ()))


def out_of_reach(book: PolicyBook, organization: Organization) -> tuple[tuple[str, tuple[PermissionSetArn, ...]], ...]:
    """Eligibility policies that name sets which AWS lets the bot neither grant nor take away: accepted (rule 9)."""
    named = ((policy.name, policy.permission_sets & organization.out_of_reach) for policy in book.eligibility)
    return tuple((name, tuple(sorted(sets))) for name, sets in named if sets)


@dataclass(frozen=True, slots=True)
class LostTarget:
    """A target of a bundle that is not there any more: its place, from 1, and the half that is gone."""

    bundle: str
    place: int
    target: Target
    half: Field
    """``ACCOUNT``, also of one that is closed; or ``PERMISSION_SET``."""

    @property
    def gone(self) -> AccountId | PermissionSetArn:
        return self.target.account if self.half is Field.ACCOUNT else self.target.permission_set


def gone_from_bundles(book: PolicyBook, organization: Organization) -> tuple[LostTarget, ...]:
    """Targets of bundles that are not there. They are accepted: the rest of the bundle is of use."""
    return tuple(lost for bundle in book.bundles for lost in gone_from_bundle(bundle, organization))


def gone_from_bundle(bundle: Bundle, organization: Organization) -> tuple[LostTarget, ...]:
    """The same for one: what is gone is not offered, and whoever takes the bundle is told which it is."""
    halves = ((place, each, _gone_half(each, organization)) for place, each in enumerate(bundle.targets, start=1))
    return tuple(LostTarget(bundle.name, place, each, half) for place, each, half in halves if half is not None)


def _gone_half(target: Target, organization: Organization) -> Field | None:
    account = organization.accounts.get(target.account)
    if account is None or not account.active:
        return Field.ACCOUNT
    return None if target.permission_set in organization.permission_sets else Field.PERMISSION_SET


def not_served(book: PolicyBook, platforms: Container[str]) -> tuple[tuple[str, tuple[ConversationId, ...]], ...]:
    """Approval policies that name channels of a platform other than these: accepted, and not posted to."""
    named = ((p.name, tuple(each for each in p.channels if platform_of(each) not in platforms)) for p in book.approval)
    return tuple((name, channels) for name, channels in named if channels)


def faults(
    before: PolicyBook, after: PolicyBook, members: Members, disabled: AbstractSet[PrincipalId]
) -> tuple[Refusal, ...]:
    """Judge what a change leads to: settings, and the policies that it makes or changes."""
    old = {*before.eligibility, *before.approval}
    eligibility = [policy for policy in after.eligibility if policy not in old]
    approval = [policy for policy in after.approval if policy not in old]
    return (
        *(_settings_faults(after) if after.settings != before.settings else ()),
        *_power_faults(before, after, eligibility, approval),
        *_name_faults(after.eligibility, eligibility),
        *_name_faults(after.approval, approval),
        *(fault for policy in eligibility for fault in _eligibility_faults(policy)),
        *(fault for policy in approval for fault in _approval_faults(policy, members, disabled)),
        *_bundle_faults(before, after),
    )


def lockout(
    before: Settings, after: Settings, members: Members, disabled: AbstractSet[PrincipalId], author: Person
) -> Refusal | None:
    """Refuse to let the last admin, or the author, lose the right to undo this. The command line may do so."""
    if after.admin_group == before.admin_group:
        return None
    admins = members.get(after.admin_group, frozenset()) if after.admin_group else frozenset()
    if author.id in admins - disabled:
        return None
    return Refusal(Reason.ADMINS_LOCKED_OUT, Field.ADMIN_GROUP)


def no_second_admin(
    before: Settings, after: Settings, members: Members, disabled: AbstractSet[PrincipalId]
) -> Refusal | None:
    """Refuse to let changes wait for somebody who isn't there: by this setting, or by another admin group (rule 25)."""
    is_switched = after.policy_changes is not before.policy_changes
    is_asked = is_switched or after.admin_group != before.admin_group
    if after.policy_changes is not PolicyChanges.SECOND_ADMIN or not is_asked:
        return None
    admins = members.get(after.admin_group, frozenset()) if after.admin_group else frozenset()
    field = Field.POLICY_CHANGES if is_switched else Field.ADMIN_GROUP
    return None if len(admins - disabled) > 1 else Refusal(Reason.SECOND_ADMIN_MISSING, field)


_OBSTACLES: Mapping[Obstacle, Reason] = {
    Obstacle.UNKNOWN: Reason.CHANNEL_UNKNOWN,
    Obstacle.SHARED_OUTSIDE: Reason.CHANNEL_SHARED,
    Obstacle.ARCHIVED: Reason.CHANNEL_ARCHIVED,
}


def channel_fault(obstacle: Obstacle | None, name: str, policies: tuple[str, ...] = ()) -> Refusal | None:
    """Refuse a channel in which no card can be posted; what the bot can mend by joining is no fault."""
    reason = _OBSTACLES.get(obstacle) if obstacle else None
    return Refusal(reason, Field.CHANNELS, policies, detail=name) if reason else None


_ELIGIBILITY_ALONE = frozenset({Field.USERS, Field.GROUPS, Field.MAX_DURATION})
_ABOUT_BUNDLES = frozenset(
    {Reason.BUNDLE_NAME_UNUSABLE, Reason.BUNDLE_NAME_TAKEN, Reason.BUNDLE_EMPTY, Reason.BUNDLE_TOO_LONG}
)
_APPROVAL_ALONE = frozenset({Field.APPROVER_USERS, Field.APPROVER_GROUPS, Field.CHANNELS, Field.APPROVALS_REQUIRED})


def is_about(fault: Refusal, section: Section, name: str) -> bool:
    """True if a fault is mended in this policy, or in the settings: there its form says so, and nowhere else."""
    if not fault.policies:
        return section is Section.SETTINGS
    if section is Section.SETTINGS or fault.policies != (name,):
        return False
    if section is Section.BUNDLES or fault.reason in _ABOUT_BUNDLES:
        return section is Section.BUNDLES and fault.reason in _ABOUT_BUNDLES
    return fault.field not in (_APPROVAL_ALONE if section is Section.ELIGIBILITY else _ELIGIBILITY_ALONE)


def _settings_faults(book: PolicyBook) -> Iterator[Refusal]:
    for name, setting in SETTINGS.items():
        yield from _setting_faults(name, setting.kind, getattr(book.settings, name))


def _setting_faults(name: str, kind: SettingKind, value: Any) -> Iterator[Refusal]:
    """Settings outside their bounds. A value that cannot be read at all is refused where it is read."""
    match kind:
        case Length(is_of_access=True) if value < SHORTEST:
            yield Refusal(Reason.DURATION_TOO_SHORT, name, limit=SHORTEST)
        case Lengths() if any(each < SHORTEST for each in value):
            yield Refusal(Reason.DURATION_TOO_SHORT, name, limit=SHORTEST)
        case Lengths() if len(value) > MOST_LENGTHS:
            yield Refusal(Reason.TOO_MANY_LENGTHS, name, detail=str(MOST_LENGTHS))
        case Number(most) if not 1 <= value <= most:
            yield Refusal(Reason.NUMBER_UNREADABLE, name, detail=str(most))
        case Pattern():
            if problem := pattern_problem(value):
                yield Refusal(Reason.PATTERN_UNUSABLE, name, detail=problem)
            if not 1 <= len(value) <= LONGEST_PATTERN:
                yield Refusal(Reason.PATTERN_UNUSABLE, name, detail=f"1 to {LONGEST_PATTERN} characters")
        case _:
            return


def _name_faults(
    every: Iterable[EligibilityPolicy | ApprovalPolicy], changed: Iterable[EligibilityPolicy | ApprovalPolicy]
) -> Iterator[Refusal]:
    names = [policy.name for policy in every]
    for policy in changed:
        if not is_usable_name(policy.name):
            yield Refusal(Reason.NAME_UNUSABLE, Field.NAME, (policy.name,), detail=str(LONGEST_NAME))
        elif names.count(policy.name) > 1:
            yield Refusal(Reason.NAME_TAKEN, Field.NAME, (policy.name,), detail=policy.name)


def _power_faults(
    before: PolicyBook, after: PolicyBook, eligibility: Sequence[EligibilityPolicy], approval: Sequence[ApprovalPolicy]
) -> Iterator[Refusal]:
    """Refuse to make a target of a group that has power here, and to give power to one that is a target (rule 9).

    Told where it was changed: on the policies that name the group, or on the setting.
    """
    fresh = clashing(after) - clashing(before)
    changed: tuple[EligibilityPolicy | ApprovalPolicy, ...] = (*eligibility, *approval)
    for policy in changed:
        people = policy.groups if isinstance(policy, EligibilityPolicy) else policy.approver_groups
        field = Field.GROUPS if isinstance(policy, EligibilityPolicy) else Field.APPROVER_GROUPS
        for named, place in ((policy.target_groups, Field.TARGET_GROUPS), (people, field)):
            for group in sorted(named & fresh):
                detail = after.label(group)
                yield Refusal(Reason.TARGET_GROUP_HAS_POWER, place, (policy.name,), detail=detail)
    for name in settings_of_kind(OneGroup):
        group = getattr(after.settings, name)
        if group in fresh and group != getattr(before.settings, name):
            yield Refusal(Reason.TARGET_GROUP_HAS_POWER, name, detail=after.label(group))


def _eligibility_faults(policy: EligibilityPolicy) -> Iterator[Refusal]:
    named, limit = (policy.name,), policy.max_duration
    if not policy.users and not policy.groups:
        yield Refusal(Reason.NO_PEOPLE, Field.GROUPS, named)
    if not _has_place(policy) and (policy.permission_sets or not policy.target_groups):
        yield Refusal(Reason.NO_TARGET, Field.ACCOUNTS, named)
    if not policy.permission_sets and (_has_place(policy) or not policy.target_groups):
        yield Refusal(Reason.NO_PERMISSION_SETS, Field.PERMISSION_SETS, named)
    if EVERY_PERMISSION_SET in policy.permission_sets and len(policy.permission_sets) > 1:
        yield Refusal(Reason.EVERY_BESIDE_OTHERS, Field.PERMISSION_SETS, named)
    if limit is not None and limit < SHORTEST:
        yield Refusal(Reason.DURATION_TOO_SHORT, Field.MAX_DURATION, named, SHORTEST)


def _has_place(policy: EligibilityPolicy | ApprovalPolicy) -> bool:
    return bool(policy.accounts or policy.ous or policy.direct_ous)


def _approval_faults(policy: ApprovalPolicy, members: Members, disabled: AbstractSet[PrincipalId]) -> Iterator[Refusal]:
    named, quorum = (policy.name,), policy.approvals_required
    if not _has_place(policy) and (policy.permission_sets or not policy.target_groups):
        yield Refusal(Reason.NO_TARGET, Field.ACCOUNTS, named)
    if not policy.approver_users and not policy.approver_groups:
        yield Refusal(Reason.NO_PEOPLE, Field.APPROVER_GROUPS, named)
        return
    able = len(able_to_approve(policy.approver_users, policy.approver_groups, members, disabled))
    if able < quorum and not without_anybody(policy.approver_groups, members, disabled):
        yield Refusal(Reason.QUORUM_OF_POLICY, Field.APPROVALS_REQUIRED, named, detail=f"{able} of {quorum}")


def _bundle_faults(before: PolicyBook, after: PolicyBook) -> Iterator[Refusal]:
    """Refuse bundles that nobody could type or use. What is gone is no fault: the rest of the bundle is of use.

    A word is typed in any case, so two that differ in that alone are one.
    """
    words = [bundle.name.casefold() for bundle in after.bundles]
    for bundle in after.bundles:
        if bundle in before.bundles:
            continue
        named = (bundle.name,)
        if not is_usable_name(bundle.name) or len(bundle.name.split()) != 1:
            yield Refusal(Reason.BUNDLE_NAME_UNUSABLE, Field.NAME, named, detail=str(LONGEST_NAME))
        elif words.count(bundle.name.casefold()) > 1:
            yield Refusal(Reason.BUNDLE_NAME_TAKEN, Field.NAME, named, detail=bundle.name)
        if not bundle.targets:
            yield Refusal(Reason.BUNDLE_EMPTY, Field.TARGETS, named)
        if len(bundle.targets) > MOST_TARGETS:
            yield Refusal(Reason.BUNDLE_TOO_LONG, Field.TARGETS, named, detail=str(MOST_TARGETS))
