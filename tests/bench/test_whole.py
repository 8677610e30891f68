"""The whole bot in an organization of 3,000 accounts: how fast it answers, and how fast it grants."""

import io
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio

from infra.sandbox.aws.assignments import Assignment, Kind
from infra.sandbox.company import Account, large_company
from infra.sandbox.folder import holding
from infra.sandbox.run import Setup, standing
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.slack.person import Modal
from infra.sandbox.startup_checks import listening
from infra.sandbox.terminal import Terminal
from tests.bench.conftest import Results

pytestmark = [pytest.mark.bench, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

PATIENCE = 120.0
ACCOUNTS = 3_000
GRANTS = 20
POLICIES = """
version: 1
settings: {admin_group: team-admins, auditor_group: team-auditors}
eligibility:
  - name: everything
    users: [ada@example.com]
    ous: [r-ab12]
    permission_sets: [ReadOnlyAccess]
    max_duration: 4h
    approval_required: false
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    path = tmp_path_factory.mktemp("bench")
    policies = path / "policies.yaml"
    policies.write_text(POLICIES)
    setup = Setup(large_company(ACCOUNTS), policies)
    with holding(path) as folder, listening(0) as door:
        async with standing(folder, door, Terminal(io.StringIO()), setup) as (started, _):
            yield started


async def open_form(sandbox: Sandbox) -> Modal:
    ada = sandbox.stage.slack.person("ada")
    ada.patience = PATIENCE
    await ada.types("/team request")
    return await ada.modal("Request access")


async def test_type_ahead_over_3000_accounts(sandbox: Sandbox, results: Results) -> None:
    form, slack = await open_form(sandbox), sandbox.stage.slack
    took, floor = list[float](), list[float]()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        for number in range(60):
            offered = await form.options("Account", f"Team {number:02}")
            assert offered
            took.append(slack.deliveries[-1].seconds)
            began = time.perf_counter()
            async with session.get(f"{sandbox.bot.url}/healthz") as answer:
                await answer.read()
            floor.append(time.perf_counter() - began)
    await form.close()

    results.add("type-ahead over 3,000 accounts", took, floor_is="an answer of the bot without work", floor=floor)
    assert max(took) < slack.courier.ack_deadline


async def test_grants_that_are_all_due_at_once(sandbox: Sandbox, results: Results) -> None:
    aws = sandbox.stage.aws
    accounts = [each for each in sandbox.stage.company.accounts if each.name.startswith("Team ")][:GRANTS]
    start = sandbox.clock.now() + timedelta(hours=1)
    for account in accounts:
        await ask(sandbox, account, start.timestamp())
    began = time.perf_counter()
    sandbox.clock.move(timedelta(hours=1, minutes=1))
    await aws.changes.until(lambda: len(aws.assignments()) == GRANTS, PATIENCE)
    took = time.perf_counter() - began

    floor = await provisioning_alone(sandbox, accounts)

    results.add(f"{GRANTS} grants due at once", [took], floor_is="AWS's own provisioning, 15 at a time", floor=[floor])


async def ask(sandbox: Sandbox, account: Account, start: float) -> None:
    form = await open_form(sandbox)
    await form.choose("Account", account.name)
    await form.choose("Permission set", "ReadOnlyAccess")
    await form.pick_datetime("Start", start)
    await form.choose("Duration", "1 h", query="1h")
    await form.fill("Justification", "see how fast it goes")
    answer = await form.submit()
    assert answer.errors == {}
    assert answer.modal is not None
    await answer.modal.close()


async def provisioning_alone(sandbox: Sandbox, accounts: list[Account]) -> float:
    """The same assignments, for somebody else, as fast as AWS lets anybody make them."""
    aws = sandbox.stage.aws
    assignments = aws.world.assignments
    arn, bob = aws.permission_set("ReadOnlyAccess").arn, aws.user("bob@example.com").id
    began = time.perf_counter()
    for account in accounts:
        await aws.changes.until(lambda: len(assignments.in_flight) < aws.conduct.outstanding_quota, PATIENCE)
        assignments.start(Kind.CREATION, Assignment(account.id, arn, "USER", bob))
    await aws.changes.until(lambda: not assignments.in_flight, PATIENCE)
    return time.perf_counter() - began
