"""Thousands of requests that are live or will begin, spread over an hour: how late each start and each end is.

The machine's own clock runs. Only a part of the hour is watched, at the density of the whole.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from core.adapters.storage.assignment_mapping import columns_of_assignment
from core.adapters.storage.engine import Database
from core.adapters.storage.mapping import Columns, columns_of_request
from core.adapters.storage.migrate import upgrade
from core.adapters.storage.tables import AssignmentRow, RequestRow
from core.domain.assignment import Assignment, AssignmentChange, OperationKind
from core.domain.ids import AccountId, PermissionSetArn, PrincipalId
from core.domain.organization import Target
from core.domain.people import ChatUser
from core.domain.request import Request, Status
from core.services.provisioning.assignment_book import LEFT_TO_THE_ROUND
from infra.sandbox.company import IdentityUser
from tests.bench import burst
from tests.bench.rows import Results, most
from tests.bench.stage import BenchStage, policies, started_anew
from tests.e2e.play import Play

OVER = timedelta(hours=1)
QUIET = 60.0
"""Seconds before the first is due: the book is filled, the process starts, and its CPU at rest is watched."""
WATCHED_AT_REST = 8.0
LATE_AT_MOST, AT_REST_AT_MOST = 1.0, 5.0
CREATE, DELETE = "CreateAccountAssignment", "DeleteAccountAssignment"


@dataclass(frozen=True, slots=True)
class Due:
    """The call that AWS must receive, and when."""

    operation: str
    account: str
    person: str
    at: datetime


async def measure(folder: Path, results: Results, count: int, watched: float) -> None:
    """``count`` of them, half live and half scheduled; watched for so many seconds."""
    url, book = f"sqlite+aiosqlite:///{folder / 'due.db'}", folder / "policies.yaml"
    company = burst.crowd()
    people = [each for each in company.users if each.user_name.startswith("person")][: burst.PEOPLE]
    book.write_text(
        policies(["ada@example.com", *(each.email for each in people if each.email)], approval=False), encoding="utf-8"
    )
    await upgrade(url)
    async with Play(folder, url, company=company, forked=False, policies=book) as play:
        play.aws.conduct.provisioning_seconds = 0
        template = await burst.granted(play)
        await play.bot.stop()
        begin = datetime.now(UTC) + timedelta(seconds=QUIET)
        due = await _filled(play, template, people, count, begin)
        play.aws.forget()
        stage = BenchStage(play, "", await started_anew(play))
        await asyncio.sleep(max(0.0, begin.timestamp() - time.time() - WATCHED_AT_REST - 1))
        before = stage.cpu()
        await asyncio.sleep(WATCHED_AT_REST)
        at_rest = (stage.cpu() - before) / WATCHED_AT_REST
        until = begin + timedelta(seconds=watched)
        expected = [each for each in due if each.at < until]
        late = await _lateness(play, expected)
    at = f"{count:,} live and scheduled requests"
    results.add(f"CPU at rest, {at}", [at_rest * 100], unit="%", bound=most(AT_REST_AT_MOST))
    for name, operation in (("start", CREATE), ("end", DELETE)):
        found = late[operation]
        results.add(f"{name} to AWS call, {at}", found, unit="s", bound=most(LATE_AT_MOST), judged="p99")


async def _filled(
    play: Play, template: Request, people: Sequence[IdentityUser], count: int, begin: datetime
) -> list[Due]:
    """The requests in the book, those that are live in AWS too; what is due, in order."""
    due, requests, assignments = list[Due](), list[Columns](), list[Columns]()
    chats = {user.email: user.id for user in play.stage.company.slack_users}
    team = play.stage.slack.workspace.team_id
    for n in range(count):
        account = play.stage.company.account(f"Team {n % burst.ACCOUNTS:04}")
        person = people[(n // burst.ACCOUNTS + n) % burst.PEOPLE]
        target = Target(AccountId(account.id), PermissionSetArn(template.target.permission_set))
        at, is_live = begin + OVER * (n / count), n % 2 == 0
        request = replace(
            template,
            requester=PrincipalId(person.id),
            requester_name=person.display_name,
            requester_user_name=person.user_name,
            requester_chat=ChatUser("slack", team, chats[person.email]),
            target=target,
            account_name=account.name,
            ending_soon_told=True,
            duration=timedelta(hours=1),
        )
        if is_live:
            request = replace(request, end_at=at)
            play.aws.make_assignment(account.id, burst.PERMISSION_SET, person.user_name)
            assignments.append(_assignment(request, at))
        else:
            nothing_yet = {"granting_at": None, "window_start_at": None, "judged_at": None, "ending_soon_told": False}
            ends = at + request.duration
            request = replace(request, status=Status.SCHEDULED, start_at=at, end_at=ends, **nothing_yet)  # type: ignore[arg-type]
        requests.append({"version": 1, **columns_of_request(request)})
        due.append(Due(DELETE if is_live else CREATE, account.id, person.id, at))
    database = Database(play.database_url)
    async with database.engine.begin() as connection:
        await connection.execute(insert(RequestRow), requests)
        await connection.execute(insert(AssignmentRow), assignments)
    await database.close()
    return due


def _assignment(request: Request, end_at: datetime) -> Columns:
    """Its row at rest: made by a process that has long gone."""
    made = AssignmentChange(OperationKind.CREATE, request.created_at, request.created_at)
    row = Assignment(request.requester, request.target, ours=True, changed=made, asked_since=request.created_at)
    return {
        **columns_of_assignment(row),
        "principal_id": request.requester,
        "account_id": request.target.account,
        "permission_set_arn": request.target.permission_set,
        "urgent": False,
        "wants_slot": False,
        "fence": 1,
        "next_try_at": end_at + LEFT_TO_THE_ROUND,
    }


async def _lateness(play: Play, expected: Sequence[Due]) -> dict[str, list[float]]:
    """Seconds from each moment until AWS received the call; waits until all of them are there."""
    aws = play.aws

    def came() -> dict[tuple[str, str, str], float]:
        calls = [call for name in (CREATE, DELETE) for call in aws.calls(name)]
        return {(c.operation, c.arguments["TargetId"], c.arguments["PrincipalId"]): c.at for c in reversed(calls)}

    wanted = {(each.operation, each.account, each.person): each.at.timestamp() for each in expected}
    last = max(wanted.values())
    await aws.changes.until(lambda: wanted.keys() <= came().keys(), last - datetime.now(UTC).timestamp() + 60)
    at, late = came(), dict[str, list[float]]()
    for key, due_at in wanted.items():
        late.setdefault(key[0], []).append(at[key] - due_at)
    return late
