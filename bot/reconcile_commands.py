"""``teambot reconcile``: AWS against the book, and what an operator decides about what nobody here made."""

import asyncio
import json
import os
import re
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import click

from bot.compose import Infrastructure, open_infrastructure, recovery_of
from bot.operator import operator_name
from bot.progress import shown
from bot.said import document, say
from bot.schema import need_schema
from bot.settings import ProcessSettings
from core.domain.durations import read_duration
from core.domain.errors import NotFound, Upstream
from core.domain.ids import PrincipalId, show_request_id
from core.domain.people import Principal
from core.domain.reconciliation import DriftFinding
from core.domain.request import Actor
from core.services.context.assignment_names import AssignmentNames
from core.services.integrity.full_comparison import ComparisonReport, FullComparison, ObserveProgress
from core.services.provisioning.unknown_assignments import UnknownAssignmentDecisions
from core.services.queries.policy_explainer import target_called
from core.services.runtime.heartbeat import Heartbeat
from handlers.words import drift_words
from handlers.words.counts import noun

BEAT_EVERY = 5.0
SHARED_WITH = 2
"""The share of calls when replicas are not counted: half are left to the bot that may be running."""
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=30)
LOOKED_BACK = timedelta(days=1)
_COLUMNS = {"account": "ACCOUNT", "permission_set": "PERMISSION SET", "user": "USER", "is": "IS", "then": "THEN"}

_USER_ID = re.compile(r"([0-9a-f]{10}-)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""As Identity Center gives them (identity store API, ResourceId)."""

Row = dict[str, str]


async def reconcile(settings: ProcessSettings, *, repair: bool, as_json: bool, since: datetime | None) -> int:
    """Print where they disagree; 1 when they do."""
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        begin = since.replace(tzinfo=UTC) if since else base.clock.now() - LOOKED_BACK
        service = FullComparison(
            base.database.open, base.rules.context, base.cloud, recovery_of(settings, base), base.clock
        )
        by = Actor(name=operator_name()) if repair else None
        async with _sharing(base):
            async with shown("Reading the organization"):
                await base.rules.organizations.refresh()
            async with shown("Looking at targets in AWS") as observe:
                report = await _run(service, begin, observe, by)
        rows = [await _row(base, finding, repaired=repair) for finding in report.findings]
    (_print_json if as_json else _print)(report, rows)
    return 1 if report.findings or report.unseen else 0


async def _run(
    service: FullComparison, begin: datetime, observe: ObserveProgress, by: Actor | None
) -> ComparisonReport:
    try:
        return await service.run(begin, observe, by=by)
    except Upstream as error:
        raise click.ClickException(f"{error}. Run it again: it continues where it stopped.") from error


@asynccontextmanager
async def _sharing(base: Infrastructure) -> AsyncIterator[None]:
    """Take a share of AWS's calls like a replica, for as long as it runs."""
    if base.database.is_for_one_process:
        base.aws.budgets.divide(SHARED_WITH)
        yield
        return
    name = f"reconcile-{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    heartbeat = Heartbeat(base.database.open, base.clock, base.aws.budgets, name, lambda _: None)
    await heartbeat.beat()
    beating = asyncio.ensure_future(_beat(heartbeat))
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(heartbeat: Heartbeat) -> None:
    while True:
        await asyncio.sleep(BEAT_EVERY)
        with suppress(Upstream):
            await heartbeat.beat()


async def _row(base: Infrastructure, finding: DriftFinding, *, repaired: bool) -> Row:
    named = await AssignmentNames(base.rules.organizations, base.directory).names(finding.principal, finding.target)
    return {
        "what": finding.discord.value,
        "account": finding.target.account,
        "account_name": named.account,
        "permission_set": named.permission_set,
        "user": named.principal,
        "user_id": finding.principal,
        "request": show_request_id(finding.request_id) if finding.request_id is not None else "",
        "is": drift_words.what(finding),
        "then": drift_words.then(finding, repaired=repaired),
    }


def _print(report: ComparisonReport, rows: Sequence[Row]) -> None:
    table = [tuple(_COLUMNS.values()), *(tuple(row[name] for name in _COLUMNS) for row in rows)]
    widths = [max(len(line[place]) for line in table) for place in range(len(_COLUMNS))]
    for line in table if rows else ():
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    agree = f"{len(rows)} found" if rows else "AWS and the database agree"
    unseen = f" AWS refused to tell of {report.unseen}: the log says why." if report.unseen else ""
    say(f"{agree}: {report.targets} {noun(report.targets, 'target')} looked at.{unseen}")


def _print_json(report: ComparisonReport, rows: Sequence[Row]) -> None:
    found = {"targets": report.targets, "unseen": report.unseen, "found": list(rows)}
    document(json.dumps(found, indent=2) + "\n")


async def settle(
    settings: ProcessSettings, command: str, user: str, account: str, permission_set: str, reason: str, length: str
) -> int:
    """Adopt, ignore or remove one assignment that nobody here made."""
    if not reason.strip():
        raise click.UsageError("Give the reason with --reason: it is kept in the audit trail.")
    stays = _within(length) if command == "adopt" else timedelta()
    async with open_infrastructure(settings) as base:
        await need_schema(base.database)
        await base.rules.organizations.refresh()
        organization = await base.rules.organizations.current()
        who = await _principal(base, user)
        groups = await base.directory.groups()
        target = target_called(organization, groups, account, permission_set)
        group = next((each.name for each in groups if each.id == target.group), None)
        service, by = (
            UnknownAssignmentDecisions(base.database.open, base.cloud, base.clock),
            Actor(name=operator_name()),
        )
        said = await AssignmentNames(base.rules.organizations, base.directory).say(who.id, target)
        if command == "adopt":
            names = organization.names_of(target, group)
            if names is None:
                raise NotFound("The account or the permission set is not in the organization.")
            request = await service.adopt(who, target, names, stays, by, reason.strip())
            number, until = show_request_id(request.id), f"{request.end_at:%Y-%m-%d %H:%M UTC}"
            say(f"{said} is {number} now, and ends at {until}.")
        elif command == "ignore":
            await service.ignore(who, target, by, reason.strip())
            say(f"{said} is no longer reported while it exists.")
        else:
            await service.remove(who, target, by, reason.strip())
            say(f"{said} will be removed by the running bot.")
    return 0


def _within(text: str) -> timedelta:
    length = read_duration(text)
    if length is None or not SHORTEST <= length <= LONGEST:
        raise click.UsageError("Say with --for how long it stays: from 15m up to 30d, as 4h or 90m.")
    return length


async def _principal(base: Infrastructure, called: str) -> Principal:
    """By user name, e-mail address or UserId."""
    matches = await base.directory.principals_of_email(called, fresh=True)
    if len(matches) > 1:
        raise NotFound(f"More than one Identity Center user is called {called}. Give the user id.")
    is_id = _USER_ID.fullmatch(called) is not None
    found_by_id = await base.directory.principal(PrincipalId(called), fresh=True) if is_id else None
    known = matches[0] if matches else found_by_id
    if known is None:
        raise NotFound(f"There is no Identity Center user {called}. Give the user name, address or id.")
    return known
