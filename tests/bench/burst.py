"""Much that ends in one second: how soon all of it is taken away, against what AWS's own limits allow.

The real process, and a local AWS over HTTP with the limits of Identity Center: so many calls a second, so many
operations outstanding. A call that is under way when the counting ends was not refused. Calls are counted where the
local AWS takes them up, in the process of the bench: while that stands still, calls of two seconds come together, so
nothing that was there before is looked through for garbage meanwhile.
"""

import asyncio
import gc
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.adapters.storage.engine import Database
from core.adapters.storage.migrate import upgrade
from core.domain.assignment import AssignmentChange, OperationKind
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId, RequestId
from core.domain.organization import Target
from core.domain.request import Request, Status
from core.services.provisioning.assignment_book import LEFT_TO_THE_ROUND
from infra.sandbox.company import Company, SlackUser, large_company
from tests.bench.rows import Results, most, times
from tests.e2e import play
from tests.e2e.play import Play

PEOPLE, ACCOUNTS, GRANTS = 50, 250, 3
CALLS_PER_SECOND, OUTSTANDING, OPERATION_SECONDS, ANSWER_SECONDS = 20, 10, 2.0, 0.03
CALLS_PER_DELETION = 3
"""To ask for it, to learn its outcome, and to see it gone."""
BOUND, BOUND_OF_FEW = 1.15, 1.2
"""Of few ends a larger share is spent before the first and after the last."""
GRANTED_WITHIN = 30.0
PERMISSION_SET = "ReadOnlyAccess"
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


def crowd() -> Company:
    """The example company with many accounts, and with many people who are in the chat as well."""
    company = large_company(ACCOUNTS + 50, permission_sets=0, users=PEOPLE + 20, groups=0)
    people = [user for user in company.users if user.user_name.startswith("person")][:PEOPLE]
    chat = tuple(SlackUser(f"U0P{n:04}", f"person{n:04}", p.display_name, p.email) for n, p in enumerate(people))
    return replace(company, users=company.users, slack_users=company.slack_users + chat)


def target(stage: Play, name: str) -> play.Target:
    return play.Target(name, stage.stage.company.account(name).id, PERMISSION_SET)


async def granted(stage: Play) -> Request:
    """A real one, from the form to AWS."""
    number = await stage.ask("ada", target(stage, f"Team {ACCOUNTS:04}"))
    await stage.told("ada", number, "active until")
    database = Database(stage.database_url)
    async with database.look() as unit:
        found = await unit.requests.get(RequestId(int(number.removeprefix("R-"))))
    await database.close()
    assert found is not None
    return found


async def made_live(stage: Play, template: Request, ends: int) -> datetime:
    """So many others made like it, all of which end at the moment that is returned."""
    company, end_at = stage.stage.company, datetime.now(UTC) + timedelta(seconds=10 + ends / 40)
    people = [each for each in company.users if each.user_name.startswith("person")][:PEOPLE]
    database = Database(stage.database_url)
    async with database.open() as unit:
        for n in range(ends):
            account, person = company.account(f"Team {n % ACCOUNTS:04}"), people[(n // ACCOUNTS + n) % PEOPLE]
            where = Target(AccountId(account.id), PermissionSetArn(template.target.permission_set))
            whose = {"requester": PrincipalId(person.id), "requester_name": person.display_name, "requester_chat": None}
            what = {"target": where, "account_name": account.name, "end_at": end_at, "ending_soon_told": True}
            stage.aws.make_assignment(account.id, PERMISSION_SET, person.user_name)
            await unit.requests.add(replace(template, **whose, **what))  # type: ignore[arg-type]
            await unit.assignments.adopt(PrincipalId(person.id), where, end_at)
        made = AssignmentChange(OperationKind.CREATE, template.created_at, template.created_at)
        for row in await unit.assignments.claim_due(end_at, timedelta(seconds=1), ends):
            await unit.assignments.save(replace(row, changed=made, next_try_at=end_at + LEFT_TO_THE_ROUND))
        await unit.commit()
    await database.close()
    return end_at


def limit(stage: Play) -> None:
    aws = stage.aws
    aws.conduct.calls_per_second["sso-admin"] = CALLS_PER_SECOND
    aws.conduct.outstanding_writes = OUTSTANDING
    aws.conduct.provisioning_seconds = OPERATION_SECONDS
    aws.faults.add("latency", service="sso-admin", seconds=ANSWER_SECONDS)


async def all_ended(stage: Play, ends: int) -> float:
    """The moment at which the last of them was said to be over, in seconds since 1970."""
    database = Database(stage.database_url)
    try:
        while True:
            async with database.look() as unit:
                counts = await unit.requests.counts(closed_since=datetime.fromtimestamp(0, UTC))
            if counts.get(Status.ENDED, 0) >= ends:
                return time.time()
            await asyncio.sleep(0.25)
    finally:
        await database.close()


async def grants_meanwhile(stage: Play, began: float, ends: int) -> list[float]:
    """Seconds from each form until AWS was asked for what it is about."""
    sent: dict[str, float] = {}
    for n in range(GRANTS):
        await asyncio.sleep(max(0, began + 5 + n * ends / 20 - time.time()))
        wanted = target(stage, f"Team {ACCOUNTS + 1 + n:04}")
        await stage.ask("ada", wanted)
        sent[wanted.account_id] = time.time()
    aws = stage.aws
    await aws.changes.until(lambda: len(aws.calls("CreateAccountAssignment")) >= GRANTS, GRANTED_WITHIN * 4)
    calls = [call for call in aws.calls("CreateAccountAssignment") if call.outcome == "ok"]
    return [call.at - sent[call.arguments["TargetId"]] for call in calls]


async def measure(folder: Path, results: Results, ends: int) -> None:
    """So many ends in one second, and grants that are asked for meanwhile."""
    policies, url = folder / "policies.yaml", f"sqlite+aiosqlite:///{folder / 'burst.db'}"
    policies.write_text(POLICIES, encoding="utf-8")
    await upgrade(url)
    async with Play(folder, url, company=crowd(), forked=False, policies=policies) as stage:
        end_at = await made_live(stage, await granted(stage), ends)
        limit(stage)
        stage.aws.forget()
        gc.collect()
        gc.freeze()
        began = end_at.timestamp()
        over, waited = await asyncio.gather(all_ended(stage, ends), grants_meanwhile(stage, began, ends))
        refused = [call for call in stage.aws.calls(service="sso-admin") if call.outcome not in ("ok", "under way")]
    by_slots = (ends + GRANTS) * OPERATION_SECONDS / OUTSTANDING
    by_calls = (ends + GRANTS) * CALLS_PER_DELETION / CALLS_PER_SECOND
    bound = times(BOUND if ends >= 1000 else BOUND_OF_FEW)
    floor = [max(by_slots, by_calls)]
    results.add(f"{ends} ends in one second (floor: AWS's limits)", [over - began], unit="s", floor=floor, bound=bound)
    results.add(f"a grant asked for during {ends} ends", [max(waited)], unit="s", bound=most(GRANTED_WITHIN))
    results.add(f"calls that AWS refused during {ends} ends", [float(len(refused))], unit="", bound=most(0))
