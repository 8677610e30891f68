"""``teambot doctor``: whether everything the bot stands on is there, a line each; nothing missing stops the others."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import click
from slack_sdk.web.async_client import AsyncWebClient

from bot import neighbour
from bot.clocks import compare
from bot.compose import (
    Chat,
    Infrastructure,
    archive_of,
    aws_of,
    chat_of,
    clock_of,
    invariants_of,
    open_infrastructure,
)
from bot.env_file import warning_of
from bot.schema import SAID, SHARED, missing_file
from bot.secret_values import with_what_can_be_read
from bot.settings import DATABASE_PASSWORD, DATABASE_URL, NO_BOT_TOKEN, NO_WAY_IN, ProcessSettings
from core.adapters.aws.access import check_access
from core.adapters.aws.rights import NOTHING_NAMED, Reach
from core.adapters.storage.migrate import schema_state
from core.adapters.storage.pooler import shares_connections
from core.domain.errors import AccessError, Upstream
from core.domain.ids import ConversationId, GroupId
from core.domain.policy import EVERY_PERMISSION_SET, PolicyBook
from core.domain.replicas import ALIVE_WITHIN, ClockState, judge_clock
from core.services.audit.trail_proof import look_at_ends
from handlers.slack.failures import call
from handlers.words import alarm_words, clock_words, sentences
from manifests.slack import SCOPES

_TOKEN, _WAY_IN = "Slack token", "Slack way in"
OF_THE_DATABASE = ("Admin group", "Auditor group", "Channels", "Outbox", "Audit trail", "Invariants")
"""What cannot be known without the database."""
ANY_REGION = "us-east-1"
"""Opens the adapters where no region is set; nothing is asked in it."""


@dataclass(frozen=True, slots=True)
class DoctorLine:
    what: str
    ok: bool
    detail: str
    warns: bool = False
    """It is well enough, and worth a look."""
    checked: bool = True
    """False: something that it depends on is missing, which another line says."""

    @property
    def state(self) -> str:
        if not self.checked:
            return "not checked"
        if not self.ok:
            return "fail"
        return "warn" if self.warns else "ok"

    @property
    def text(self) -> str:
        mark = {"fail": "FAIL", "not checked": "----"}.get(self.state, self.state)
        detail = self.detail if self.checked else f"not checked: {self.detail}"
        return f"{mark:<4} {self.what}: {detail}"


def _not_checked(*names: str, because: str) -> Iterator[DoctorLine]:
    for what in names:
        yield DoctorLine(what, ok=False, detail=because, checked=False)


async def examine(settings: ProcessSettings, *, as_json: bool = False) -> int:
    """Print a line for each thing, or all as JSON; 1 when one of them is not as it must be."""
    lines = []
    async for line in _all_lines(settings):
        lines.append(line)
        if not as_json:
            click.echo(line.text)
    ok = all(line.ok for line in lines if line.checked)
    if as_json:
        checks = [{"what": line.what, "state": line.state, "detail": line.detail} for line in lines]
        click.echo(json.dumps({"ok": ok, "checks": checks}, indent=2))
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
    for line in _not_checked("Database", *OF_THE_DATABASE, because="its address or password was not read"):
        yield line
    async for line in slack_lines(held, chat_of(held, clock_of(held)).client):
        yield line
    async with aws_of(held) as aws:
        for check in await check_access(aws):
            yield DoctorLine(check.what, check.ok, check.detail, checked=check.checked)


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
    async for line in slack_lines(settings, chat.client):
        yield line
    if (running := await neighbour.ask(settings)) is not None:
        yield DoctorLine("Running bot", *running)
    if asks_aws:
        async for line in _aws(settings, base, chat, database):
            yield line
    else:
        for line in _not_checked("AWS credentials", "Identity Center", "Session activity", because="it needs AWS"):
            yield line
    if database.ok:
        async for line in _stored(settings, base, chat, asks_aws=asks_aws):
            yield line
    else:
        for line in _not_checked(*OF_THE_DATABASE, because="it needs the database"):
            yield line


async def _aws(
    settings: ProcessSettings, base: Infrastructure, chat: Chat, database: DoctorLine
) -> AsyncIterator[DoctorLine]:
    async for line in _clocks(settings, base, chat, database):
        yield line
    for check in await check_access(base.aws, await _reach(base) if database.ok else NOTHING_NAMED):
        yield DoctorLine(check.what, check.ok, check.detail, checked=check.checked)
    yield await _activity(base)


async def _stored(
    settings: ProcessSettings, base: Infrastructure, chat: Chat, *, asks_aws: bool
) -> AsyncIterator[DoctorLine]:
    """Groups and channels that the stored policies name, and the state of the bot's own work."""
    book = await base.rules.policies.current()
    if asks_aws:
        async for line in _groups(base, book, settings):
            yield line
    else:
        for line in _not_checked("Admin group", "Auditor group", because="it needs AWS"):
            yield line
    async for line in _channel_lines(chat, _channels(book, settings), settings):
        yield line
    yield await _outbox(base)
    yield await _trail(base)
    async for line in _invariants(settings, base):
        yield line
    if asks_aws:
        async for line in _archive(settings, base):
            yield line


async def _clocks(
    settings: ProcessSettings, base: Infrastructure, chat: Chat, database: DoctorLine
) -> AsyncIterator[DoctorLine]:
    """This machine's, and those of the replicas that run."""
    slack = chat.client if settings.slack_bot_token is not None else None
    async for compared in compare(base, slack):
        detail = f"{compared.other} does not tell the time"
        if compared.ahead is not None:
            detail = clock_words.compared(compared.ahead, f"the one of {compared.other}")
        yield _clock(f"Clock beside {compared.other}", compared.ahead, detail)
    if not database.ok or base.database.is_for_one_process:
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


async def _reach(base: Infrastructure) -> Reach:
    """Whatever the eligibility policies name: what is in a unit is not looked up here."""
    async with base.database.look() as unit:
        policies, organization = (await unit.policies.current()).eligibility, await unit.snapshots.get()
    sets = frozenset(arn for policy in policies for arn in policy.permission_sets)
    if EVERY_PERMISSION_SET in sets:
        sets = (sets - {EVERY_PERMISSION_SET}).union(organization.permission_sets if organization else ())
    return Reach(
        sets,
        frozenset(account for policy in policies for account in policy.accounts),
    )


async def _database(base: Infrastructure) -> DoctorLine:
    try:
        if (missing := missing_file(base.database.address)) is not None:
            return DoctorLine("Database", ok=False, detail=missing)
        if await shares_connections(base.database.address):
            return DoctorLine("Database", ok=False, detail=SHARED)
        state = await schema_state(base.database.engine)
    except Upstream as error:
        return DoctorLine("Database", ok=False, detail=str(error))
    return DoctorLine("Database", ok=state.is_usable, detail=SAID[state])


async def slack_lines(settings: ProcessSettings, client: AsyncWebClient) -> AsyncIterator[DoctorLine]:
    """Whether Slack knows the bot, and how it reaches it."""
    if settings.slack_bot_token is None:
        yield DoctorLine(_TOKEN, ok=False, detail=NO_BOT_TOKEN)
    else:
        async for line in _token(client):
            yield line
    if settings.slack_app_token is not None:
        yield await _socket(client, settings.slack_app_token.get_secret_value())
    elif settings.slack_signing_secret is not None:
        yield DoctorLine(
            _WAY_IN, ok=True, detail="HTTP. Whether SLACK_SIGNING_SECRET is the right one shows at the first call"
        )
    else:
        yield DoctorLine(_WAY_IN, ok=False, detail=NO_WAY_IN)


async def _token(client: AsyncWebClient) -> AsyncIterator[DoctorLine]:
    try:
        answer = await call(client.auth_test())
    except Upstream as error:
        yield DoctorLine(_TOKEN, ok=False, detail=f"{error}. Is SLACK_BOT_TOKEN the token of the installed app?")
        return
    yield DoctorLine(_TOKEN, ok=True, detail=f"{answer.get('user')} in {answer.get('team')}")
    yield _scopes({name.casefold(): str(value) for name, value in answer.headers.items()}.get("x-oauth-scopes"))


def _scopes(told: str | None) -> DoctorLine:
    """Those that the token has, as Slack tells them with every answer; None: it told none."""
    what, needed = "Slack scopes", ", ".join(sorted(SCOPES))
    granted = {scope.strip() for scope in (told or "").split(",") if scope.strip()}
    if not granted:
        detail = f"Slack names none for this token; needed are {needed}: reinstall the app from its manifest"
        return DoctorLine(what, ok=False, detail=detail)
    missing = sorted(set(SCOPES) - granted)
    if missing:
        return DoctorLine(what, ok=False, detail=f"lacks {', '.join(missing)}: reinstall the app from its manifest")
    return DoctorLine(what, ok=True, detail=f"all that are needed: {needed}")


async def _socket(client: AsyncWebClient, app_token: str) -> DoctorLine:
    """Ask for an address to connect to, and leave it."""
    try:
        await call(client.apps_connections_open(app_token=app_token))
    except Upstream as error:
        return DoctorLine(
            _WAY_IN, ok=False, detail=f"{error}. Is SLACK_APP_TOKEN one with connections:write, of this app?"
        )
    return DoctorLine(_WAY_IN, ok=True, detail="Socket Mode")


async def _activity(base: Infrastructure) -> DoctorLine:
    what = "Session activity"
    if base.activity is None:
        return DoctorLine(what, ok=True, detail="no source (TEAMBOT_ACTIVITY_SOURCE): `logs` shows nothing")
    try:
        return DoctorLine(what, ok=True, detail=f"{base.activity.name}: {await base.activity.check()}")
    except Upstream as error:
        return DoctorLine(what, ok=False, detail=f"{base.activity.name}: {sentences.error(error)}")


async def _groups(base: Infrastructure, book: PolicyBook, settings: ProcessSettings) -> AsyncIterator[DoctorLine]:
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
    who = f"{enabled} enabled {'member' if enabled == 1 else 'members'}" if enabled else "nobody enabled is in it"
    return DoctorLine(what, ok=bool(enabled), detail=f"{name}, {who}")


def _channels(book: PolicyBook, settings: ProcessSettings) -> list[ConversationId]:
    named = [channel for policy in book.approval for channel in policy.served_channels]
    return list(dict.fromkeys([*named, *settings.audit_channels]))


async def _channel_lines(
    chat: Chat, channels: list[ConversationId], settings: ProcessSettings
) -> AsyncIterator[DoctorLine]:
    if channels and settings.slack_bot_token is None:
        for line in _not_checked("Channels", because=f"{len(channels)} are named, and SLACK_BOT_TOKEN is missing"):
            yield line
        return
    for channel in channels:
        yield await _channel(chat, channel)


async def _channel(chat: Chat, channel: ConversationId) -> DoctorLine:
    what = f"Channel {channel}"
    try:
        seen = await chat.directory.conversation(channel)
    except Upstream as error:
        return DoctorLine(what, ok=False, detail=str(error))
    if not seen.exists:
        absent = "does not exist, or is private and the bot is not in it: invite the bot"
        return DoctorLine(what, ok=False, detail=absent)
    troubles = {
        "is archived": seen.is_archived,
        "is shared outside the workspace": seen.is_shared_outside,
        "the bot is not a member: invite it": not seen.bot_is_member,
    }
    found_troubles = [trouble for trouble, holds in troubles.items() if holds]
    return DoctorLine(what, ok=not found_troubles, detail=f"#{seen.name} {', '.join(found_troubles)}".strip())


async def _outbox(base: Infrastructure) -> DoctorLine:
    async with base.database.open() as unit:
        waiting, undeliverable, _ = await unit.outbox.waiting()
    detail = f"{waiting} messages wait, {undeliverable} could not be delivered"
    return DoctorLine("Outbox", ok=not undeliverable, detail=detail)


async def _trail(base: Infrastructure) -> DoctorLine:
    """Both ends of it, and what the running bot found in between; `teambot audit verify` walks it at once."""
    try:
        broken = await look_at_ends(base.database.look)
        async with base.database.look() as unit:
            found = await unit.breaks.all()
    except Upstream as error:
        return DoctorLine("Audit trail", ok=False, detail=str(error))
    detail = "it ends as it was anchored and archived; `teambot audit verify` proves all of it"
    broken = broken or next(iter(found), None)
    if broken is not None:
        detail = f"event {broken.seq} {broken.what}: keep a copy of the database, and compare it with the archive"
    return DoctorLine("Audit trail", ok=broken is None, detail=detail)


async def _invariants(settings: ProcessSettings, base: Infrastructure) -> AsyncIterator[DoctorLine]:
    """What must always hold, looked at now: the running bot looks every few minutes, and raises an alarm."""
    what = "Invariants"
    try:
        broken = await invariants_of(settings, base).broken()
    except Upstream as error:
        yield DoctorLine(what, ok=False, detail=str(error))
        return
    if not broken:
        yield DoctorLine(what, ok=True, detail="no access past its end, nothing waiting for long, the archive in step")
    for kind, wrong in broken.items():
        yield DoctorLine(what, ok=False, detail=alarm_words.raised(kind, wrong, lambda at: f"{at:%Y-%m-%d %H:%M UTC}"))


async def _archive(settings: ProcessSettings, base: Infrastructure) -> AsyncIterator[DoctorLine]:
    """The bucket of the audit trail, where one is named. That it may be written shows when a day is over."""
    archive = archive_of(settings, base.aws)
    if archive is None:
        return
    ok, detail = await archive.check()
    async with base.database.open() as unit:
        archived = await unit.archive.get()
    upto = f"archived up to event {archived.seq}" if archived.seq else "nothing is archived yet"
    failing = f", {archived.attempts} failed tries since" if archived.attempts else ""
    yield DoctorLine("Audit archive", ok=ok and not archived.attempts, detail=f"{detail}; {upto}{failing}")
