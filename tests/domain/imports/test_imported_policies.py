"""An import never allows more than the other tool did: nobody more, nothing more, no longer, and nothing unapproved."""

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.approval import approval_for
from core.domain.evaluation import Eligibility, eligibility, never_granted
from core.domain.ids import PrincipalId
from core.domain.imports.elevator import from_elevator
from core.domain.imports.notes import Finding, Imported
from core.domain.imports.statements import ElevatorOptions, Statements
from core.domain.imports.surroundings import Surroundings
from core.domain.imports.team import from_team
from core.domain.imports.team_tables import TeamTables
from core.domain.organization import Target
from core.domain.people import Person
from core.domain.policy import PolicyBook
from core.domain.policy_validation import faults
from tests.domain.imports.peers import ElevatorOracle, TeamOracle
from tests.domain.imports.worlds import statements, surroundings, team_tables, worlds_of_later
from tests.strategies import GROUPS, PEOPLE

OPTIONS = ElevatorOptions(requesters=tuple(group.title() for group in GROUPS[:2]))


def targets(around: Surroundings) -> Iterator[Target]:
    organization = around.organization
    yield from (Target(a, arn) for a in organization.accounts for arn in organization.permission_sets)


def grantable(around: Surroundings) -> Iterator[Target]:
    yield from (target for target in targets(around) if target.account in around.usable)


def person(around: Surroundings, identifier: PrincipalId) -> Person:
    groups = frozenset(group for group, inside in around.members.items() if identifier in inside)
    return Person(around.principals[identifier], groups)


def ours(book: PolicyBook, around: Surroundings, identifier: PrincipalId, target: Target) -> Eligibility | None:
    """The access that may be asked for, and granted at all."""
    if never_granted(around.organization, book.settings, target) or target.account not in around.usable:
        return None
    return eligibility(book, around.organization, person(around, identifier), target)


def deciding(book: PolicyBook, around: Surroundings, target: Target) -> frozenset[PrincipalId]:
    return approval_for(book, around.organization, target).approvers(around.members)


def disabled(around: Surroundings) -> frozenset[PrincipalId]:
    return frozenset(p.id for p in around.principals.values() if not p.enabled)


def names(line: str, account: str) -> bool:
    return account in line or "every account" in line


def told(imported: Imported, finding: Finding) -> str:
    return "\n".join(" | ".join((n.about, *n.what)) for n in imported.notes if n.finding is finding)


@given(surroundings(), team_tables)
def test_from_team_nobody_gets_more_longer_or_with_less_approval(around: Surroundings, tables: TeamTables) -> None:
    oracle, book = TeamOracle(tables, around), from_team(tables, around).book
    for target in targets(around):
        for who in PEOPLE:
            allowed = ours(book, around, who, target)
            if allowed is not None:
                assert timedelta(hours=oracle.hours(who, target)) >= allowed.limit
                assert allowed.approval_required or not oracle.needs_approval(who, target)
        assert deciding(book, around, target) <= oracle.approvers(target)


@given(surroundings(), team_tables)
def test_from_team_what_enabled_people_had_they_have(around: Surroundings, tables: TeamTables) -> None:
    """Apart from what the rules refuse everybody, and from a shorter limit."""
    oracle, book = TeamOracle(tables, around), from_team(tables, around).book
    for target in grantable(around):
        for who in set(PEOPLE) - disabled(around):
            assert bool(oracle.hours(who, target)) == (ours(book, around, who, target) is not None)


@given(surroundings(), team_tables, st.booleans())
def test_from_team_each_bypass_that_is_lost_is_told_with_person_and_target(
    around: Surroundings, tables: TeamTables, nested: bool
) -> None:
    imported = from_team(tables, around, nested=nested)
    oracle, lost = TeamOracle(tables, around), told(imported, Finding.BYPASS_LOST)
    for target in grantable(around):
        for who in set(PEOPLE) - disabled(around):
            now = ours(imported.book, around, who, target)
            if oracle.hours(who, target) and not oracle.needs_approval(who, target) and now and now.approval_required:
                name = around.organization.permission_sets[target.permission_set].name
                lines = [line for line in lost.splitlines() if around.principals[who].user_name in line]
                assert any(names(line, target.account) and name in line for line in lines)


@given(surroundings(), team_tables)
def test_from_team_every_account_that_a_nested_import_opens_is_told(around: Surroundings, tables: TeamTables) -> None:
    imported = from_team(tables, around, nested=True)
    oracle = TeamOracle(tables, around)
    opened, free = told(imported, Finding.OU_OPENS), told(imported, Finding.OU_OPENS_WITHOUT_APPROVAL)
    for target in grantable(around):
        for who in PEOPLE:
            now = ours(imported.book, around, who, target)
            if now and not oracle.hours(who, target):
                assert names(opened + free if now.approval_required else free, target.account)
        if deciding(imported.book, around, target) - oracle.approvers(target):
            assert target.account in told(imported, Finding.OU_MAKES_APPROVERS)


@given(surroundings(), statements())
def test_from_elevator_nobody_gets_more_or_with_less_approval(around: Surroundings, given_: Statements) -> None:
    oracle, book = ElevatorOracle(given_, around), from_elevator(given_, around, OPTIONS).book
    for target in targets(around):
        for who in PEOPLE:
            allowed = ours(book, around, who, target)
            if allowed is not None:
                assert oracle.may_ask(target)
                assert person(around, who).groups & set(GROUPS[:2])
                assert allowed.approval_required == oracle.needs_approval(target)
        assert deciding(book, around, target) <= oracle.approvers(target)


@given(surroundings(), statements())
def test_from_elevator_requesters_have_what_everybody_had(around: Surroundings, given_: Statements) -> None:
    oracle, book = ElevatorOracle(given_, around), from_elevator(given_, around, OPTIONS).book
    for target in grantable(around):
        for who in around.enabled_in(GROUPS[:2]):
            assert oracle.may_ask(target) == (ours(book, around, who, target) is not None)
        assert deciding(book, around, target) == oracle.approvers(target)


@given(surroundings(), team_tables, statements())
def test_an_imported_book_is_one_that_can_be_applied(
    around: Surroundings, tables: TeamTables, given_: Statements
) -> None:
    for imported in (from_team(tables, around), from_elevator(given_, around, OPTIONS)):
        book = imported.book
        assert faults(PolicyBook(), book, around.members, disabled(around)) == ()
        named: set[str] = {i for p in book.eligibility for i in (*p.users, *p.groups)}
        named |= {i for q in book.approval for i in (*q.approver_users, *q.approver_groups)}
        assert named <= imported.names.keys()


@given(worlds_of_later(), team_tables, statements())
def test_accounts_and_permission_sets_of_later_get_nobody_more_than_the_other_tool_would(
    worlds: tuple[Surroundings, Surroundings], tables: TeamTables, given_: Statements
) -> None:
    now, later = worlds
    team, elevator = TeamOracle(tables, later), ElevatorOracle(given_, later)
    from_tables, from_statements = from_team(tables, now).book, from_elevator(given_, now, OPTIONS).book
    for target in targets(later):
        for who in PEOPLE:
            if allowed := ours(from_tables, later, who, target):
                assert timedelta(hours=team.hours(who, target)) >= allowed.limit
                assert allowed.approval_required or not team.needs_approval(who, target)
            if allowed := ours(from_statements, later, who, target):
                assert elevator.may_ask(target)
                assert allowed.approval_required or not elevator.needs_approval(target)
        assert deciding(from_tables, later, target) <= team.approvers(target)
        assert deciding(from_statements, later, target) <= elevator.approvers(target)
