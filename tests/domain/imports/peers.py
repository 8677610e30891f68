"""The decisions of AWS TEAM and SSO Elevator, written anew from what they do: an import is measured against them."""

from core.domain.ids import PrincipalId
from core.domain.imports.statements import Statement, Statements
from core.domain.imports.surroundings import Surroundings
from core.domain.imports.team_tables import TeamEligibility, TeamSettings, TeamTables
from core.domain.organization import Target


class TeamOracle:
    """AWS TEAM: an OU is its own accounts, one free policy frees, any policy lends its duration."""

    def __init__(self, tables: TeamTables, around: Surroundings) -> None:
        self._tables = tables
        self._around = around
        self._settings = tables.settings or TeamSettings()

    def _of(self, person: PrincipalId) -> list[TeamEligibility]:
        groups = {group for group, inside in self._around.members.items() if person in inside}
        return [row for row in self._tables.eligibility if row.id == person or row.id in groups]

    def _matching(self, person: PrincipalId, target: Target) -> list[TeamEligibility]:
        parent = self._around.organization.accounts[target.account].ou
        return [
            row
            for row in self._of(person)
            if target.permission_set in {arn for arn, _ in row.permission_sets}
            and (target.account in row.accounts or parent in row.ous)
        ]

    def hours(self, person: PrincipalId, target: Target) -> int:
        """The longest that may be asked for; 0 when nothing may."""
        if not self._matching(person, target):
            return 0
        return min(self._settings.hours, max(row.hours for row in self._of(person)))

    def needs_approval(self, person: PrincipalId, target: Target) -> bool:
        free = any(not row.approval_required for row in self._matching(person, target))
        return self._settings.approval and not free

    def approvers(self, target: Target) -> set[PrincipalId]:
        parent = self._around.organization.accounts[target.account].ou
        groups = {g for row in self._tables.approvers if row.id in {target.account, parent} for g in row.groups}
        return {person for group, inside in self._around.members.items() if group in groups for person in inside}


class ElevatorOracle:
    """SSO Elevator: no requesters; freed by one statement unless another forbids it."""

    def __init__(self, given: Statements, around: Surroundings) -> None:
        self._given = given
        self._around = around

    def _matching(self, target: Target) -> list[Statement]:
        name = self._around.organization.permission_sets[target.permission_set].name
        return [
            s
            for s in self._given.statements
            if (s.accounts is None or target.account in s.accounts)
            and (s.permission_sets is None or name in s.permission_sets)
        ]

    def may_ask(self, target: Target) -> bool:
        return bool(self._matching(target))

    def needs_approval(self, target: Target) -> bool:
        said = {s.approval_not_required for s in self._matching(target)}
        return False in said or True not in said

    def approvers(self, target: Target) -> set[PrincipalId]:
        addresses = {address.lower() for s in self._matching(target) for address in s.approvers}
        return {
            p.id
            for p in self._around.principals.values()
            if p.enabled and addresses & {address.lower() for address in p.emails}
        }
