"""Standing warnings: what is wrong with the policies, or with AWS, until somebody does something about it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from enum import StrEnum

from core.domain.alarm import Alarm
from core.domain.audit import ChainBreak
from core.domain.drift import Unknown
from core.domain.errors import Field, Reason
from core.domain.group_targets import not_joined
from core.domain.ids import ConversationId, GroupId, PrincipalId
from core.domain.organization import Organization
from core.domain.people import Pin, PinState
from core.domain.policy import EVERY_PERMISSION_SET, ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.policy_diff import Section
from core.domain.policy_validation import Members, Obstacle, able_to_approve, gone_from_bundles, out_of_reach
from core.domain.replicas import ClockState, Replica
from core.domain.request import Request
from core.domain.setting_kinds import AccountIds, OneGroup, PermissionSetArns
from core.domain.settings import PolicyChanges, settings_of_kind
from core.domain.setup import SetupFinding

_PROTECTED_ACCOUNTS, _PROTECTED_SETS = settings_of_kind(AccountIds), settings_of_kind(PermissionSetArns)


class WarningKind(StrEnum):
    """In the order in which they are shown."""

    ALARM = "alarm"
    """An alarm that stands: something must always hold, and does not."""
    OVERDUE = "overdue"
    LOST = "lost"
    """Active, and its assignment was taken away by another hand (rule 19)."""
    TRAIL = "trail"
    """The audit trail was found broken (rule 23)."""
    SETUP = "setup"
    """Something that the bot needs outside itself is missing: a permission, a scope, a place to write to."""
    DRIFT = "drift"
    """Assigned, and no request accounts for it (rule 19)."""
    OUT_OF_REACH = "out_of_reach"
    """A permission set that AWS lets the bot neither grant nor take away: live, or named by a policy (rule 9)."""
    NOT_JOINED = "not_joined"
    """A group that nobody joins by the policy that names it; or that is kept elsewhere while somebody is in it."""
    OLD_PICTURE = "old_picture"
    """The organization was not read lately: nothing is decided but the taking away (rule 3)."""
    CLOCK = "clock"
    """A replica whose clock is not the database's."""
    NO_ADMINS = "no_admins"
    ONE_ADMIN = "one_admin"
    """Changes that widen wait for a second admin, and there is none (rule 25)."""
    PAIRS = "pairs"
    """Chat accounts that wait for an admin's release (rule 1)."""
    QUORUM = "quorum"
    CHANNEL = "channel"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class PolicyWarning:
    """One thing. ``section`` and ``policy`` say where; ``ids`` are what is gone, or the channel."""

    kind: WarningKind
    section: Section | None = None
    policy: str = ""
    field: str | None = None
    ids: tuple[str, ...] = ()
    place: int = 0
    """Of a target in a bundle, from 1."""
    obstacle: Obstacle | None = None
    reason: Reason | None = None
    able: int = 0
    needed: int = 0
    request: Request | None = None
    drift: Unknown | None = None
    broken: ChainBreak | None = None
    alarm: Alarm | None = None
    replica: Replica | None = None
    since: datetime | None = None
    setup: SetupFinding | None = None
    suspended: int = 0
    second: int = 0
    """The number of pairs that wait: because their address leads elsewhere, and as second accounts."""

    @property
    def about(self) -> tuple[object, ...]:
        """The thing that is wrong: the same for as long as it is, whatever becomes of its details meanwhile."""
        said = (
            self.kind,
            self.section,
            self.policy,
            self.field,
            self.ids,
            self.place,
            self.obstacle,
            self.suspended,
            self.second,
        )
        return (
            *said,
            self.request and self.request.id,
            self.drift and (self.drift.principal, self.drift.target),
            self.broken,
            self.alarm and self.alarm.kind,
            self.replica and self.replica.name,
            self.setup and self.setup.what,
        )


@dataclass(frozen=True, slots=True)
class KnownState:
    """The things known to exist. None: they could not be looked up, and nothing is said about them."""

    organization: Organization
    groups: Collection[GroupId] | None = None
    users: Collection[PrincipalId] | None = None
    disabled: AbstractSet[PrincipalId] = frozenset()
    """And whom policies name and nobody is any more: they approve nothing either."""
    members: Members | None = None
    """Of the approver groups and the admin group."""
    obstacles: Mapping[ConversationId, Obstacle] = dataclass_field(default_factory=dict)
    synchronized: AbstractSet[GroupId] = frozenset()
    """Groups whose members another system keeps."""


def policy_warnings(
    book: PolicyBook,
    known: KnownState,
    *,
    overdue: Sequence[Request] = (),
    lost: Sequence[Request] = (),
    drift: Sequence[Unknown] = (),
    old_picture: bool = False,
    held: Sequence[Pin] = (),
    live: Sequence[Request] = (),
    breaks: Sequence[ChainBreak] = (),
    alarms: Sequence[Alarm] = (),
    replicas: Sequence[Replica] = (),
    setup: Sequence[SetupFinding] = (),
) -> tuple[PolicyWarning, ...]:
    """Everything that is wrong now, the urgent first."""
    found = (
        *(PolicyWarning(WarningKind.ALARM, alarm=alarm) for alarm in alarms),
        *(PolicyWarning(WarningKind.OVERDUE, request=request) for request in overdue),
        *(PolicyWarning(WarningKind.LOST, request=request) for request in lost),
        *(PolicyWarning(WarningKind.TRAIL, broken=each) for each in breaks),
        *(PolicyWarning(WarningKind.SETUP, setup=each) for each in setup),
        *(PolicyWarning(WarningKind.DRIFT, drift=each) for each in drift),
        *_out_of_reach(book, known.organization, live),
        *_not_joined(book, known.synchronized, live),
        *([PolicyWarning(WarningKind.OLD_PICTURE, since=known.organization.taken_at)] if old_picture else []),
        *(PolicyWarning(WarningKind.CLOCK, replica=each) for each in replicas if each.clock is not ClockState.RIGHT),
        *_admins(book, known),
        *_pairs(held),
        *_gone(book, known),
        *(warning for policy in book.approval for warning in _approval(policy, known)),
    )
    return _urgent_first(found)


def with_setup(warnings: Sequence[PolicyWarning], setup: Sequence[SetupFinding]) -> tuple[PolicyWarning, ...]:
    """The same, with what was found about the set-up since."""
    others = [warning for warning in warnings if warning.kind is not WarningKind.SETUP]
    return _urgent_first([*others, *(PolicyWarning(WarningKind.SETUP, setup=each) for each in setup)])


def _urgent_first(found: Iterable[PolicyWarning]) -> tuple[PolicyWarning, ...]:
    order = list(WarningKind)
    return tuple(sorted(found, key=lambda warning: order.index(warning.kind)))


def _admins(book: PolicyBook, known: KnownState) -> Iterator[PolicyWarning]:
    """Nobody could change anything here but by the command line."""
    group = book.settings.admin_group
    if known.members is None:
        return
    able = known.members.get(group, frozenset()) - known.disabled if group else frozenset()
    if not able:
        yield PolicyWarning(WarningKind.NO_ADMINS, Section.SETTINGS, field=Field.ADMIN_GROUP)
    elif len(able) == 1 and book.settings.policy_changes is PolicyChanges.SECOND_ADMIN:
        yield PolicyWarning(WarningKind.ONE_ADMIN, Section.SETTINGS, field=Field.POLICY_CHANGES)


def _pairs(held: Sequence[Pin]) -> Iterator[PolicyWarning]:
    second = sum(pin.state is PinState.SECOND for pin in held)
    if held:
        yield PolicyWarning(WarningKind.PAIRS, suspended=len(held) - second, second=second)


def _out_of_reach(book: PolicyBook, organization: Organization, live: Sequence[Request]) -> Iterator[PolicyWarning]:
    for request in live:
        if request.target.permission_set in organization.out_of_reach:
            yield PolicyWarning(WarningKind.OUT_OF_REACH, request=request, ids=(request.target.permission_set,))
    for name, sets in out_of_reach(book, organization):
        yield PolicyWarning(WarningKind.OUT_OF_REACH, Section.ELIGIBILITY, name, Field.PERMISSION_SETS, sets)


def _not_joined(
    book: PolicyBook, synchronized: AbstractSet[GroupId], live: Sequence[Request]
) -> Iterator[PolicyWarning]:
    for request in live:
        if request.target.group in synchronized:
            yield PolicyWarning(WarningKind.NOT_JOINED, request=request, reason=Reason.GROUP_SYNCHRONIZED)
    for policy, reason, groups in not_joined(book, synchronized):
        where = (Section.ELIGIBILITY, policy.name, Field.TARGET_GROUPS)
        yield PolicyWarning(WarningKind.NOT_JOINED, *where, groups, reason=reason)


def _gone(book: PolicyBook, known: KnownState) -> Iterator[PolicyWarning]:
    yield from _missing(Section.SETTINGS, "", settings_names(book), known)
    for eligibility in book.eligibility:
        yield from _missing(Section.ELIGIBILITY, eligibility.name, named_by(eligibility), known)
    for approval in book.approval:
        yield from _missing(Section.APPROVAL, approval.name, named_by(approval), known)
    for lost in gone_from_bundles(book, known.organization):
        field = Field.ACCOUNTS if lost.half is Field.ACCOUNT else Field.PERMISSION_SETS
        yield PolicyWarning(WarningKind.GONE, Section.BUNDLES, lost.bundle, field, (lost.gone,), place=lost.place)


def settings_names(book: PolicyBook) -> dict[str, Collection[str]]:
    """The ids of everything that settings name, by setting."""
    several = {name: getattr(book.settings, name) for name in (*_PROTECTED_ACCOUNTS, *_PROTECTED_SETS)}
    groups = ((name, getattr(book.settings, name)) for name in settings_of_kind(OneGroup))
    return {**several, **{name: [group] if group else [] for name, group in groups}}


def named_by(policy: EligibilityPolicy | ApprovalPolicy) -> dict[str, Collection[str]]:
    """The ids of everything that a policy names, by field; channels are another matter."""
    places: dict[str, Collection[str]] = {
        Field.ACCOUNTS: policy.accounts,
        Field.OUS: policy.ous,
        Field.DIRECT_OUS: policy.direct_ous,
        Field.PERMISSION_SETS: policy.permission_sets - {EVERY_PERMISSION_SET},
        Field.TARGET_GROUPS: policy.target_groups,
    }
    if isinstance(policy, EligibilityPolicy):
        return {Field.USERS: policy.users, Field.GROUPS: policy.groups, **places}
    return {Field.APPROVER_USERS: policy.approver_users, Field.APPROVER_GROUPS: policy.approver_groups, **places}


def gone(field: str, ids: Collection[str], known: KnownState) -> tuple[str, ...]:
    """Those of them that are not, or no longer, there; none where it could not be looked up.

    A closed account is listed for 90 days more, and grants nothing: it is gone from a policy that names it.
    """
    there = _there(field, known)
    return () if there is None else tuple(sorted(each for each in ids if each not in there))


def _there(field: str, known: KnownState) -> Collection[str] | None:  # noqa: PLR0911 - one row a field
    organization = known.organization
    match field:
        case Field.ACCOUNTS:
            return {account.id for account in organization.accounts.values() if account.active}
        case Field.OUS | Field.DIRECT_OUS:
            return organization.ous
        case Field.PERMISSION_SETS:
            return organization.permission_sets
        case Field.USERS | Field.APPROVER_USERS:
            return known.users
        case _ if field in _PROTECTED_ACCOUNTS:
            return organization.accounts
        case _ if field in _PROTECTED_SETS:
            return organization.permission_sets
        case _:
            return known.groups


def _missing(
    section: Section, name: str, named: Mapping[str, Collection[str]], known: KnownState
) -> Iterator[PolicyWarning]:
    for field, ids in named.items():
        if missing := gone(field, ids, known):
            yield PolicyWarning(WarningKind.GONE, section, name, field, missing)


def _approval(policy: ApprovalPolicy, known: KnownState) -> Iterator[PolicyWarning]:
    if known.members is not None:
        able = len(able_to_approve(policy.approver_users, policy.approver_groups, known.members, known.disabled))
        if able < policy.approvals_required:
            yield PolicyWarning(
                WarningKind.QUORUM, Section.APPROVAL, policy.name, able=able, needed=policy.approvals_required
            )
    for channel in policy.channels:
        if obstacle := known.obstacles.get(channel):
            yield PolicyWarning(WarningKind.CHANNEL, Section.APPROVAL, policy.name, ids=(channel,), obstacle=obstacle)
