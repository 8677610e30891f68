import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from core.adapters.storage.documents import dump_book, dump_organization, load_book, load_organization
from core.domain.errors import NewerRelease
from core.domain.ids import AccountId, OuId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.policy import ApprovalPolicy, Bundle, EligibilityPolicy, PolicyBook
from core.domain.settings import Requirement, Settings
from tests.adapters.storage.samples import NOW, READ_ONLY
from tests.setting_values import settings_values
from tests.strategies import ACCOUNTS, PERMISSION_SETS, organizations, policy_books

KNOWN_BEFORE = {
    "approval_required",
    "require_justification",
    "require_ticket",
    "ticket_pattern",
    "approver_comment",
    "max_duration",
    "request_expiry",
    "max_start_ahead",
    "reminder_after",
    "protected_accounts",
    "protected_permission_sets",
    "unknown_assignments",
    "max_open_requests",
    "policy_changes",
    "admin_group",
    "auditor_group",
}
"""The settings of the release before: it refuses a book that has others."""


@given(book=policy_books)
def test_a_policy_book_is_loaded_as_it_was_dumped(book: PolicyBook) -> None:
    assert load_book(json.loads(json.dumps(dump_book(book)))) == book


@given(settings=settings_values())
def test_settings_are_loaded_as_they_were_dumped(settings: Settings) -> None:
    book = PolicyBook(settings=settings)
    assert load_book(json.loads(json.dumps(dump_book(book)))) == book


@given(organization=organizations())
def test_an_organization_is_loaded_as_it_was_dumped(organization: Organization) -> None:
    assert load_organization(json.loads(json.dumps(dump_organization(organization)))) == organization


def test_what_the_release_before_does_not_know_is_left_out_while_nobody_uses_it() -> None:
    book = PolicyBook(
        eligibility=(EligibilityPolicy("a", ous=frozenset({OuId("ou-1")})),),
        approval=(ApprovalPolicy("a", ous=frozenset({OuId("ou-1")})),),
    )
    document = dump_book(book)
    assert load_book(document) == book
    assert {*document["settings"]} == KNOWN_BEFORE
    for policy in (*document["eligibility"], *document["approval"]):
        assert "direct_ous" not in policy
    (used,) = dump_book(replace(book, approval=(replace(book.approval[0], direct_ous=frozenset({OuId("ou-2")})),)))[
        "approval"
    ]
    assert used["direct_ous"] == ["ou-2"]


def test_an_unlimited_policy_stays_unlimited() -> None:
    book = PolicyBook(eligibility=(EligibilityPolicy("any", max_duration=None, approval_required=False),))
    assert load_book(dump_book(book)) == book


@pytest.mark.parametrize(("was", "asked"), [(True, Requirement.REQUIRED), (False, Requirement.OFF)])
def test_what_was_stored_when_a_ticket_was_required_or_not_is_loaded_still(was: bool, asked: Requirement) -> None:
    stored = json.loads(json.dumps(dump_book(PolicyBook(7, Settings(ticket_pattern="#", ticket=asked)))))
    assert stored["settings"]["require_ticket"] is was
    assert load_book(stored) == PolicyBook(7, Settings(ticket_pattern="#", ticket=asked))


def test_a_request_that_never_expires_and_reminders_that_are_off_are_what_the_release_before_refuses() -> None:
    book = PolicyBook(settings=Settings(request_expiry=None, reminder_after=None))
    stored = json.loads(json.dumps(dump_book(book)))
    assert load_book(stored) == book
    assert {*stored["settings"]} - KNOWN_BEFORE == {"request_expiry_never", "reminder_after_off"}


def test_fractions_of_a_second_are_kept() -> None:
    book = PolicyBook(eligibility=(EligibilityPolicy("any", max_duration=timedelta(seconds=1.5)),))
    assert load_book(dump_book(book)) == book


def test_a_document_of_another_format_is_refused() -> None:
    with pytest.raises(NewerRelease):
        load_book(dump_book(PolicyBook()) | {"format": 2})
    with pytest.raises(NewerRelease):
        load_organization(dump_organization(company(1)) | {"format": 2})


def test_three_thousand_accounts_load_fast() -> None:
    organization = company(3000)
    document = json.dumps(dump_organization(organization))
    began = time.thread_time()
    loaded = load_organization(json.loads(document))
    took = time.thread_time() - began
    assert loaded == organization
    assert took < 0.5, "it takes 15 ms on an idle machine"


def company(size: int) -> Organization:
    ou = OuId("r-root")
    accounts = [Account(AccountId(f"{n:012}"), f"Account {n}", ou, active=n % 7 > 0) for n in range(size)]
    return Organization(
        accounts={account.id: account for account in accounts},
        ous={ou: OrganizationalUnit(ou, "Root")},
        permission_sets={READ_ONLY: PermissionSet(READ_ONLY, "ReadOnly", "Look", timedelta(hours=4))},
        management_account=accounts[0].id,
        taken_at=NOW.replace(microsecond=123456),
    )


def test_bundles_are_loaded_as_they_were_dumped_and_left_out_where_there_are_none() -> None:
    bundles = (Bundle("incident", (Target(ACCOUNTS[0], PERMISSION_SETS[0]), Target(ACCOUNTS[1], PERMISSION_SETS[1]))),)
    assert load_book(json.loads(json.dumps(dump_book(PolicyBook(bundles=bundles))))).bundles == bundles
    assert "bundles" not in dump_book(PolicyBook())
    with pytest.raises(NewerRelease):
        load_book({**dump_book(PolicyBook()), "bundles": [{"name": "x", "targets": [], "news": 1}]})
