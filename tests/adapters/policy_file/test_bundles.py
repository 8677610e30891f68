"""Bundles in a policy file: names of targets, which may name what is gone, and whatever else is refused."""

from dataclasses import replace

import pytest

from core.adapters.policy_file import read, resolve, write
from core.domain.errors import Field, InvalidPolicies
from core.domain.ids import AccountId, PermissionSetArn
from core.domain.organization import Target
from core.domain.policy import Bundle, PolicyBook
from core.domain.policy_diff import Change, Section, differences
from core.domain.policy_merge import merge
from core.domain.policy_validation import LostTarget, gone_from_bundles
from core.domain.widening import widens
from tests.adapters.policy_file import company as c

WRITTEN = """\
version: 1
bundles:
  - name: incident
    targets:
      - account: '111122223333'
        permission_set: PowerUserAccess
      - {account: '012345670123', permission_set: ps-readonly}
      - {account: '000000000000', permission_set: OldAccess}
"""
POWER, READ = Target(c.PAYMENTS_PROD, c.POWER_USER), Target(c.LEDGER_PROD, c.READ_ONLY)
OTHER = Target(c.PAYMENTS_PROD, c.READ_ONLY)
GONE = Target(AccountId("000000000000"), PermissionSetArn("OldAccess"))
INCIDENT = Bundle("incident", (POWER, READ, GONE))


ONE = "name: x\n    targets: [{account: '1', permission_set: a}]"


def book(*bundles: Bundle) -> PolicyBook:
    return PolicyBook(bundles=bundles, labels={c.POWER_USER: "PowerUserAccess", c.READ_ONLY: "ReadOnlyAccess"})


def test_a_bundle_is_read_by_names_and_reads_back_as_it_is_written() -> None:
    found = resolve(read(WRITTEN), c.NAMES)
    assert found.bundles == (INCIDENT,)
    assert resolve(read(write(found, c.ORGANIZATION)), c.NAMES) == found
    assert "bundles" not in write(book(), c.ORGANIZATION)  # which the release before can read


def test_what_is_gone_is_told_with_its_place_and_is_no_mistake() -> None:
    assert gone_from_bundles(book(INCIDENT), c.ORGANIZATION) == (LostTarget("incident", 3, GONE, Field.ACCOUNT),)


@pytest.mark.parametrize(
    ("bundle", "problem"),
    [
        ("name: two words\n    targets: [{account: '1', permission_set: a}]", "must be called by one word"),
        ("name: x", "bundle 'x' has no targets"),
        ("name: x\n    targets: [{account: '1'}]", "a target needs both"),
        ("name: x\n    targets: [{account: '1', permission_set: a, ou: b}]", "unknown key `ou`"),
        ("name: x\n    targets: [one]", "must be a mapping"),
        ("targets: [{account: '1', permission_set: a}]", "a bundle needs a `name`"),
        (f"name: x\n    targets: [{', '.join(['{account: 1, permission_set: a}'] * 11)}]", "has at most 10 targets"),
        (f"{ONE}\n  - {ONE}", "there is a bundle 'x' already, on line 3"),
        (f"{ONE}\n  - {ONE.replace('x', 'X')}", "there is a bundle 'X' already, on line 3"),
    ],
)
def test_a_bundle_that_nobody_could_use_is_refused(bundle: str, problem: str) -> None:
    with pytest.raises(InvalidPolicies) as refused:
        resolve(read(f"version: 1\nbundles:\n  - {bundle}\n"), c.NAMES)
    assert problem in str(refused.value)


def test_a_change_of_a_bundle_is_a_change_that_widens_nothing() -> None:
    before, after = book(INCIDENT), book(Bundle("incident", (POWER,)), Bundle("other", (READ,)))
    changed, added = differences(before, after)
    assert (changed.section, changed.name, changed.change) == (Section.BUNDLES, "incident", Change.CHANGED)
    assert changed.fields[0].lost == ("OldAccess in 000000000000", "ReadOnlyAccess in 012345670123")
    assert (added.name, added.change, added.fields[0].gained) == (
        "other",
        Change.ADDED,
        ("ReadOnlyAccess in 012345670123",),
    )
    assert [part.change for part in differences(after, before)] == [Change.CHANGED, Change.REMOVED]
    assert widens(before, after, c.ORGANIZATION) == ()


def test_a_form_that_was_open_meanwhile_keeps_the_bundles_of_whoever_changed_them() -> None:
    base, theirs = book(), book(INCIDENT)
    assert merge(base, replace(base, revision=1), theirs).bundles == (INCIDENT,)
    assert merge(base, book(INCIDENT), base).bundles == (INCIDENT,)


def test_of_two_admins_who_change_one_bundle_each_keeps_what_they_added_and_removed() -> None:
    mine, theirs = book(Bundle("incident", (READ,))), book(Bundle("incident", (READ, OTHER)), Bundle("outage", (READ,)))
    merged = merge(book(Bundle("incident", (POWER, READ))), mine, theirs)
    assert merged.bundles == (Bundle("incident", (READ, OTHER)), Bundle("outage", (READ,)))
    assert merge(book(INCIDENT), book(), book(INCIDENT)).bundles == ()


def test_a_permission_set_that_got_another_name_is_no_change_of_its_bundle() -> None:
    before = book(Bundle("incident", (READ,)))
    assert differences(before, replace(before, labels={c.READ_ONLY: "ReadOnly", c.LEDGER_PROD: "Ledger"})) == ()


def test_a_change_names_the_account_where_its_name_is_known() -> None:
    after = replace(book(Bundle("incident", (READ,))), labels={c.READ_ONLY: "ReadOnly", c.LEDGER_PROD: "Ledger"})
    (added,) = differences(book(), after)
    assert added.fields[0].gained == (f"ReadOnly in Ledger ({c.LEDGER_PROD})",)
