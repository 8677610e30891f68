"""What a decision costs as policies grow in number."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from core.domain.evaluation import eligibility
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import Person, Principal
from core.domain.policy import EligibilityPolicy, PolicyBook
from tests.bench.conftest import Results

pytestmark = pytest.mark.bench

ROOT, UNIT, GROUP = OuId("r-ab12"), OuId("ou-ab12-workload"), GroupId("group")
ACCOUNT, ARN = AccountId("111122223333"), PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-1")
ORGANIZATION = Organization(
    accounts={ACCOUNT: Account(ACCOUNT, "Payments Prod", UNIT)},
    ous={ROOT: OrganizationalUnit(ROOT, "Root"), UNIT: OrganizationalUnit(UNIT, "Workloads", ROOT)},
    permission_sets={ARN: PermissionSet(ARN, "ReadOnlyAccess")},
    management_account=AccountId("123456789012"),
    taken_at=datetime(2026, 1, 1, tzinfo=UTC),
)
ADA = Person(Principal(PrincipalId("ada"), "ada@example.com", "Ada Lovelace"), frozenset({GROUP}))


def book(policies: int) -> PolicyBook:
    """Every policy names the person and holds the account somewhere above it: the costly case."""
    return PolicyBook(
        1,
        eligibility=tuple(
            EligibilityPolicy(
                f"policy-{number:03}",
                groups=frozenset({GROUP}),
                ous=frozenset({ROOT}),
                permission_sets=frozenset({ARN}),
                max_duration=timedelta(hours=1 + number % 8),
            )
            for number in range(policies)
        ),
    )


def seconds(of: PolicyBook, times: int = 20) -> float:
    began = time.perf_counter()
    for _ in range(times):
        assert eligibility(of, ORGANIZATION, ADA, Target(ACCOUNT, ARN)) is not None
    return (time.perf_counter() - began) / times


def test_a_hundred_times_the_policies_cost_a_hundred_times_as_much_and_not_ten_thousand(results: Results) -> None:
    many, few = book(500), book(5)

    pairs = [(seconds(many), seconds(few)) for _ in range(40)]

    result = results.add(
        "decision with 500 policies",
        [pair[0] for pair in pairs],
        floor_is="with 5 policies",
        floor=[pair[1] for pair in pairs],
    )
    assert result.ratio < 500
