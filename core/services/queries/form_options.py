"""The options that a form offers a person: accounts, permission sets, durations, and what applies to the choice.

Type-ahead answers only with what this person may ask for (rule 22): it must not become a directory.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from core.domain.approval import Approval, approval_for
from core.domain.conversations import on_platforms
from core.domain.durations import SHORTEST, duration_steps, offered_lengths, read_duration
from core.domain.errors import Field, Reason, Refusal, Refused, Upstream
from core.domain.evaluation import (
    Eligibility,
    accounts_open_to,
    barred_target,
    eligibility,
    groups_open_to,
    may_join,
    permission_sets_open_to,
)
from core.domain.ids import AccountId, ConversationId, GroupId, PermissionSetArn
from core.domain.organization import PermissionSet, Target, membership_of, named_target
from core.domain.people import ChatUser, Group, Person
from core.domain.policy import Bundle
from core.domain.policy_validation import gone_from_bundle
from core.domain.settings import Settings
from core.services.context.identity import Identity
from core.services.context.policy_context import PolicyContext, RulesSnapshot
from core.services.context.type_ahead import MOST, best_matches
from core.services.queries.offered_accounts import AccountChoice, OfferedAccounts, account_choice

log = structlog.get_logger()

LOOKED_AHEAD = timedelta(seconds=30)
"""For so long a chosen target is not looked at again."""
NAMED_WITHIN = 0.5
"""Seconds that a form waits for the names of approvers: it has three for everything."""


@dataclass(frozen=True, slots=True)
class DurationChoice:
    """``over``: the limit that this length is beyond, so that the form can say so before it refuses."""

    length: timedelta
    over: timedelta | None = None


@dataclass(frozen=True, slots=True)
class FormPreview:
    """A form's knowledge before it is sent. Fields are None while nothing is chosen."""

    settings: Settings
    snapshot_taken_at: datetime
    is_stale: bool
    account: AccountChoice | None = None
    permission_set: PermissionSet | None = None
    eligibility: Eligibility | None = None
    refusal: Refusal | None = None
    approver_names: tuple[str, ...] = ()
    """Groups, then people, that decide."""
    channels: tuple[ConversationId, ...] = ()
    quorum: int = 1
    group: Group | None = None
    groups_too: bool = False
    """True if this person may ask for membership of groups as well."""


@dataclass(frozen=True, slots=True)
class ListedTarget:
    """A target in the list of a form, for one person: ``called`` by its ids while it is not theirs to ask for."""

    target: Target
    called: str
    names: tuple[str, str] | None = None
    """Those of its permission set and its account, where the person may ask for them (rule 22)."""
    limit: timedelta | None = None
    needs_approval: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class GoneTarget:
    """A target of a bundle that exists no more. ``place``: in the bundle, from 1; ``half``: that which is gone."""

    place: int
    half: Field
    called: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The part of a bundle that one person does not get: of what is not theirs only the number is said (rule 22)."""

    not_theirs: int = 0
    gone: tuple[GoneTarget, ...] = ()

    @property
    def count(self) -> int:
        return self.not_theirs + len(self.gone)


NOTHING_LEFT_OUT = LeftOut()


@dataclass(frozen=True, slots=True)
class OfferedBundle:
    """A bundle as one person may ask for it."""

    name: str
    targets: tuple[Target, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT

    @property
    def is_gone(self) -> bool:
        """True if nothing that it names exists any more."""
        return not self.targets and not self.left_out.not_theirs


class FormOptions:
    def __init__(self, identity: Identity, policy_context: PolicyContext, platforms: Collection[str]) -> None:
        """``platforms``: those that cards can be posted on."""
        self._platforms = platforms
        self._identity = identity
        self._policy_context = policy_context
        self._offered = OfferedAccounts()
        self._looking: set[tuple[ChatUser, Target]] = set()

    async def settings(self) -> Settings:
        return (await self._policy_context.rules()).book.settings

    async def may_ask(self, chat_user: ChatUser) -> Person:
        """Raise Refused when this person could ask for nothing at all."""
        person = await self._identity.identify(chat_user)
        rules = await self._policy_context.rules()
        if not accounts_open_to(rules.book, rules.organization, person):
            raise Refused(Refusal(Reason.NOT_ELIGIBLE))
        return person

    async def look_ahead(self, chat_user: ChatUser, target: Target) -> None:
        """See whether a chosen target is held already, while the rest of the form is filled in (rule 8)."""
        if (chat_user, target) in self._looking:
            return
        self._looking.add((chat_user, target))
        try:
            person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
            if eligibility(rules.book, rules.organization, person, target) is not None:
                since = self._policy_context.now() - LOOKED_AHEAD
                await self._policy_context.holds_already(person.id, target, since=since)
        except (Refused, Upstream) as error:
            log.info("nobody looked ahead", because=str(error))
        finally:
            self._looking.discard((chat_user, target))

    async def asks_for_groups_alone(self, chat_user: ChatUser) -> bool:
        """True for whom no policy opens an account, and one opens a group."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        return may_join(rules.book, person) and not accounts_open_to(rules.book, rules.organization, person)

    async def may_ask_for_groups(self, chat_user: ChatUser) -> None:
        """Raise Refused when this person could ask for membership of no group."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        if not groups_open_to(rules.book, person, await self._policy_context.groups()):
            raise Refused(Refusal(Reason.NOT_ELIGIBLE, Field.GROUP))

    async def joins(self, chat_user: ChatUser) -> bool:
        """True if some policy lets this person ask for membership of a group."""
        return may_join((await self._policy_context.rules()).book, await self._identity.identify(chat_user))

    async def groups(self, chat_user: ChatUser, typed: str) -> list[Group]:
        """Groups by name or id, best matches first, at most 100."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        if not may_join(rules.book, person):
            return []
        known = await self._policy_context.groups()
        choices = [known[group] for group in groups_open_to(rules.book, person, known)]
        choices.sort(key=lambda choice: (choice.name.casefold(), choice.id))
        return best_matches(choices, typed, lambda choice: (choice.name, choice.id))

    async def group_preview(self, chat_user: ChatUser, group: GroupId | None) -> FormPreview:
        """The rules that apply to the choice of a group."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        known = await self._policy_context.groups() if group is not None else {}
        is_open = group is not None and group in groups_open_to(rules.book, person, known)
        now, taken_at = self._policy_context.now(), rules.organization.taken_at
        preview = FormPreview(rules.book.settings, taken_at, rules.organization.is_stale(now))
        if group is None or not is_open:
            return preview
        target = membership_of(group)
        personal = await self._personal(rules, person, approval_for(rules.book, rules.organization, target))
        return self._applied(replace(preview, group=known[group]), rules, person, target, personal)

    async def accounts(
        self, chat_user: ChatUser, typed: str, permission_set: PermissionSetArn | None = None
    ) -> list[AccountChoice]:
        """Accounts by name, id or path, best matches first, at most 100."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        return self._offered.best(rules, person, typed, permission_set)

    async def permission_sets(
        self, chat_user: ChatUser, typed: str, account: AccountId | None = None
    ) -> list[PermissionSet]:
        """Permission sets by name or description, best matches first, at most 100."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        offered = permission_sets_open_to(rules.book, rules.organization, person, account)
        choices = [rules.organization.permission_sets[arn] for arn in offered]
        choices.sort(key=lambda choice: (choice.name.casefold(), choice.arn))
        return best_matches(choices, typed, lambda choice: (choice.name, choice.description))

    async def durations(self, chat_user: ChatUser, typed: str, targets: Sequence[Target]) -> list[DurationChoice]:
        """The typed duration when it can be read, else the steps that begin with it, up to the limit (rule 4).

        Of several targets up to the least of their limits.
        """
        limit, fixed = await self._limit(chat_user, targets), (await self.settings()).durations
        return fixed_choices(offered_lengths(fixed, limit), typed) if fixed else duration_choices(limit, typed)

    async def preview(
        self, chat_user: ChatUser, account: AccountId | None, permission_set: PermissionSetArn | None
    ) -> FormPreview:
        """The rules that apply to the choice so far."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        organization = rules.organization
        now = self._policy_context.now()
        known = account is not None and account in accounts_open_to(rules.book, organization, person)
        preview = FormPreview(
            settings=rules.book.settings,
            snapshot_taken_at=organization.taken_at,
            is_stale=organization.is_stale(now),
            account=account_choice(organization, account) if account is not None and known else None,
            permission_set=_offered(rules, person, permission_set),
            groups_too=may_join(rules.book, person),
        )
        if preview.account is None or preview.permission_set is None:
            return preview
        target = Target(preview.account.account.id, preview.permission_set.arn)
        personal = await self._personal(rules, person, approval_for(rules.book, organization, target))
        return self._applied(preview, rules, person, target, personal)

    async def _personal(self, rules: RulesSnapshot, person: Person, approval: Approval) -> tuple[str, ...]:
        """The names of approvers whom policies name beside groups: as policies call them while AWS cannot tell."""
        if not approval.users:
            return ()
        try:
            looking = self._policy_context.approvers(replace(approval, groups=frozenset()))
            found = await asyncio.wait_for(looking, NAMED_WITHIN)
        except (Upstream, TimeoutError):
            return tuple(rules.book.label(user) for user in sorted(approval.users))
        return tuple(principal.name for principal in found if principal.id != person.id)

    def _applied(
        self, preview: FormPreview, rules: RulesSnapshot, person: Person, target: Target, personal: tuple[str, ...]
    ) -> FormPreview:
        found = eligibility(rules.book, rules.organization, person, target)
        approval = approval_for(rules.book, rules.organization, target)
        refusal = barred_target(rules.book, rules.organization, target, preview.group)
        if found is None:
            refusal = Refusal(Reason.NOT_ELIGIBLE, Field.PERMISSION_SET)
        elif found.approval_required and not (approval.groups or approval.users):
            refusal = refusal or Refusal(Reason.NO_APPROVER)
        groups = tuple(rules.book.label(group) for group in sorted(approval.groups))
        return replace(
            preview,
            eligibility=found,
            refusal=refusal,
            approver_names=(*groups, *personal),
            channels=on_platforms(approval.channels, self._platforms),
            quorum=approval.quorum,
        )

    async def _limit(self, chat_user: ChatUser, targets: Sequence[Target]) -> timedelta:
        rules = await self._policy_context.rules()
        most = rules.book.settings.max_duration
        if not targets:
            return most
        person = await self._identity.identify(chat_user)
        found = (eligibility(rules.book, rules.organization, person, target) for target in targets)
        return min((max(each.limit, SHORTEST) for each in found if each), default=most)

    async def bundles(self, chat_user: ChatUser) -> list[OfferedBundle]:
        """The bundles of which this person may ask for at least a part, with that part (rule 22)."""
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        found = [offered_bundle(rules, person, bundle) for bundle in rules.book.bundles]
        return [each for each in found if each.targets]

    async def listed(self, chat_user: ChatUser, targets: Sequence[Target]) -> list[ListedTarget]:
        """Targets as a form lists them: named only where this person may ask for them (rule 22)."""
        if not targets:
            return []
        person, rules = await self._identity.identify(chat_user), await self._policy_context.rules()
        return [_listed(rules, person, target) for target in targets]


def offered_bundle(rules: RulesSnapshot, person: Person, bundle: Bundle) -> OfferedBundle:
    """The part of a bundle that this person may ask for."""
    listed = [_listed(rules, person, target) for target in bundle.targets]
    targets = tuple(each.target for each in listed if each.names and each.refusal is None)
    lost = gone_from_bundle(bundle, rules.organization)
    gone = tuple(GoneTarget(each.place, each.half, rules.book.label(each.gone)) for each in lost)
    return OfferedBundle(bundle.name, targets, LeftOut(len(bundle.targets) - len(targets) - len(gone), gone))


def _listed(rules: RulesSnapshot, person: Person, target: Target) -> ListedTarget:
    organization = rules.organization
    found = eligibility(rules.book, organization, person, target)
    known = organization.permission_sets.get(target.permission_set)
    if found is None or known is None or target.account not in organization.accounts:
        refusal = Refusal(Reason.NOT_ELIGIBLE, Field.PERMISSION_SET)
        return ListedTarget(target, named_target(target, None), refusal=refusal)
    barred = barred_target(rules.book, organization, target)
    if not organization.accounts[target.account].active:
        barred = Refusal(Reason.UNKNOWN_ACCOUNT, Field.ACCOUNT)
    return ListedTarget(
        target=target,
        called=named_target(target, organization),
        names=(known.name, organization.label_of(target.account)),
        limit=found.limit,
        needs_approval=found.approval_required,
        refusal=barred,
    )


def duration_choices(limit: timedelta, typed: str) -> list[DurationChoice]:
    """The typed duration when it can be read, else the steps that begin with it, up to the limit."""
    wanted = read_duration(typed)
    if wanted is not None:
        over = limit if wanted > limit else None
        return [DurationChoice(wanted, over), *([DurationChoice(limit)] if over else [])]
    beginning = "".join(c for c in typed if c.isdigit())
    steps = [step for step in duration_steps(limit) if _begins(step, beginning)]
    return [DurationChoice(step) for step in steps[: MOST - 1]]


def fixed_choices(offered: Sequence[timedelta], typed: str) -> list[DurationChoice]:
    """Of the lengths that settings name the typed one, else those that begin with it."""
    wanted, beginning = read_duration(typed), "".join(c for c in typed if c.isdigit())
    return [DurationChoice(each) for each in offered if each == wanted or (wanted is None and _begins(each, beginning))]


def _offered(rules: RulesSnapshot, person: Person, arn: PermissionSetArn | None) -> PermissionSet | None:
    if arn is None or arn not in permission_sets_open_to(rules.book, rules.organization, person):
        return None
    return rules.organization.permission_sets[arn]


def _begins(step: timedelta, digits: str) -> bool:
    minutes = round(step.total_seconds() / 60)
    return (
        str(minutes).startswith(digits) or str(minutes // 60).startswith(digits) or str(minutes % 60).startswith(digits)
    )
