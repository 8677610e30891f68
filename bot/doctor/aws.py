"""The doctor's lines about AWS: clocks, permissions, session activity, and the groups of admins and auditors."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

from bot.clocks import compare
from bot.compose import Chat, Infrastructure
from bot.doctor.line import DoctorLine, not_checked
from bot.settings import ProcessSettings
from bot.ticks import PEOPLE_LISTED_EVERY
from core.adapters.aws.access import NEEDS_CREDENTIALS, check_access
from core.adapters.aws.budget import QUOTA
from core.adapters.aws.rights import NOTHING_NAMED, Reach
from core.adapters.aws.session import AwsSession
from core.adapters.aws.user_listing import calls_to_list, listed_every
from core.domain.errors import AccessError, Upstream
from core.domain.group_targets import target_groups
from core.domain.ids import GroupId
from core.domain.policy import EVERY_PERMISSION_SET, PolicyBook
from core.domain.replicas import ALIVE_WITHIN, ClockState, judge_clock
from handlers.words import clock_words, sentences
from handlers.words.counts import noun

_ACTIVITY = "Session activity"


async def aws_lines(
    settings: ProcessSettings, base: Infrastructure, chat: Chat, *, has_database: bool
) -> AsyncIterator[DoctorLine]:
    async for line in _clocks(settings, base, chat, has_database=has_database):
        yield line
    lines = await access_lines(base.aws, await reach_of(base) if has_database else NOTHING_NAMED)
    for line in lines:
        yield line
    if any(map(lacks_aws, lines)):
        for line in not_checked(_ACTIVITY, because=NEEDS_CREDENTIALS):
            yield line
    else:
        yield await activity_line(base)


def lacks_aws(line: DoctorLine) -> bool:
    """True if it was not checked for want of an AWS that answers: what else is asked there says the same, slowly."""
    return not line.checked and line.detail == NEEDS_CREDENTIALS


async def access_lines(aws: AwsSession, reach: Reach = NOTHING_NAMED) -> list[DoctorLine]:
    """Lines about every AWS call that is needed."""
    return [
        DoctorLine(check.what, check.ok, check.detail, checked=check.checked)
        for check in await check_access(aws, reach)
    ]


async def _clocks(
    settings: ProcessSettings, base: Infrastructure, chat: Chat, *, has_database: bool
) -> AsyncIterator[DoctorLine]:
    """This machine's, and those of the replicas that run."""
    slack = chat.client if settings.slack_bot_token is not None else None
    async for compared in compare(base, slack):
        detail = f"{compared.other} does not tell the time"
        if compared.ahead is not None:
            detail = clock_words.compared(compared.ahead, f"the one of {compared.other}")
        yield _clock(f"Clock beside {compared.other}", compared.ahead, detail)
    if not has_database or base.database.is_for_one_process:
        return
    async with base.database.open() as unit:
        now = await unit.replicas.time() or base.clock.now()
        replicas = await unit.replicas.seen(now - ALIVE_WITHIN)
    for replica in replicas:
        if replica.clock is not ClockState.RIGHT:
            yield _clock(f"Clock of {replica.name}", replica.clock_ahead, clock_words.of_replica(replica))


def _clock(what: str, ahead: timedelta | None, detail: str) -> DoctorLine:
    state = judge_clock(ahead or timedelta())
    return DoctorLine(what, ok=state is not ClockState.WRONG, detail=detail, warns=state is ClockState.OFF)


async def reach_of(base: Infrastructure) -> Reach:
    """Whatever the eligibility policies name: what is in a unit is not looked up here."""
    async with base.database.look() as unit:
        book, organization = await unit.policies.current(), await unit.snapshots.get()
    policies = book.eligibility
    sets = frozenset(arn for policy in policies for arn in policy.permission_sets)
    if EVERY_PERMISSION_SET in sets:
        sets = (sets - {EVERY_PERMISSION_SET}).union(organization.permission_sets if organization else ())
    return Reach(
        sets,
        frozenset(account for policy in policies for account in policy.accounts),
        target_groups(book) if book.settings.group_targets else frozenset(),
    )


async def activity_line(base: Infrastructure) -> DoctorLine:
    what = _ACTIVITY
    if base.activity is None:
        return DoctorLine(what, ok=True, detail="no source (TEAMBOT_ACTIVITY_SOURCE): `logs` shows nothing")
    try:
        return DoctorLine(what, ok=True, detail=f"{base.activity.name}: {await base.activity.check()}")
    except Upstream as error:
        return DoctorLine(what, ok=False, detail=f"{base.activity.name}: {sentences.error(error)}")


async def scan_line(base: Infrastructure) -> DoctorLine:
    """The cost of reading all users: the running bot reads all users and groups again and again."""
    what, began = "Directory scan", time.monotonic()
    try:
        await base.directory.refresh()
        users, groups = len(await base.directory.everybody()), len(await base.directory.groups())
    except Upstream as error:
        return DoctorLine(what, ok=False, detail=str(error))
    took = time.monotonic() - began
    calls = calls_to_list(users) + calls_to_list(groups)
    every = listed_every(users, timedelta(seconds=PEOPLE_LISTED_EVERY))
    each_minute = calls * 60 / every.total_seconds()
    each = ((users, "user"), (groups, "group"), (calls, "call"))
    many_users, many_groups, many_calls = (f"{number:,} {noun(number, one)}" for number, one in each)
    cost = f"{many_calls}, {took:.1f} s, every {every.total_seconds():.0f} s"
    share = f"{each_minute:.0f} of the {QUOTA * 60:,} calls a minute that AWS allows"
    detail = f"{many_users} and {many_groups}, {cost}: {share}"
    return DoctorLine(what, ok=True, detail=detail, warns=took > every.total_seconds() / 2)


async def group_lines(base: Infrastructure, book: PolicyBook, settings: ProcessSettings) -> AsyncIterator[DoctorLine]:
    """The groups that make admins and auditors: they must exist, and somebody must be in them."""
    held = {"Admin group": book.settings.admin_group, "Auditor group": book.settings.auditor_group}
    first = {"Admin group": settings.admin_group, "Auditor group": settings.auditor_group}
    for what, group in held.items():
        try:
            yield await _group(base, book, what, group, first[what] or "")
        except AccessError as error:
            yield DoctorLine(what, ok=False, detail=str(error))


async def _group(base: Infrastructure, book: PolicyBook, what: str, group: GroupId | None, named: str) -> DoctorLine:
    known = {each.name: each.id for each in await base.directory.groups()}
    name = book.label(group) if group else named
    found_id = group or (None if book.revision else known.get(named))
    if found_id is None:
        since = "did not exist in Identity Center at the first start" if book.revision else "does not exist there"
        missing = f"{named} {since}" if named else "none is set"
        return DoctorLine(what, ok=False, detail=f"{missing}: set it with `teambot policy apply`")
    if found_id not in known.values():
        return DoctorLine(what, ok=False, detail=f"{name} no longer exists: set another with `teambot policy apply`")
    members = await base.directory.members_of(found_id, fresh=True)
    disabled = {user.id for user in await base.directory.everybody() if not user.enabled}
    enabled = len(members - disabled)
    who = f"{enabled} enabled {noun(enabled, 'member')}" if enabled else "nobody enabled is in it"
    return DoctorLine(what, ok=bool(enabled), detail=f"{name}, {who}")
