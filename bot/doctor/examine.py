"""Goes through everything, whatever is missing: a line each; what depends on something missing is not checked."""

import json
from collections.abc import AsyncIterator

from bot import neighbour
from bot.compose import Chat, Infrastructure, aws_of, chat_of, clock_of, open_infrastructure
from bot.doctor.absent import absent_audit_lines, absent_policy_lines
from bot.doctor.api import api_lines
from bot.doctor.aws import access_lines, aws_lines, group_lines, lacks_aws, scan_line
from bot.doctor.events import event_lines
from bot.doctor.line import DoctorLine, not_checked, to_the_end
from bot.doctor.policies import policy_lines
from bot.doctor.slack import TOKEN, channel_lines, slack_lines
from bot.doctor.stored import stored_lines
from bot.env_file import warning_of
from bot.said import document, say
from bot.schema import SAID, SHARED, missing_file, without_text_index
from bot.secret_values import with_what_can_be_read
from bot.settings import DATABASE_PASSWORD, DATABASE_URL, ProcessSettings
from core.adapters.storage.pooler import shares_connections
from core.adapters.storage.schema_state import schema_state
from core.domain.errors import Upstream
from core.domain.platforms import SLACK
from core.domain.policy import PolicyBook

OF_THE_DATABASE = ("Admin group", "Auditor group", "Policies", "Channels", "Outbox", "Audit trail", "Invariants")
"""Checks that need the database."""
_SCAN, _OF_THE_SCAN = "Directory scan", ("Admin group", "Auditor group", "Policies")
ANY_REGION = "us-east-1"
"""Opens the adapters where no region is set; nothing is asked in it."""


async def examine(settings: ProcessSettings, *, as_json: bool = False) -> int:
    """Print a line for each thing, or all as JSON; 1 when one of them is not as it must be."""
    lines = []
    async for line in _all_lines(settings):
        lines.append(line)
        if not as_json:
            say(line.text)
    ok = all(line.ok for line in lines if line.checked)
    if as_json:
        checks = [{"what": line.what, "state": line.state, "detail": line.detail} for line in lines]
        document(json.dumps({"ok": ok, "checks": checks}, indent=2) + "\n")
    return 0 if ok else 1


async def _all_lines(settings: ProcessSettings) -> AsyncIterator[DoctorLine]:
    """Without a database that can be asked, Slack and AWS are all the same."""
    if exposed := warning_of(settings.env_file):
        yield DoctorLine("Secrets", ok=True, detail=exposed, warns=True)
    held, missing = await with_what_can_be_read(settings)
    for variable, arn in settings.arns.items():
        yield DoctorLine(f"Secret {variable}", variable not in missing, missing.get(variable, f"read from {arn.arn}"))
    if not {DATABASE_URL, DATABASE_PASSWORD} & missing.keys():
        async for line in _with_database(held):
            yield line
        return
    for line in not_checked("Database", *OF_THE_DATABASE, because="its address or password was not read"):
        yield line
    async for line in slack_lines(held, chat_of(held, clock_of(held)).client):
        yield line
    async with aws_of(held) as aws:
        for line in await access_lines(aws):
            yield line


async def _with_database(settings: ProcessSettings) -> AsyncIterator[DoctorLine]:
    try:
        async with aws_of(settings):
            region = ""
    except Upstream as error:  # nothing can be asked of AWS, not even who this is
        region = ANY_REGION
        yield DoctorLine("AWS", ok=False, detail=f"{error} Set AWS_REGION to the region of Identity Center")
    reachable = settings.model_copy(update={"aws_region": region}) if region else settings
    async with open_infrastructure(reachable, binds=False) as base:
        async for line in _lines(reachable, base, asks_aws=not region):
            yield line


async def _lines(settings: ProcessSettings, base: Infrastructure, *, asks_aws: bool) -> AsyncIterator[DoctorLine]:
    chat = chat_of(settings, base.clock)
    database = await _database(base)
    yield database
    reaches_slack = True
    async for line in to_the_end("Chat", _chats(settings, base, chat, knows_policies=database.ok)):
        reaches_slack = reaches_slack and (line.ok or line.what != TOKEN)
        yield line
    async for line in _process(settings):
        yield line
    if asks_aws:
        async for line in to_the_end("AWS", aws_lines(settings, base, chat, has_database=database.ok)):
            asks_aws = asks_aws and not lacks_aws(line)
            yield line
    else:
        for line in not_checked("AWS credentials", "Identity Center", "Session activity", because="it needs AWS"):
            yield line
    if database.ok:
        stored = _stored(settings, base, chat, asks_aws=asks_aws, reaches_slack=reaches_slack)
        async for line in to_the_end("Policies", stored):
            yield line
        async for line in to_the_end("Events", event_lines(settings, base, asks_aws=asks_aws)):
            yield line
    else:
        for line in not_checked(*OF_THE_DATABASE, because="it needs the database"):
            yield line


async def _process(settings: ProcessSettings) -> AsyncIterator[DoctorLine]:
    for line in api_lines(settings):
        yield line
    if (running := await neighbour.ask(settings)) is not None:
        yield DoctorLine("Running bot", *running)


async def _chats(
    settings: ProcessSettings, base: Infrastructure, chat: Chat, *, knows_policies: bool
) -> AsyncIterator[DoctorLine]:
    """Slack, unless Teams alone is set up; and Teams, as soon as any of it is."""
    if SLACK in settings.platforms:
        async for line in slack_lines(settings, chat.client):
            yield line
    if not settings.given_of_teams:
        return
    from bot.doctor.teams import teams_lines  # noqa: PLC0415 - nothing of Teams is imported without its variables

    book = await base.rules.policies.current() if knows_policies else None
    async for line in teams_lines(settings, base, book):
        yield line


async def _stored(
    settings: ProcessSettings, base: Infrastructure, chat: Chat, *, asks_aws: bool, reaches_slack: bool
) -> AsyncIterator[DoctorLine]:
    """The state of the bot's own work, and the groups and channels that the stored policies name."""
    async for line in stored_lines(settings, base, asks_aws=asks_aws):
        yield line
    book = await base.rules.policies.current()
    async for line in _directory(settings, base, book, asks_aws=asks_aws):
        yield line
    if SLACK in settings.platforms:
        async for line in channel_lines(chat, book, settings, is_reached=reaches_slack):
            yield line
    for line in (*absent_audit_lines(settings), *absent_policy_lines(settings, book)):
        yield line


async def _directory(
    settings: ProcessSettings, base: Infrastructure, book: PolicyBook, *, asks_aws: bool
) -> AsyncIterator[DoctorLine]:
    """Lines that need the listing of users and groups: once that failed, the rest would fail as slowly."""
    if not asks_aws:
        for line in not_checked(_SCAN, *_OF_THE_SCAN, because="it needs AWS"):
            yield line
        return
    scan = await scan_line(base)
    yield scan
    if not scan.ok:
        for line in not_checked(*_OF_THE_SCAN, because=f"it needs the {_SCAN.lower()}"):
            yield line
        return
    async for line in group_lines(base, book, settings):
        yield line
    async for line in policy_lines(base, book):
        yield line


async def _database(base: Infrastructure) -> DoctorLine:
    try:
        if (missing := missing_file(base.database.address)) is not None:
            return DoctorLine("Database", ok=False, detail=missing)
        if await shares_connections(base.database.address):
            return DoctorLine("Database", ok=False, detail=SHARED)
        state = await schema_state(base.database.engine)
        slow = await without_text_index(base.database) if state.is_usable else ""
    except Upstream as error:
        return DoctorLine("Database", ok=False, detail=str(error))
    said = f"{SAID[state]}; {slow}" if slow else SAID[state]
    return DoctorLine("Database", ok=state.is_usable, detail=said, warns=bool(slow))
