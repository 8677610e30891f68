"""The example company: one and the same on both sides, and in its policies."""

from collections import Counter
from typing import Any

import pytest
import yaml

from infra.sandbox.company import (
    LEDGER_PROD,
    PAYMENTS_OU,
    POLICIES_FILE,
    Company,
    example_company,
    large_company,
)


@pytest.fixture
def policies() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(POLICIES_FILE.read_text())
    return found


@pytest.fixture
def people(company: Company) -> set[str]:
    return {user.user_name for user in company.users} | {user.email for user in company.users if user.email}


@pytest.mark.parametrize("company", [example_company(), large_company()], ids=["example", "large"])
def test_every_id_is_given_once_and_refers_to_something(company: Company) -> None:
    places = {unit.id for unit in company.units} | {company.root_id}
    assert all(unit.parent_id in places for unit in company.units)
    assert all(account.parent_id in places for account in company.accounts)
    names = {user.user_name for user in company.users}
    assert all(set(group.members) <= names for group in company.groups)
    slack = {user.id for user in company.slack_users}
    assert all(set(channel.members) <= slack for channel in company.channels)
    ids = [
        *places,
        *(account.id for account in company.accounts),
        *(found.arn for found in company.permission_sets),
        *(user.id for user in company.users),
        *(group.id for group in company.groups),
        *slack,
        *(channel.id for channel in company.channels),
    ]
    assert [found for found, count in Counter(ids).items() if count > 1] == []


def test_an_account_deep_down_is_below_every_unit_above_it(company: Company) -> None:
    assert PAYMENTS_OU in company.ancestors(LEDGER_PROD)
    assert company.account(LEDGER_PROD).parent_id != PAYMENTS_OU
    assert company.ancestors(LEDGER_PROD)[-1] == company.root_id


def test_a_large_company_has_the_size_that_was_asked_for() -> None:
    grown = large_company(accounts=500, permission_sets=50, users=200, groups=20)
    assert (len(grown.accounts), len(grown.permission_sets)) == (500, 50)
    assert (len(grown.users), len(grown.groups)) == (200, 20)
    assert max(len(grown.ancestors(account.id)) for account in grown.accounts) > 4


def test_the_policies_speak_of_this_company(company: Company, policies: dict[str, Any], people: set[str]) -> None:
    places = {unit.id for unit in company.units} | {company.root_id}
    groups = {group.name for group in company.groups}
    assert {policies["settings"]["admin_group"], policies["settings"]["auditor_group"]} <= groups
    for policy in [*policies["eligibility"], *policies["approval"]]:
        assert set(policy["accounts"]) <= {account.id for account in company.accounts}
        assert set(policy["ous"]) <= places
        assert set(policy["permission_sets"]) <= {found.name for found in company.permission_sets}
        assert set(policy.get("users", [])) | set(policy.get("approver_users", [])) <= people
        assert set(policy.get("groups", [])) | set(policy.get("approver_groups", [])) <= groups


def test_the_policies_name_channels_that_the_bot_may_use(company: Company, policies: dict[str, Any]) -> None:
    usable = {channel.id for channel in company.channels if channel.has_bot and not channel.shared}
    assert all(set(policy["channels"]) <= usable for policy in policies["approval"])


def test_the_policies_show_every_kind(company: Company, policies: dict[str, Any]) -> None:
    assert {policy["approval_required"] for policy in policies["eligibility"]} == {True, False}
    assert max(policy["approvals_required"] for policy in policies["approval"]) == 2
    targets = {unit for policy in policies["eligibility"] for unit in policy["ous"]}
    assert company.root_id in targets
    assert PAYMENTS_OU in targets
