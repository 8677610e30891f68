"""Small companies, and exports of other tools that speak of them: mostly of what is there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from core.domain.ids import AccountId, GroupId, PrincipalId
from core.domain.imports.statements import Statement, Statements
from core.domain.imports.surroundings import Surroundings
from core.domain.imports.team_tables import TeamApprovers, TeamEligibility, TeamSettings, TeamTables
from core.domain.people import Group
from tests.strategies import ACCOUNTS, GROUPS, OUS, PEOPLE, PERMISSION_SETS, organizations, principal

T = TypeVar("T")
STRANGE_ACCOUNT = AccountId("000000000000")
HOURS = (1, 2, 4, 9, 24)


def some(pool: tuple[T, ...], least: int = 0) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(st.sampled_from(pool), min_size=least, max_size=3, unique=True).map(tuple)


@st.composite
def surroundings(draw: st.DrawFn) -> Surroundings:
    """Everybody of the pools, now and then disabled, in any groups."""
    disabled = draw(some(PEOPLE))
    members: Mapping[GroupId, frozenset[PrincipalId]] = {
        group: frozenset(draw(st.sets(st.sampled_from(PEOPLE), max_size=4))) for group in GROUPS
    }
    return Surroundings.of(
        draw(organizations()),
        [principal(person, enabled=person not in disabled) for person in PEOPLE],
        [Group(group, group.title()) for group in GROUPS],
        members,
    )


_eligibility = st.builds(
    TeamEligibility,
    id=st.sampled_from((*PEOPLE, "user-gone")),
    name=st.sampled_from(("Payments", "Data")),
    is_group=st.just(False),
    accounts=some((*ACCOUNTS, STRANGE_ACCOUNT)),
    ous=some((*OUS, "ou-gone")),
    permission_sets=some(tuple((arn, arn[-4:]) for arn in (*PERMISSION_SETS, "arn:gone")), 1),
    hours=st.sampled_from(HOURS),
    approval_required=st.booleans(),
) | st.builds(
    TeamEligibility,
    id=st.sampled_from((*GROUPS, "group-gone")),
    name=st.sampled_from(("Payments", "Data")),
    is_group=st.just(True),
    accounts=some(ACCOUNTS),
    ous=some(OUS),
    permission_sets=some(tuple((arn, arn[-4:]) for arn in PERMISSION_SETS), 1),
    hours=st.sampled_from(HOURS),
    approval_required=st.booleans(),
)
_approvers = st.builds(
    TeamApprovers,
    id=st.sampled_from((*ACCOUNTS, STRANGE_ACCOUNT)),
    name=st.just("Leads"),
    is_ou=st.just(False),
    groups=some((*GROUPS, "group-gone"), 1),
) | st.builds(
    TeamApprovers,
    id=st.sampled_from((*OUS, "ou-gone")),
    name=st.just("Leads"),
    is_ou=st.just(True),
    groups=some(GROUPS, 1),
)
_settings = st.builds(
    TeamSettings,
    hours=st.sampled_from(HOURS),
    approval=st.sampled_from((True, True, True, False)),
    comments=st.booleans(),
    ticket=st.booleans(),
)
team_tables = st.builds(
    TeamTables,
    st.lists(_eligibility, min_size=1, max_size=4, unique_by=lambda row: row.id).map(tuple),
    st.lists(_approvers, max_size=4, unique_by=lambda row: row.id).map(tuple),
    st.none() | _settings,
)


@st.composite
def statements(draw: st.DrawFn) -> Statements:
    """A few, of which the first are likely to be about everything."""
    known = ("Set1", "Set2", "Set3")
    return Statements(
        tuple(
            Statement(
                number,
                draw(st.none() | some((*ACCOUNTS, STRANGE_ACCOUNT), 1).map(frozenset)),
                draw(st.none() | some((*known, "Gone"), 1).map(frozenset)),
                draw(some((*(f"Person{n}@example.com" for n in range(1, 6)), "nobody@example.com"))),
                draw(st.sampled_from((None, None, True, False))),
                draw(st.sampled_from((None, True, False))),
            )
            for number in range(1, draw(st.integers(2, 5)))
        )
    )


@st.composite
def worlds_of_later(draw: st.DrawFn) -> tuple[Surroundings, Surroundings]:
    """A company as it is imported into, and as it is later: with accounts and permission sets that it had not yet."""
    now, other = draw(surroundings()), draw(organizations())
    known = now.organization
    joined = {
        account: replace(found, ou=found.ou if found.ou in known.ous else OUS[0])
        for account, found in other.accounts.items()
        if account not in known.accounts
    }
    resumed = {account: replace(found, active=True) for account, found in known.accounts.items()}
    then = replace(
        known,
        accounts={**resumed, **joined},
        permission_sets={**other.permission_sets, **known.permission_sets},
    )
    return now, replace(now, organization=then)
