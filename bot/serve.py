"""``teambot serve``: everything started in order, and ended in reverse."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot import __version__
from bot.compose import Chat, Foundation, chat_of, found, services_of
from bot.env_file import warning_of
from bot.lifecycle import Background, draining, run_until_stopped
from bot.metrics import Metrics
from bot.schema import need_schema
from bot.settings import ConfigError, Settings
from bot.slack_socket import SlackSocket, connected
from bot.ticker import Ticker, ticking
from bot.ticks import WORK, Rounds
from bot.wakeup import listening
from bot.web import Handler, SlackDoor, create_app, create_metrics_app, serving
from core.adapters.storage.migrate import SchemaState
from core.adapters.storage.single_process import DatabaseInUse, hold_alone
from core.domain.errors import OtherInstance, Upstream
from core.services.services import Services
from handlers.slack.answers import Answers
from handlers.slack.boundary import Boundary
from handlers.slack.desk import Desk
from handlers.slack.register import register
from handlers.slack.screens import Screens

INSTANCE_WITHIN = 5.0
"""Seconds that the start waits for AWS to name the instance: Slack is served whatever the state of AWS."""

TICKS_END_WITHIN = 5.0
"""Seconds for the rounds that run when a signal comes: they are short, and what they leave is found again.

Neither they nor the doors take longer than background work may.
"""

DOORS_CLOSE_WITHIN = 5.0
DOORS_AND_TICKS = 12.0
"""Seconds that everything but the background work may take to end."""

log = structlog.get_logger()


async def serve(settings: Settings) -> None:
    """Serve until a signal comes. Raises ConfigError when the database cannot be served as it is."""
    try:
        with hold_alone(settings.database_url):
            longest = settings.stop_within + DOORS_AND_TICKS
            await run_until_stopped(lambda parts: _start(settings, parts), stopped_within=longest)
    except DatabaseInUse as error:
        raise ConfigError((str(error),)) from error


async def _start(settings: Settings, parts: AsyncExitStack) -> None:
    if exposed := warning_of(settings.env_file):
        log.warning("secrets are open to others", because=exposed)
    metrics = Metrics(__version__)
    base = await parts.enter_async_context(found(settings, metrics.aws_call))
    await _check_schema(base)
    await _check_instance(base)
    if base.database.is_for_one_process:
        await base.database.release_leases()
    background = await parts.enter_async_context(draining(settings.stop_within))
    chat = chat_of(settings, base.clock)
    services = services_of(settings, base, chat, background)
    rounds = Rounds(settings, base, services, metrics, _replica())
    ticker = await parts.enter_async_context(
        ticking(rounds.ticks(), base.clock, metrics.tick, _at_most(settings, TICKS_END_WITHIN))
    )
    base.database.on_work = lambda work: _nudge(ticker, work)
    await parts.enter_async_context(listening(settings.database_url, lambda: _nudge(ticker, WORK), background))
    app = _slack_app(settings, chat, services, background, base, metrics)
    socket_to_slack = None
    if settings.slack_app_token:
        token = settings.slack_app_token.get_secret_value()
        socket_to_slack = await parts.enter_async_context(connected(app, token, background, metrics.slack))
    readiness = _Readiness(base, ticker, socket_to_slack, belongs=lambda: base.belonging.refused is None)
    await _open_doors(settings, parts, app, readiness, metrics)


async def _check_schema(base: Foundation) -> None:
    try:
        state = await need_schema(base.database)
    except Upstream as error:
        raise ConfigError((f"TEAMBOT_DATABASE_URL: the database does not answer ({error}).",)) from error
    if state is SchemaState.COMPATIBLE:
        log.warning("the schema is of a newer release, on which this one runs: update this process soon")


async def _check_instance(base: Foundation) -> None:
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


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt warns of the token in the environment, which its client was given by us."""
    return "`token` will be unused" not in record.getMessage()


def _slack_app(
    settings: Settings, chat: Chat, services: Services, background: Background, base: Foundation, metrics: Metrics
) -> AsyncApp:
    secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None
    quiet = logging.getLogger("slack_bolt")  # Bolt's own would write whole payloads at debug
    quiet.addFilter(_is_news)
    app = AsyncApp(
        client=chat.client,
        signing_secret=secret or secrets.token_hex(),
        logger=quiet,
        request_verification_enabled="," not in (secret or ""),  # it knows one secret; the door has looked at both
    )
    answers = Answers(chat.client, settings.slack_api_url)
    desk = Desk(
        services=services,
        answers=answers,
        boundary=Boundary(background, answers, metrics.interaction),
        screens=Screens(chat.client),
        background=background,
        links=chat.links,
        clock=base.clock,
        command=settings.command,
        forget_user=chat.directory.forget,
    )
    chat.homes.work_at(desk)
    register(app, desk)
    return app


async def _open_doors(
    settings: Settings, parts: AsyncExitStack, app: AsyncApp, readiness: "_Readiness", metrics: Metrics
) -> None:
    """HTTP always, for whoever operates this; Slack comes in by it too, where it has no socket of its own."""
    door = None
    if settings.mode == "http" and settings.slack_signing_secret:
        secret = settings.slack_signing_secret.get_secret_value()
        door = SlackDoor(secret, lambda: datetime.now(UTC), _dispatch(app))  # noqa: TID251 - Slack signs real time
    web_app = create_app(readiness, metrics, door, shows_metrics=settings.metrics_port is None)
    port = await _listen(settings, parts, web_app, settings.port, "TEAMBOT_PORT")
    log.info("listening", host=settings.host, port=port, mode=settings.mode)
    if settings.metrics_port is not None:
        own = await _listen(settings, parts, create_metrics_app(metrics), settings.metrics_port, "TEAMBOT_METRICS_PORT")
        log.info("listening for metrics", host=settings.host, port=own)


async def _listen(settings: Settings, parts: AsyncExitStack, app: web.Application, port: int, variable: str) -> int:
    door = serving(app, settings.host, port, stop_within=_at_most(settings, DOORS_CLOSE_WITHIN))
    try:
        return await parts.enter_async_context(door)
    except OSError as error:
        where = f"{settings.host}:{port}"
        raise ConfigError((f"{variable}: cannot listen on {where} ({error.strerror or error})",)) from error


def _at_most(settings: Settings, seconds: float) -> float:
    return min(seconds, float(settings.stop_within))


def _dispatch(app: AsyncApp) -> Handler:
    async def dispatch(request: web.Request) -> web.StreamResponse:
        try:
            told = await to_bolt_request(request)
        except (AttributeError, TypeError, ValueError):  # signed, and yet nothing that Slack would say
            return web.Response(status=400)
        return await to_aiohttp_response(await app.async_dispatch(told))

    return dispatch


class _Readiness:
    """Ready: the database answers and belongs to the instance of Identity Center that the bot is set up against.

    And the scheduler's rounds come to their end, and Slack is connected in Socket Mode.

    Rounds that wait for AWS or Slack may take as long as these do: then all replicas would be unready at once, and
    nobody would be told anything. How long they take is in the metrics.
    """

    def __init__(
        self,
        base: Foundation,
        ticker: Ticker,
        slack: SlackSocket | None = None,
        *,
        belongs: Callable[[], bool] = lambda: True,
    ) -> None:
        self._base = base
        self._belongs = belongs
        self._ticker = ticker
        self._slack = slack

    async def __call__(self) -> Mapping[str, bool]:
        try:
            await self._base.database.ping()
        except Upstream:
            database = False
        else:
            database = True
        passed = self._ticker.last_success("ends") is not None
        checks = {
            "identity center instance": self._belongs(),
            "database": database,
            "scheduler": passed and not set(self._ticker.stalled()) & _ESSENTIAL,
        }
        return checks if self._slack is None else {**checks, "slack": self._slack.is_well}


_ESSENTIAL = {"ends", "starts", "assignments", "expiries", "outbox", "inbox"}


def _nudge(ticker: Ticker, work: Collection[str]) -> None:
    for kind in work:
        for name in WORK.get(kind, ()):
            ticker.nudge(name)


def _replica() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
