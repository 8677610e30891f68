"""The growth of what a person waits for, with accounts and with policies."""

import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from core.domain.evaluation import eligibility
from core.domain.ids import AccountId, GroupId, OuId, PermissionSetArn, PrincipalId
from core.domain.organization import Account, Organization, OrganizationalUnit, PermissionSet, Target
from core.domain.people import Person, Principal
from core.domain.policy import EligibilityPolicy, PolicyBook
from tests.bench.interactions import Hands, posted
from tests.bench.lives import OPENED, Lives, opened
from tests.bench.rows import Results, times
from tests.bench.stage import BenchStage

ROOT, UNIT = OuId("r-ab12"), OuId("ou-ab12-workload")
ACCOUNT, ARN = AccountId("111122223333"), PermissionSetArn("arn:aws:sso:::permissionSet/ssoins-1/ps-1")
ORGANIZATION = Organization(
    accounts={ACCOUNT: Account(ACCOUNT, "Payments Prod", UNIT)},
    ous={ROOT: OrganizationalUnit(ROOT, "Root"), UNIT: OrganizationalUnit(UNIT, "Workloads", ROOT)},
    permission_sets={ARN: PermissionSet(ARN, "ReadOnlyAccess")},
    management_account=AccountId("123456789012"),
    taken_at=datetime(2026, 1, 1, tzinfo=UTC),
)
TEAM = GroupId("team-0")
ADA = Person(Principal(PrincipalId("ada"), "ada@example.com", "Ada Lovelace"), frozenset({TEAM}))
POLICIES = (10, 100, 1_000, 10_000)
ACCOUNTS = (30, 300, 3_000)
FORMS, KEYS = 5, 20
FORM, KEY = "form complete, by accounts", "a keystroke, by accounts"


def book(policies: int) -> PolicyBook:
    """One policy in ten is about this person, up to ten of them; the others are about other teams."""
    return PolicyBook(
        1,
        eligibility=tuple(
            EligibilityPolicy(
                f"policy-{number:05}",
                groups=frozenset({TEAM if number % 10 == 0 and number < 100 else GroupId(f"team-{number}")}),
                ous=frozenset({ROOT}),
                permission_sets=frozenset({ARN}),
                max_duration=timedelta(hours=1 + number % 8),
            )
            for number in range(policies)
        ),
    )


async def measure_company(stage: BenchStage, results: Results, accounts: int) -> None:
    """Opening the form, and a key typed into it."""
    lives, hands = Lives(), None
    for name in stage.names[:FORMS]:
        hands = Hands(stage, await opened(stage, lives, name))
    assert hands is not None
    keys = [hands.keystroke(stage.names[0], f"Team {n:02}") for n in range(KEYS)]
    took = [each for each in await stage.load(posted(keys), 1) if each is not None]
    for what, found in ((FORM, lives.took[OPENED]), (KEY, took)):
        results.growth.setdefault(what, []).append((accounts, statistics.median(found)))


def measure_policies(results: Results) -> None:
    """Deciding about one target, in this process: of many policies nearly all are about others."""
    found = {size: _judging(book(size)) for size in POLICIES}
    results.growth["deciding one request, by policies"] = [(n, statistics.median(took)) for n, took in found.items()]
    few, many = POLICIES[0], POLICIES[-1]
    name = f"deciding, {many:,} policies (floor: {few})"
    results.add(name, found[many], floor=found[few], bound=times(3))


def _judging(policies: PolicyBook, rounds: int = 30, at_once: int = 20) -> Sequence[float]:
    took = list[float]()
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(at_once):
            assert eligibility(policies, ORGANIZATION, ADA, Target(ACCOUNT, ARN)) is not None
        took.append((time.perf_counter() - began) * 1000 / at_once)
    return took
