"""Everything outside of the program: AWS, Slack and the people, as fakes that are filled from the plain facts.

Each call of a process comes by here on its way: see what may be wrong with whom it asks.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core.domain.errors import AnswerLost, Side, UpstreamBusy, UpstreamRefused
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import (
    MEMBERSHIP,
    Account,
    Organization,
    OrganizationalUnit,
    Target,
    membership_of,
)
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, PolicyBook
from core.domain.settings import Settings, UnknownAssignments
from tests.fakes.archive import FakeArchive
from tests.fakes.chat import FakeChatDirectory, FakeFiles, FakeHomeScreens, FakeMessenger
from tests.fakes.directory import FakePrincipals, FakeReader
from tests.model.aws import RecordingCloud
from tests.model.facts import Book, Dated, Deciders, Eligible, Facts, People, Tree
from tests.model.gate import LATE
from tests.model.loop import SimulatedClock
from tests.model.troubles import Troubles, now
from tests.services.company import (
    INSTANCE,
    MANAGEMENT,
    PAYMENTS,
    PAYMENTS_CHANNEL,
    POWER,
    PROD,
    READ,
    ROOT,
    SANDBOX,
    STAGING,
    WORKLOADS,
    Member,
    company,
)

PEOPLE = {
    "ada": ("Ada Lovelace", "Payments"),
    "ida": ("Ida Rhodes", "Payments"),
    "dan": ("Dan Bricklin", "Payments", "Payments Leads"),
    "bob": ("Bob Kahn", "Payments Leads"),
    "carol": ("Carol Shaw", "Payments Leads"),
    "frank": ("Frank Rosen", "Admins"),
    "grace": ("Grace Hopper",),
}
TARGETS = {
    "power in prod": Target(PROD, POWER),
    "read in prod": Target(PROD, READ),
    "read in staging": Target(STAGING, READ),
    "power in sandbox": Target(SANDBOX, POWER),
}
"""Two of them share an account; for the last one nobody's approval is needed."""
OPERATORS, ON_CALL = GroupId("group-Operators"), GroupId("group-On call")
GROUPS: dict[str, GroupId] = {STAGING: OPERATORS, SANDBOX: ON_CALL}
"""The groups that stand in for accounts, where membership is asked for."""
MEMBERSHIPS = {
    name: membership_of(GROUPS[target.account]) if target.account in GROUPS else target
    for name, target in TARGETS.items()
}
"""The same targets, where some are memberships of groups."""
BOOK = Book(
    eligible=(
        Eligible(
            frozenset({"Payments"}), frozenset({PAYMENTS, OPERATORS}), frozenset({POWER, READ, MEMBERSHIP}), minutes=240
        ),
        Eligible(
            frozenset({"Payments"}),
            frozenset({SANDBOX, ON_CALL}),
            frozenset({POWER, MEMBERSHIP}),
            minutes=540,
            needs_approval=False,
        ),
    ),
    deciders=(Deciders(frozenset({"Payments Leads"}), frozenset({PAYMENTS, OPERATORS})),),
    admins=frozenset({"Admins"}),
)
UP_TO_DATE = 0.3
"""The part of AWS's lists that is not behind, where memberships are asked for: one look says what the next does not."""
LOOKS = frozenset({"is_assigned", "users_assigned"})
READS = LOOKS | {"operation", "find_operation"}


def facts_of_old() -> Facts:
    """The company as it is when a history begins."""
    groups = {group for _, *groups in PEOPLE.values() for group in groups}
    members = {
        group: frozenset(f"user-{person}" for person, (_, *groups) in PEOPLE.items() if group in groups)
        for group in groups
    }
    parent: dict[str, str] = {PROD: PAYMENTS, STAGING: PAYMENTS, SANDBOX: WORKLOADS, MANAGEMENT: ROOT}
    tree = Tree(parent | {PAYMENTS: WORKLOADS, WORKLOADS: ROOT}, frozenset(GROUPS.values()), management=MANAGEMENT)
    return Facts(Dated(People(members)), Dated(tree), Dated(BOOK))


class Outside:
    """One AWS, one Slack, one company. Several processes may speak to it."""

    def __init__(
        self, troubles: Troubles, chance: Random, *, seed: int = 0, groups: bool = False, removes: bool = False
    ) -> None:
        """``groups``: people ask for membership of some groups in place of access to some accounts."""
        self.removes = removes
        """True if unknown assignments are looked for, and removed."""
        self.targets = MEMBERSHIPS if groups else TARGETS
        self.clock = SimulatedClock()
        self.troubles = troubles
        self.chance = chance
        self.lists = Random(f"lists {seed}")  # noqa: S311 - chance that can be repeated
        self.live_access = 0
        """Requests that are active: someone looks after what has gone missing while there are any."""
        self.rounds = 0
        self.tree_changed_at: datetime | None = None
        self.facts = facts_of_old()
        self.cloud = RecordingCloud(self.clock)
        self.cloud.instance = INSTANCE
        self.cloud.watch(seed)
        if groups:
            self.cloud.is_up_to_date = lambda: chance.random() < UP_TO_DATE
        self.other_cloud = RecordingCloud(self.clock)
        self.other_cloud.watch()
        """The AWS of a process that was set up against another instance of Identity Center."""
        self.principals = FakePrincipals()
        self.chat = FakeChatDirectory()
        self.messenger = FakeMessenger()
        self.screens = FakeHomeScreens()
        self.files = FakeFiles()
        self.archive = FakeArchive()
        self.members = {person: self._hire(*named) for person, named in PEOPLE.items()}
        for group in GROUPS.values():
            self.principals.group(group.removeprefix("group-"))
        self.reader = FakeReader(self._organization())

    def _hire(self, name: str, *groups: str) -> Member:
        principal = self.principals.add(name, *groups)
        return Member(principal, self.chat.add(principal))

    # --- changes -----------------------------------------------------------------------------------

    def change_people(self, **changes: Any) -> None:
        people = replace(self.facts.people.current, **changes)
        self.facts.people.change(now(), people)
        for member in self.members.values():
            self._show(member, people)
        for group, found in people.members.items():
            self.principals.members[self.principals.group(group)] = {
                PrincipalId(person) for person in found - people.deleted
            }

    def _show(self, member: Member, people: People) -> None:
        person, users = member.id, self.principals.users
        if person in people.deleted:
            self.cloud.leavers.add(person)
            users.pop(person, None)
        else:
            users[person] = replace(member.principal, enabled=person not in people.disabled)
        address = "grace@example.com" if person in people.suspended else member.principal.emails[0]
        self.chat.change(member.chat, email=address, is_deactivated=person in people.deactivated)

    def change_tree(self, **changes: Any) -> None:
        tree = replace(self.facts.tree.current, **changes)
        self.facts.tree.change(now(), tree)
        self.cloud.closed = {AccountId(account) for account in tree.closed}
        self.cloud.left = {account for account in self._accounts() if account not in tree.parent}
        self.cloud.synchronized = self.principals.synchronized = set(GROUPS.values()) & tree.closed
        self.reader.organization = self._organization()
        self.tree_changed_at = self.clock.now()

    def _accounts(self) -> list[AccountId]:
        return [PROD, STAGING, SANDBOX, MANAGEMENT]

    def _organization(self) -> Organization:
        tree, known = self.facts.tree.current, company(self.clock.now())
        accounts = {
            account: Account(
                account, known.accounts[account].name, OuId(tree.parent[account]), active=account not in tree.closed
            )
            for account in self._accounts()
            if account in tree.parent
        }
        units = (
            OrganizationalUnit(unit, known.ous[unit].name, OuId(tree.parent[unit]) if unit in tree.parent else None)
            for unit in (ROOT, WORKLOADS, PAYMENTS)
        )
        return replace(known, accounts=accounts, ous={unit.id: unit for unit in units})

    def policy_book(self, book: Book) -> PolicyBook:
        """The plain book in the program's terms."""
        group = self.principals.group
        settings = Settings(
            admin_group=group("Admins"),
            approval_required=book.approval_required,
            protected_accounts=frozenset(map(AccountId, book.protected)),
            max_duration=timedelta(minutes=book.longest),
            request_expiry=timedelta(minutes=book.expiry),
            group_targets=True,
            unknown_assignments=UnknownAssignments.REMOVE if self.removes else UnknownAssignments.REPORT,
        )
        return PolicyBook(
            settings=settings,
            eligibility=tuple(
                EligibilityPolicy(
                    f"eligible-{place}",
                    groups=frozenset(map(group, each.groups)),
                    accounts=_accounts_of(each.where),
                    ous=_units_of(each.where),
                    permission_sets=frozenset(map(PermissionSetArn, each.sets - {MEMBERSHIP})),
                    target_groups=_groups_of(each.where),
                    max_duration=timedelta(minutes=each.minutes),
                    approval_required=each.needs_approval,
                )
                for place, each in enumerate(book.eligible)
            ),
            approval=tuple(
                ApprovalPolicy(
                    f"deciders-{place}",
                    approver_groups=frozenset(map(group, each.groups)),
                    accounts=_accounts_of(each.where),
                    ous=_units_of(each.where),
                    target_groups=_groups_of(each.where),
                    approvals_required=each.quorum,
                    channels=(PAYMENTS_CHANNEL,),
                )
                for place, each in enumerate(book.deciders)
            ),
        )

    # --- what may be wrong -------------------------------------------------------------------------

    def aws(self, call: str) -> Callable[..., Awaitable[Side | None]]:
        """Trouble of calls about assignments."""
        troubles, chance = self.troubles, self.chance
        is_read = call in READS

        async def trouble(*given: Any) -> Side | None:
            if troubles.of("AWS away"):
                raise UpstreamBusy("AWS is not answering.", side=Side.AWS)
            if troubles.of("AWS silent"):
                await asyncio.sleep(LATE)
                raise (UpstreamBusy if is_read else AnswerLost)("AWS did not answer in time.", side=Side.AWS)
            if troubles.of("AWS throttles") and chance.random() < 0.7:
                raise UpstreamBusy("ThrottlingException", side=Side.AWS)
            denied = "reads denied" if is_read else "writes denied"
            if troubles.of(denied):
                raise UpstreamRefused("not authorized", code="AccessDeniedException", side=Side.AWS)
            if call in LOOKS:
                await self._look()
            account = next((each.account for each in given if isinstance(each, Target)), "")
            if account and troubles.of("odd answers", account):
                raise KeyError("AccountAssignments")
            return await self._lost(call)

        return trouble

    async def _look(self) -> None:
        """AWS's lists may be away, or now and then, while everything else of it works."""
        if self.troubles.of("lists denied"):
            raise UpstreamRefused("not authorized", code="AccessDeniedException", side=Side.AWS)
        if self.troubles.of("lists silent"):
            await asyncio.sleep(LATE)
            raise UpstreamBusy("AWS did not answer in time.", side=Side.AWS)
        if self.troubles.of("lists fail at times") and self.lists.random() < 0.5:
            raise UpstreamBusy("InternalServerException", side=Side.AWS)

    async def _lost(self, call: str) -> Side | None:
        if call != "begin" or not self.troubles.of("AWS loses answers"):
            return None
        if self.chance.random() < 0.5:
            raise AnswerLost("The connection was dropped before anything was done.", side=Side.AWS)
        return Side.AWS

    def directory(self, _call: str) -> Callable[..., Awaitable[Side | None]]:
        return self._away("directory away", Side.AWS)

    def organizations(self, _call: str) -> Callable[..., Awaitable[Side | None]]:
        return self._away("organization away", Side.AWS)

    def slack_directory(self, _call: str) -> Callable[..., Awaitable[Side | None]]:
        return self._away("Slack away", Side.SLACK)

    def _away(self, kind: str, side: Side) -> Callable[..., Awaitable[Side | None]]:
        async def trouble(*_given: Any) -> Side | None:
            if self.troubles.of(kind):
                raise UpstreamBusy(f"{kind}.", side=side)
            return None

        return trouble

    def slack(self, call: str) -> Callable[..., Awaitable[Side | None]]:
        """Trouble of what is said."""
        troubles, away = self.troubles, self._away("Slack away", Side.SLACK)
        posts = call in {"show_card", "reply", "tell", "write_line"}

        async def trouble(*given: Any) -> Side | None:
            await away()
            if troubles.of("Slack silent"):
                await asyncio.sleep(LATE)
                raise AnswerLost("Slack did not answer in time.", side=Side.SLACK)
            if troubles.of("Slack limits") and self.chance.random() < 0.7:
                raise UpstreamBusy("ratelimited", retry_after=timedelta(seconds=30), side=Side.SLACK)
            request = next((each for each in map(_request_of, given) if each), "")
            if request and troubles.of("Slack refuses", request):
                raise AnswerLost("internal_error", side=Side.SLACK)
            return Side.SLACK if posts and troubles.of("Slack loses answers") else None

        return trouble


def _request_of(given: Any) -> str:
    found = getattr(given, "request", given)
    return str(found.id) if type(found).__name__ == "Request" else ""


def _accounts_of(where: frozenset[str]) -> frozenset[AccountId]:
    return frozenset(AccountId(each) for each in where if each.isdigit())


def _units_of(where: frozenset[str]) -> frozenset[OuId]:
    return frozenset(OuId(each) for each in where - _groups_of(where) if not each.isdigit())


def _groups_of(where: frozenset[str]) -> frozenset[GroupId]:
    return frozenset(GROUPS.values()) & where
