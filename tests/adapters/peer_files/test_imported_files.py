"""An import is written as a policy file that says the same: it can be checked and applied as it is."""

from dataclasses import replace

from hypothesis import given

from core.adapters.policy_file.names import FileNames
from core.adapters.policy_file.reading import read
from core.adapters.policy_file.resolving import resolve
from core.adapters.policy_file.writing import write
from core.domain.imports.elevator import from_elevator
from core.domain.imports.notes import Imported
from core.domain.imports.statements import ElevatorOptions, Statement, Statements
from core.domain.imports.surroundings import Surroundings
from core.domain.imports.team import from_team
from core.domain.imports.team_tables import TeamApprovers, TeamEligibility, TeamTables
from core.domain.policy import PolicyBook
from tests.domain.imports import shop
from tests.domain.imports.worlds import statements, surroundings, team_tables
from tests.strategies import GROUPS

OPTIONS = ElevatorOptions(requesters=(GROUPS[0].title(),))


def read_back(imported: Imported, around: Surroundings) -> PolicyBook:
    text = write(imported.book, around.organization, imported.names)
    names = FileNames.of(
        around.organization, around.principals.values(), around.groups.values(), members=around.members
    )
    return replace(resolve(read(text), names), labels={})


@given(surroundings(), team_tables, statements())
def test_an_imported_file_reads_back_as_the_same_policies(
    around: Surroundings, tables: TeamTables, given_: Statements
) -> None:
    for imported in (from_team(tables, around), from_elevator(given_, around, OPTIONS)):
        assert read_back(imported, around) == imported.book


def test_people_and_groups_of_one_name_are_told_apart_in_the_file() -> None:
    everybody = [shop.ANN, shop.BEN, shop.DEE, shop.EVE]
    rows = [
        TeamEligibility(
            identifier,
            "Same",
            is_group=identifier in shop.AROUND.groups,
            accounts=(shop.SHOP,),
            ous=(),
            permission_sets=((shop.READ, "Read"),),
            hours=1,
            approval_required=True,
        )
        for identifier in (*everybody, shop.ENGINEERS, shop.SAME_A, shop.SAME_B)
    ]
    approvers = (TeamApprovers(shop.SHOP, "Same", is_ou=False, groups=(shop.LEADS, shop.SAME_A)),)
    imported = from_team(TeamTables(tuple(rows), approvers), shop.AROUND)

    assert len(imported.book.eligibility) == len(rows)
    assert read_back(imported, shop.AROUND) == imported.book


def test_every_permission_set_and_any_are_written_as_such() -> None:
    given_ = Statements((Statement(1, None, None, ("ben@example.com",)),))
    imported = from_elevator(given_, shop.AROUND, ElevatorOptions(("Engineers",)))

    assert read_back(imported, shop.AROUND) == imported.book
