from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import AccountId, OuId, PermissionSetArn, permission_set_id
from core.domain.organization import (
    DECIDES_FOR,
    DEFAULT_SESSION,
    FRESH_FOR,
    Account,
    Organization,
    OrganizationalUnit,
    PermissionSet,
    with_doubts,
)
from tests.strategies import ACCOUNTS, NOW, OUS, ROOT, organizations

MOMENT = timedelta(seconds=1)


def climb(organization: Organization, account: AccountId) -> Iterator[OuId]:
    """The units above an account, by going from parent to parent."""
    unit: OuId | None = organization.accounts[account].ou
    while unit is not None:
        yield unit
        unit = organization.ous[unit].parent


@given(organizations())
def test_an_organizational_unit_means_every_account_below_it_at_any_depth(organization: Organization) -> None:
    """Rule 3."""
    for ou in organization.ous:
        below = {account for account in organization.accounts if ou in climb(organization, account)}
        assert organization.accounts_under.get(ou, frozenset()) == below


@given(organizations())
def test_each_account_stands_directly_in_one_unit(organization: Organization) -> None:
    """Rule 3."""
    there = {account: ou for ou, members in organization.accounts_in.items() for account in members}
    assert there == {account.id: account.ou for account in organization.accounts.values()}
    assert sum(map(len, organization.accounts_in.values())) == len(organization.accounts)


@given(organizations())
def test_the_root_means_every_account(organization: Organization) -> None:
    """Rule 3."""
    assert organization.accounts_under[ROOT] == set(organization.accounts)


@given(organizations())
def test_ancestors_go_from_the_account_up_to_the_root(organization: Organization) -> None:
    for account in organization.accounts:
        assert organization.ancestors(account) == tuple(climb(organization, account))


@given(organizations())
def test_a_path_names_the_units_from_the_top_down_without_the_root(organization: Organization) -> None:
    for account in organization.accounts:
        units = [organization.ous[ou].name for ou in climb(organization, account)]
        assert [organization.ous[ROOT].name, *organization.path(account)] == units[::-1]


@given(organizations())
def test_an_account_that_is_not_in_the_organization_stands_nowhere(organization: Organization) -> None:
    for account in (AccountId("999999999999"), *ACCOUNTS[len(organization.accounts) :]):
        assert organization.ancestors(account) == ()
        assert organization.path(account) == ()


def test_units_in_a_circle_end_the_climb() -> None:
    ring = {OUS[1]: OrganizationalUnit(OUS[1], "a", OUS[2]), OUS[2]: OrganizationalUnit(OUS[2], "b", OUS[1])}
    organization = Organization(
        {ACCOUNTS[0]: Account(ACCOUNTS[0], "account", OUS[1])}, ring, {}, management_account=ACCOUNTS[1], taken_at=NOW
    )
    assert organization.ancestors(ACCOUNTS[0]) == (OUS[1], OUS[2])


@given(organizations())
def test_a_permission_set_is_found_by_its_name_its_arn_and_its_id(organization: Organization) -> None:
    for permission_set in organization.permission_sets.values():
        for called in (permission_set.name, permission_set.arn, permission_set_id(permission_set.arn)):
            assert organization.permission_set_called(called) == permission_set
    assert organization.permission_set_called("nothing of the kind") is None


@given(organizations(), st.timedeltas(timedelta(0), timedelta(days=1)))
def test_a_snapshot_is_stale_once_it_is_older_than_an_hour(organization: Organization, age: timedelta) -> None:
    assert organization.is_stale(NOW + age) == (age > FRESH_FOR)


def test_a_permission_set_that_names_no_session_duration_has_one_of_an_hour() -> None:
    """Rules 21 and 24: without it nobody could say how long open sessions live on."""
    assert PermissionSet(PermissionSetArn("arn"), "Set").session_duration == DEFAULT_SESSION == timedelta(hours=1)


@given(organizations())
def test_what_one_reading_misses_is_kept_as_it_was_until_a_second_misses_it_too(organization: Organization) -> None:
    """Rule 3: one reading is no verdict."""
    before = replace(organization, doubted=frozenset())
    empty = replace(before, accounts={}, ous={}, permission_sets={})

    once = with_doubts(empty, before)
    twice = with_doubts(empty, once)

    assert (once.accounts, once.ous, once.permission_sets) == (before.accounts, before.ous, before.permission_sets)
    assert once.doubted == {*before.accounts, *before.ous, *before.permission_sets}
    assert (twice.accounts, twice.ous, twice.permission_sets) == ({}, {}, {})


@given(organizations(), st.timedeltas(timedelta(), 2 * DECIDES_FOR))
def test_what_is_in_doubt_decides_for_no_longer_than_it_would_have_without_a_new_reading(
    organization: Organization, later: timedelta
) -> None:
    """Rule 3: after a long silence, what one reading misses is no younger for it."""
    before = replace(organization, doubted=frozenset())
    read_at = before.taken_at + later

    doubted = with_doubts(replace(before, accounts={}, ous={}, permission_sets={}, taken_at=read_at), before)

    assert doubted.may_decide(read_at) == before.may_decide(read_at)


@given(organizations())
def test_a_reading_that_misses_nothing_is_taken_as_it_is(organization: Organization) -> None:
    assert with_doubts(organization, None) is organization
    assert with_doubts(organization, organization) is organization


@given(organizations())
def test_an_older_picture_decides_nothing_and_one_from_ahead_is_as_old_as_it_is_far(organization: Organization) -> None:
    """Rule 3: known within 15 minutes."""
    at = organization.taken_at

    for sign in (1, -1):
        assert organization.may_decide(at + sign * DECIDES_FOR)
        assert not organization.may_decide(at + sign * (DECIDES_FOR + MOMENT))
        assert not organization.is_stale(at + sign * FRESH_FOR)
        assert organization.is_stale(at + sign * (FRESH_FOR + MOMENT))


@given(organizations())
def test_a_unit_has_the_path_of_its_accounts_and_an_account_a_label(organization: Organization) -> None:
    for number, account in organization.accounts.items():
        assert organization.path_of(account.ou) == organization.path(number)
        assert account.name in organization.label_of(number)
    assert len({organization.label_of(number) for number in organization.accounts}) == len(organization.accounts)
