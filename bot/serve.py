"""``teambot serve``: everything started in order, and ended in reverse."""

import asyncio
import gc
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, TypeVar

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot import __version__
from bot.compose import Infrastructure, chat_of, open_infrastructure, platforms_of, receivers_of, services_of
from bot.doctor.absent import absent_audit_lines
from bot.doctor.self_check import SetupCheck
from bot.env_file import warning_of
from bot.lifecycle import AFTER_WORK, BackgroundTasks, Stopping, draining, leave_now, run_until_stopped
from bot.metrics import Metrics
from bot.moved_clock import watching
from bot.readiness import Readiness
from bot.schema import need_schema
from bot.secret_values import SecretValues
from bot.settings import ConfigError, ProcessSettings
from bot.slack_app import dispatching, slack_app
from bot.slack_client import keeping_connections
from bot.slack_socket import SlackSocket, connected
from bot.ticker import Ticker, ticking
from bot.ticks import DUE_BY_THE_CLOCK, WORK, TickSchedule
from bot.wakeup import listening
from bot.web import Handler, SlackEndpoint, create_app, create_metrics_app, serving
from core.adapters.aws.session import AwsSession
from core.adapters.storage.schema_state import SchemaState
from core.adapters.storage.single_process import DatabaseInUse, hold_alone
from core.domain.errors import OtherInstance, Upstream, UpstreamBusy
from core.domain.lateness import lateness
from core.domain.request import Request
from core.ports import ChatPlatforms, Clock
from core.services.runtime.heartbeat import Heartbeat
from core.services.services import Services

if TYPE_CHECKING:
    from bot.api_endpoint import ApiEndpoint
    from bot.teams_app import TeamsChat
    from bot.tracing import RequestTraces

INSTANCE_WITHIN = 5.0
"""Seconds that the start waits for AWS to name the instance: Slack is served whatever the state of AWS."""

DATABASE_WITHIN, DATABASE_ASKED_EVERY = 30.0, 1.0
"""Seconds that the start waits for a database that is busy, and from one question to the next."""

TRIES_FOR_ROOM, BETWEEN_TRIES = 5, 0.2
"""The number of checks at the start whether other replicas have made room, and the seconds in between."""

GRACE = 5.0
"""Seconds for which HTTP is still answered after the signal: who sends it reads first that no more is to come."""
ROUNDS_END_WITHIN = 5.0
"""Seconds for the rounds that run by then: they are short, and what they leave is found again."""
ENDPOINTS_CLOSE_WITHIN = 3.0
"""Seconds for calls that are being answered: Slack waits no longer."""

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Process:
    """The things that the parts of the process share."""

    settings: ProcessSettings
    stopping: Stopping
    background: BackgroundTasks
    metrics: Metrics
    secrets: SecretValues


async def serve(settings: ProcessSettings) -> None:
    """Serve until a signal comes. Raises ConfigError when the database cannot be served as it is."""
    try:
        with hold_alone(settings.database_url):
            await run_until_stopped(
                lambda parts: _start(settings, parts), stopped_within=settings.stop_within + AFTER_WORK
            )
    except DatabaseInUse as error:
        raise ConfigError((str(error),)) from error


async def _start(settings: ProcessSettings, parts: AsyncExitStack) -> None:
    if exposed := warning_of(settings.env_file):
        log.warning("secrets are open to others", because=exposed)
    for line in absent_audit_lines(settings):
        log.error("audit channel gets no lines", because=line.text)
    stopping, metrics = Stopping(settings.stop_within), Metrics(__version__)
    calls = parts.enter_context(_leaving_calls())
    secrets = SecretValues(settings, metrics.secret)
    base = await parts.enter_async_context(open_infrastructure(settings, metrics.aws_call, secrets=secrets))
    calls.append(base.aws)
    heartbeat = await _database_ready(base, metrics)
    await _check_instance(base)
    await _know_people(base)
    parts.push_async_callback(_give_back, base, heartbeat)
    receivers = await parts.enter_async_context(receivers_of(settings, secrets, base.aws))
    background = await parts.enter_async_context(draining(stopping.left))
    process = Process(settings, stopping, background, metrics, secrets)
    await secrets.begin(base.aws, background)
    chat = chat_of(settings, base.clock, secrets, metrics.slack_call)
    await parts.enter_async_context(keeping_connections(chat.client, chat.sender))
    teams = await _teams(process, base, parts)
    platforms = platforms_of(settings, chat, teams.platform if teams else None)
    check = SetupCheck(settings, base, chat, platforms, teams)
    services = services_of(settings, base, platforms, background, check, receivers, metrics.delivery)
    rounds = TickSchedule(settings, base, services, metrics, secrets, heartbeat)
    may_work = heartbeat.may_work if heartbeat else _always
    traces = await _traces(settings, base.clock, parts)
    api = _api(process, base, services, platforms)
    ticks = [*rounds.ticks(), *(teams.ticks(metrics) if teams else ()), *(api.ticks() if api else ())]
    ticker = await parts.enter_async_context(
        ticking(ticks, base.clock, metrics.tick, lambda: stopping.left(ROUNDS_END_WITHIN), may_work=may_work)
    )
    base.database.on_work = lambda work: _nudge(ticker, work)
    base.database.on_change = partial(_tell, metrics, traces)
    await parts.enter_async_context(listening(secrets.database_url, lambda work: _nudge(ticker, work), background))
    await parts.enter_async_context(watching(base.clock, lambda: _nudge_each(ticker, DUE_BY_THE_CLOCK), background))
    app = slack_app(settings, chat, services, background, base, metrics) if settings.serves_slack else None
    slack = None
    if app is not None and settings.slack_app_token:
        connection = connected(app, secrets.app_token, background, metrics.slack, may_work)
        slack = await parts.enter_async_context(connection)
    readiness = Readiness(base.database, base.belonging, ticker, slack, admit=base.database.admit)
    for_teams = teams.messages(process.settings, services, background, base, metrics) if teams else None
    await _open_endpoints(process, parts, app, readiness, for_teams, api.routes() if api else ())
    await parts.enter_async_context(_leaving(process, base, readiness, ticker, slack))
    _keep_what_was_loaded()


def _keep_what_was_loaded() -> None:
    """Take modules and AWS's models out of the garbage collector's sight.

    They stay as long as the process, and looking through them stops everybody for a quarter of a second.
    """
    gc.collect()
    gc.freeze()


async def _database_ready(base: Infrastructure, metrics: Metrics) -> Heartbeat | None:
    """Look at the schema, take part in what replicas share, and give back what a process before this one had leased.

    A migration, a backup or a failover keeps a database busy for a while: that is waited for. ConfigError after that.
    """
    try:
        if not base.database.is_for_one_process:
            await base.database.ping()  # one that is away is no matter of patience: whoever runs this starts it again
        await _patiently(partial(_check_schema, base))
        heartbeat = await _patiently(partial(_first_beat, base, metrics))
        if base.database.is_for_one_process:
            await _patiently(base.database.release_leases)
    except Upstream as error:
        raise ConfigError((f"TEAMBOT_DATABASE_URL: the database does not answer ({error}).",)) from error
    return heartbeat


async def _know_people(base: Infrastructure) -> None:
    """Know everybody whom the last run knew: listing thousands takes AWS a quarter of a minute or more."""
    try:
        await base.rules.people.recall()
    except Upstream as error:
        log.warning("people are known when AWS has listed them", because=str(error))


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask again and again while the database is busy, and say so, for ``DATABASE_WITHIN``."""
    until = time.monotonic() + DATABASE_WITHIN
    while True:
        try:
            return await ask()
        except UpstreamBusy as error:
            left = until - time.monotonic()
            if left <= 0:
                raise
            log.warning("waiting for the database", because=str(error), seconds_left=round(left))
        await asyncio.sleep(min(DATABASE_ASKED_EVERY, left))


async def _check_schema(base: Infrastructure) -> None:
    state = await need_schema(base.database)
    if state is SchemaState.COMPATIBLE:
        log.warning("the schema is of a newer release, and this one runs on it: update this process soon")


async def _first_beat(base: Infrastructure, metrics: Metrics) -> Heartbeat | None:
    """Take part in what replicas share before AWS is asked for anything; None where there can be no other."""
    database = base.database
    if database.is_for_one_process:
        return None
    heartbeat = Heartbeat(database.open_always, base.clock, base.aws.budgets, _replica(), metrics.clock)
    database.admit, database.leases.ahead = heartbeat.admit, heartbeat.ahead
    for _ in range(TRIES_FOR_ROOM):
        await heartbeat.beat()
        if heartbeat.has_share:
            break
        await asyncio.sleep(BETWEEN_TRIES)
    return heartbeat


async def _check_instance(base: Infrastructure) -> None:
    """Refuse another instance than the database's; while AWS does not tell, it is compared when it does."""
    try:
        async with asyncio.timeout(INSTANCE_WITHIN):
            instance = await base.aws.instance()
    except OtherInstance as error:
        raise ConfigError((str(error),)) from error
    except (Upstream, TimeoutError) as error:
        log.warning("the instance of Identity Center is not known yet", because=str(error) or "AWS does not answer")
    else:
        log.info("serving", identity_center=instance.arn)
        here = base.aws.sso_admin.client.meta.region_name
        if instance.primary_region not in ("", here):
            log.error(
                "not the primary Region of Identity Center", region=here, set_aws_region_to=instance.primary_region
            )


async def _open_endpoints(
    process: Process,
    parts: AsyncExitStack,
    app: AsyncApp | None,
    readiness: Readiness,
    for_teams: Handler | None,
    api: Sequence[web.RouteDef],
) -> None:
    """HTTP always, for whoever operates this and for Teams; for Slack too, where it has no socket of its own."""
    settings, metrics, endpoint = process.settings, process.metrics, None
    if app is not None and settings.mode == "http" and settings.slack_signing_secret:
        now = partial(datetime.now, UTC)  # noqa: TID251 - Slack signs real time
        endpoint = SlackEndpoint(process.secrets.signing_secrets, now, dispatching(app), process.secrets.renew)
    web_app = create_app(
        readiness,
        metrics,
        endpoint,
        shows_metrics=settings.metrics_port is None,
        is_leaving=lambda: readiness.is_leaving,
        teams=for_teams,
        api=api,
        trusted_proxies=settings.trusted_proxies,
    )
    port = await _listen(process, parts, web_app, settings.port, "TEAMBOT_PORT")
    log.info("listening", host=settings.host, port=port, mode=settings.mode)
    if settings.metrics_port is not None:
        own = await _listen(process, parts, create_metrics_app(metrics), settings.metrics_port, "TEAMBOT_METRICS_PORT")
        log.info("listening for metrics", host=settings.host, port=own)


async def _listen(process: Process, parts: AsyncExitStack, app: web.Application, port: int, variable: str) -> int:
    settings = process.settings
    server = serving(app, settings.host, port, stop_within=min(ENDPOINTS_CLOSE_WITHIN, settings.stop_within))
    try:
        return await parts.enter_async_context(server)
    except OSError as error:
        where = f"{settings.host}:{port}"
        raise ConfigError((f"{variable}: cannot listen on {where} ({error.strerror or error})",)) from error


@asynccontextmanager
async def _leaving(
    process: Process, base: Infrastructure, readiness: Readiness, ticker: Ticker, slack: SlackSocket | None
) -> AsyncIterator[None]:
    """The first step of stopping: begin nothing new, and tell senders to send elsewhere."""
    yield
    process.stopping.begin()
    readiness.is_leaving = base.database.leases.is_closed = True
    ticker.rest()
    if slack is None:
        await asyncio.sleep(min(GRACE, process.settings.stop_within / 2))


async def _give_back(base: Infrastructure, heartbeat: Heartbeat | None) -> None:
    """Give leases back, so that another replica takes up at once what was cut off."""
    try:
        given = await base.database.give_back()
        if heartbeat is not None:
            await heartbeat.leave()
    except Upstream as error:
        log.warning("leases run out by themselves", because=str(error))
    else:
        log.info("leases given back", rows=given)


@contextmanager
def _leaving_calls() -> Iterator[list[AwsSession]]:
    """End the process, once everything else is down, when AWS is silent on a call: its thread cannot be ended."""
    sessions: list[AwsSession] = []
    yield sessions
    if any(session.is_calling for session in sessions):
        log.warning("stopped without waiting for AWS any longer")
        leave_now()


async def _teams(process: Process, base: Infrastructure, parts: AsyncExitStack) -> "TeamsChat | None":
    """None where it is not configured: nothing of it is imported then."""
    if not process.settings.serves_teams:
        return None
    from bot.teams_app import teams_chat  # noqa: PLC0415 - see above

    counted = process.metrics.teams_call
    made = teams_chat(process.settings, base, process.secrets, process.background, counted)
    chat = await parts.enter_async_context(made)
    await chat.keys.begin()
    return chat


def _api(process: Process, base: Infrastructure, services: Services, platforms: ChatPlatforms) -> "ApiEndpoint | None":
    """None where it is off: nothing of it is imported then."""
    if not process.settings.api_url:
        return None
    from bot.api_endpoint import ApiEndpoint  # noqa: PLC0415 - see above

    return ApiEndpoint(process.settings, base, services, platforms, process.metrics)


async def _traces(settings: ProcessSettings, clock: Clock, parts: AsyncExitStack) -> "RequestTraces | None":
    if settings.traces is None:
        return None
    try:
        from bot.tracing import exporting  # noqa: PLC0415 - an extra, and half a second of imports
    except ModuleNotFoundError as missing:
        raise ConfigError((f"TEAMBOT_TRACES needs {missing.name}: pip install 'teambot[otel]'.",)) from missing
    return await parts.enter_async_context(exporting(clock))


def _tell(metrics: Metrics, traces: "RequestTraces | None", before: Request, after: Request) -> None:
    if late := lateness(before, after):
        metrics.late(late)
    if traces is not None:
        traces.changed(before, after)


def _nudge(ticker: Ticker, work: Collection[str] | None) -> None:
    for kind in WORK if work is None else work:
        _nudge_each(ticker, WORK.get(kind, ()))


def _nudge_each(ticker: Ticker, names: Iterable[str]) -> None:
    for name in names:
        ticker.nudge(name)


def _always() -> bool:
    return True


def _replica() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"
