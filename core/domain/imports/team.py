"""From AWS TEAM's tables to a policy book.

An OU of AWS TEAM is the accounts that stand directly in it, and one policy that asks for no approval is enough there
(here every matching one must: rule 5). ``nested`` takes OUs at any depth as they are meant here (rule 3), and notes
each account that this opens.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from core.domain.ids import AccountId, ConversationId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.imports.known_names import KnownNames
from core.domain.imports.notes import Finding, Imported
from core.domain.imports.surroundings import Surroundings
from core.domain.imports.team_settings import settings_of
from core.domain.imports.team_tables import TeamApprovers, TeamEligibility, TeamSettings, TeamTables
from core.domain.policy import ApprovalPolicy, EligibilityPolicy, Notify, PolicyBook


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A row that became a policy: the people it means, and the accounts it covers there and here."""

    policy: EligibilityPolicy
    people: frozenset[PrincipalId]
    there: frozenset[AccountId]
    here: frozenset[AccountId]
    limit: timedelta


def from_team(
    tables: TeamTables, around: Surroundings, *, nested: bool = False, channels: tuple[ConversationId, ...] = ()
) -> Imported:
    """Translate everything. Rows that lead to no policy are left out, and noted."""
    return _Translation(tables, around, nested=nested, channels=channels).imported()


class _Translation:
    def __init__(
        self, tables: TeamTables, around: Surroundings, *, nested: bool, channels: tuple[ConversationId, ...]
    ) -> None:
        self._tables = tables
        self._around = around
        self._nested = nested
        self._channels = channels
        self._sieve = KnownNames(around)
        self._settings = tables.settings or TeamSettings()

    def imported(self) -> Imported:
        settings = settings_of(self._tables.settings, self._sieve)
        stretches = [s for row in self._tables.eligibility if (s := self._eligibility(row)) is not None]
        approval = [p for row in self._tables.approvers if (p := self._approval(row)) is not None]
        self._note_bypasses(stretches)
        self._note_lent_limits(stretches)
        if approval and not self._channels:
            self._sieve.note(Finding.ASKED_DIRECTLY)
        self._note_rest()
        book = PolicyBook(settings=settings, eligibility=tuple(s.policy for s in stretches), approval=tuple(approval))
        return Imported(book, self._sieve.written, tuple(self._sieve.notes))

    def _eligibility(self, row: TeamEligibility) -> _Stretch | None:
        name = self._sieve.policy_name(EligibilityPolicy, row.name, "group" if row.is_group else "user", row.id)
        self._note_change(row, name)
        group = self._sieve.group(row.id, row.name, name) if row.is_group else None
        user = None if row.is_group else self._sieve.user(row.id, row.name, name)
        accounts, units = self._sieve.accounts(row.accounts, name), self._sieve.ous(row.ous, name)
        found = [self._sieve.permission_set(arn, called, name) for arn, called in row.permission_sets]
        sets = frozenset(arn for arn in found if arn is not None)
        if not (group or user) or not (accounts or units) or not sets:
            self._sieve.note(Finding.LEFT_OUT, name)
            return None
        limit = self._limit(row, name)
        policy = EligibilityPolicy(
            name=name,
            users=frozenset([user] if user else []),
            groups=frozenset([group] if group else []),
            accounts=accounts,
            ous=self._deep(units),
            direct_ous=units - self._deep(units),
            permission_sets=sets,
            max_duration=limit,
            approval_required=row.approval_required,
        )
        self._sieve.note(Finding.ELIGIBILITY, name, row.name or row.id)
        people = self._around.enabled_in(policy.groups) | policy.users
        return self._noted(_Stretch(policy, people, self._there(accounts, units), self._reached(policy), limit))

    def _deep(self, units: frozenset[OuId]) -> frozenset[OuId]:
        """Those that are written with all below them."""
        return units if self._nested else frozenset()

    def _there(self, accounts: frozenset[AccountId], units: frozenset[OuId]) -> frozenset[AccountId]:
        """The usable accounts that AWS TEAM means."""
        return accounts.union(*(self._around.directly_in(ou) for ou in units))

    def _reached(self, policy: EligibilityPolicy | ApprovalPolicy) -> frozenset[AccountId]:
        """Those that the policy means here."""
        below = (self._around.below(ou) for ou in policy.ous)
        return self._there(policy.accounts, policy.direct_ous).union(*below)

    def _limit(self, row: TeamEligibility, name: str) -> timedelta:
        """AWS TEAM keeps a row above the global maximum and caps what is asked."""
        if row.hours > self._settings.hours:
            self._sieve.note(Finding.LIMIT_CAPPED, name, f"{row.hours} h", f"{self._settings.hours} h")
        return timedelta(hours=min(row.hours, self._settings.hours))

    def _noted(self, stretch: _Stretch) -> _Stretch:
        """Note which accounts an OU opens that it did not there."""
        if opened := stretch.here - stretch.there:
            needed = stretch.policy.approval_required and self._settings.approval
            finding = Finding.OU_OPENS if needed else Finding.OU_OPENS_WITHOUT_APPROVAL
            self._sieve.note(finding, stretch.policy.name, self._targets(stretch.policy.permission_sets, opened))
        return stretch

    def _approval(self, row: TeamApprovers) -> ApprovalPolicy | None:
        name = self._sieve.policy_name(ApprovalPolicy, row.name, "OU" if row.is_ou else "account", row.id)
        self._note_change(row, name)
        accounts = frozenset[AccountId]() if row.is_ou else self._sieve.accounts([row.id], name)
        units = self._sieve.ous([row.id], name) if row.is_ou else frozenset[OuId]()
        groups = frozenset(g for group in row.groups if (g := self._sieve.group(group, "", name)) is not None)
        if groups and not self._around.enabled_in(groups):
            self._sieve.note(Finding.NOBODY_IN_GROUPS, name, *self._groups_called(groups))
        if not (accounts or units) or not groups:
            self._sieve.note(Finding.LEFT_OUT, name)
            return None
        policy = ApprovalPolicy(
            name=name,
            accounts=accounts,
            ous=self._deep(units),
            direct_ous=units - self._deep(units),
            approver_groups=groups,
            channels=self._channels,
            notify=Notify.BOTH if self._channels else Notify.CHANNEL,  # AWS TEAM writes to each approver
        )
        if opened := self._reached(policy) - self._there(accounts, units):
            where = self._around.accounts_called(opened)
            self._sieve.note(Finding.OU_MAKES_APPROVERS, name, *self._groups_called(groups), *where)
        self._sieve.note(Finding.APPROVAL, name, row.name or row.id)
        return policy

    def _note_bypasses(self, stretches: list[_Stretch]) -> None:
        """Each target for which somebody needs approval here and not there: two policies of one person meet in it."""
        if not self._settings.approval:
            return
        free = [stretch for stretch in stretches if not stretch.policy.approval_required]
        asking = [stretch for stretch in stretches if stretch.policy.approval_required]
        for one, other in product(free, asking):
            sets = one.policy.permission_sets & other.policy.permission_sets
            accounts, people = one.there & other.here, one.people & other.people
            if sets and accounts and people:
                both = f"{one.policy.name} + {other.policy.name}"
                who = ", ".join(self._around.people_called(people))
                self._sieve.note(Finding.BYPASS_LOST, both, who, self._targets(sets, accounts))

    def _note_lent_limits(self, stretches: list[_Stretch]) -> None:
        """In AWS TEAM the longest limit of any policy of a person holds for all that person may ask for."""
        for short in stretches:
            longer = [one for one in stretches if one.limit > short.limit and one.people & short.people]
            if longer:
                self._sieve.note(Finding.LIMIT_LENT, short.policy.name, *(one.policy.name for one in longer))

    def _note_change(self, row: TeamEligibility | TeamApprovers, name: str) -> None:
        if row.ticket or row.modified_by:
            self._sieve.note(Finding.CHANGE_RECORD, name, row.ticket, row.modified_by)

    def _note_rest(self) -> None:
        if self._tables.requests:
            self._sieve.note(Finding.REQUESTS, "", str(self._tables.requests))
        for file in self._tables.unfinished:
            self._sieve.note(Finding.MORE_PAGES, file)
        self._sieve.note(Finding.LIVE_ACCESS, "AWS TEAM")
        self._sieve.note(Finding.REPLACES)

    def _targets(self, sets: frozenset[PermissionSetArn], accounts: frozenset[AccountId]) -> str:
        return self._around.targets_called(sets, accounts)

    def _groups_called(self, groups: frozenset[GroupId]) -> list[str]:
        return sorted(self._around.groups[group].name for group in groups)
