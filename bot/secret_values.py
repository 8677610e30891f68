"""The secrets of the process as they are now.

A variable holds its secret, or the ARN of one in AWS Secrets Manager. That is read at the start, every few minutes, and
at once when Slack or the database no longer takes what is known. While it cannot be read the last known goes on, in
memory alone. Nothing here is shown: errors name the variable and what AWS answered.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from pydantic import SecretStr

from bot.lifecycle import BackgroundTasks
from bot.logs import hide
from bot.settings import DATABASE_PASSWORD, DATABASE_URL, ConfigError, ProcessSettings, Purpose, check_secret
from bot.variables import SecretArn
from core.adapters.aws.secrets import SecretsManager, SecretVersion
from core.adapters.aws.session import AwsSession
from core.domain.errors import Upstream

EVERY = 300
"""Seconds between two readings when nobody asks for one."""
PACE = 5.0
"""Seconds in which one reading serves everybody who asks for one: forged calls must not make many."""
WAITED_FOR = 2.0
"""Seconds that a call waits for a reading: Slack gives up after three."""
PREVIOUS_FOR = timedelta(hours=24)
"""The time after a change for which a former secret is accepted, or signed with."""

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"
WEBHOOK_SECRET = "TEAMBOT_EVENTS_WEBHOOK_SECRET"  # noqa: S105 - its name
TEAMS_SECRET, TEAMS_CERTIFICATE = "TEAMBOT_TEAMS_CLIENT_SECRET", "TEAMBOT_TEAMS_CERTIFICATE"
WITH_FORMER = frozenset({SIGNING_SECRET, WEBHOOK_SECRET})
"""Secrets that another side may go on using for a while after a change."""
NEEDED = {
    Purpose.DATABASE: (DATABASE_URL, DATABASE_PASSWORD),
    Purpose.CHAT: (BOT_TOKEN, TEAMS_SECRET, TEAMS_CERTIFICATE),
    Purpose.SERVE: (APP_TOKEN, SIGNING_SECRET, WEBHOOK_SECRET),
}
"""The secrets of each purpose, besides those of the purposes before it: no command reads one that it does not use."""

log = structlog.get_logger()

Noted = Callable[[str, bool], None]
"""Told of every reading of a variable's secret, and whether it went well."""


class UnreadableError(Exception):
    """A secret that was read and will not do. Says why without showing it."""


def unnoted(variable: str, succeeded: bool) -> None:
    """Nobody counts."""


def needed_by(need: Purpose) -> frozenset[str]:
    """The variables whose secrets have to be read for something."""
    return frozenset(variable for level, variables in NEEDED.items() if level <= need for variable in variables)


async def with_secrets(settings: ProcessSettings, need: Purpose) -> ProcessSettings:
    """The settings with every secret that is needed in place of its ARN. Raises ConfigError with all problems."""
    wanted = {variable: arn for variable, arn in settings.arns.items() if variable in needed_by(need)}
    found = await read_each(settings, wanted)
    problems = [str(value) for value in found.values() if isinstance(value, ConfigError)]
    if problems:
        raise ConfigError(problems)
    return settings.holding({v: value for v, value in found.items() if isinstance(value, SecretStr)})


async def with_what_can_be_read(settings: ProcessSettings) -> tuple[ProcessSettings, dict[str, str]]:
    """The settings with every secret that can be had, and without the others; and why not, by their variables."""
    found = await read_each(settings, settings.arns)
    held = settings.holding({v: value for v, value in found.items() if isinstance(value, SecretStr)})
    missing = {variable: str(value) for variable, value in found.items() if isinstance(value, ConfigError)}
    hide(*held.hidden())
    return held.without(missing), missing


async def read_each(settings: ProcessSettings, arns: Mapping[str, SecretArn]) -> dict[str, SecretStr | ConfigError]:
    """Each secret, or why it cannot be had."""
    if not arns:
        return {}
    region = settings.aws_region or next(iter(arns.values())).region
    try:
        async with AwsSession(region=region) as session:
            manager = SecretsManager(session)
            return {variable: await _read(manager, variable, arn) for variable, arn in arns.items()}
    except Upstream as error:
        return {variable: ConfigError([_unread(variable, error)]) for variable in arns}


async def _read(manager: SecretsManager, variable: str, arn: SecretArn) -> SecretStr | ConfigError:
    try:
        return check_secret(variable, _text(await manager.current(arn.arn), arn))
    except Upstream as error:
        return ConfigError([_unread(variable, error)])
    except (ConfigError, UnreadableError) as error:
        return ConfigError([f"{variable}: what {arn.arn} holds will not do: {error}"])


def _unread(variable: str, error: Exception) -> str:
    return f"{variable} cannot be read from AWS Secrets Manager: {error}"


def _text(version: SecretVersion, arn: SecretArn) -> str:
    """The secret, or the member of it that the variable names."""
    try:
        held = json.loads(version.text)
    except ValueError:
        held = None
    if not arn.key:
        if isinstance(held, dict):
            raise UnreadableError(f"it holds several values; name one of them by #key: {', '.join(sorted(held))}")
        return version.text
    value = held.get(arn.key) if isinstance(held, dict) else None
    if not isinstance(value, str):
        raise UnreadableError(f"it has no text under {arn.key}")
    return value


@dataclass(slots=True)
class _Held:
    """A secret as it was last read. ``former_until`` is monotonic time."""

    now: str = field(repr=False)
    former: str = field(default="", repr=False)
    former_until: float = 0.0


class SecretValues:
    """The secrets of the process. They are asked for each time: none of them is kept elsewhere."""

    def __init__(self, settings: ProcessSettings, noted: Noted = unnoted) -> None:
        self._settings = settings
        self._noted = noted
        self._arns = settings.sources
        self._held = {variable: _Held(value.get_secret_value()) for variable, value in settings.secrets.items()}
        self._manager: SecretsManager | None = None
        self._background: BackgroundTasks | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked_at = -PACE

    @property
    def may_change(self) -> bool:
        """True if any of them is read from Secrets Manager."""
        return bool(self._arns)

    def bot_token(self) -> str:
        """Empty where none is set."""
        return self._now(BOT_TOKEN)

    def app_token(self) -> str:
        """Empty where none is set."""
        return self._now(APP_TOKEN)

    def teams_secret(self) -> str:
        """Empty where none is set."""
        return self._now(TEAMS_SECRET)

    def teams_certificate(self) -> str:
        """The text of certificate and key; empty where none is set."""
        return self._now(TEAMS_CERTIFICATE)

    def signing_secrets(self) -> tuple[str, ...]:
        """The secrets that Slack may have signed with: the current one first, and the former one for a while."""
        return self._with_former(SIGNING_SECRET)

    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that events are signed with, likewise: a receiver may still know the former one."""
        return self._with_former(WEBHOOK_SECRET)

    def _with_former(self, variable: str) -> tuple[str, ...]:
        held = self._held.get(variable)
        if held is None:
            return ()
        former = held.former if time.monotonic() < held.former_until else ""
        return tuple(filter(None, (*held.now.split(","), *former.split(","))))

    def database_url(self) -> str:
        """With its password: for connecting, never for showing."""
        held = {variable: SecretStr(value.now) for variable, value in self._held.items()}
        return self._settings.holding(held).database_url

    def _now(self, variable: str) -> str:
        held = self._held.get(variable)
        return held.now if held else ""

    # --- reading again -----------------------------------------------------------------------------

    async def begin(self, session: AwsSession, background: BackgroundTasks) -> None:
        """From now on they may be read again. The first time is now: it finds the former ones too."""
        self._manager, self._background = SecretsManager(session), background
        if self._arns:
            await asyncio.wait({background.start(self.read(), "secrets")}, timeout=WAITED_FOR)

    async def renew(self) -> None:
        """Read all of them, unless that was done a moment ago, and wait for it a moment."""
        self.renew_soon()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=WAITED_FOR)

    def renew_soon(self) -> None:
        """As ``renew``, without waiting."""
        if not self._arns or self._background is None or (self._reading and not self._reading.done()):
            return
        if time.monotonic() - self._asked_at >= PACE:
            self._asked_at = time.monotonic()
            with suppress(RuntimeError):  # the process is stopping
                self._reading = self._background.start(self.read(), "secrets")

    async def read(self) -> None:
        """Read all of them now. One that cannot be read keeps no other from it."""
        for variable, arn in self._arns.items():
            if variable not in self._held:
                continue  # nothing needs it in this mode
            try:
                await self._read_one(variable, arn)
            except (Upstream, UnreadableError, ConfigError) as error:
                self._noted(variable, False)
                log.warning(
                    "a secret cannot be read again; the last known goes on", secret=variable, because=str(error)
                )
            else:
                self._noted(variable, True)

    async def _read_one(self, variable: str, arn: SecretArn) -> None:
        if self._manager is None:
            return
        version, held = await self._manager.current(arn.arn), self._held[variable]
        text = check_secret(variable, _text(version, arn)).get_secret_value()
        hide(text)
        if text != held.now:
            log.info("a secret has changed", secret=variable)
            held.now = text
        if variable in WITH_FORMER:
            await self._read_former(variable, held, arn, version.age)

    async def _read_former(self, variable: str, held: _Held, arn: SecretArn, age: timedelta) -> None:
        """Only what was replaced lately: it was replaced for a reason."""
        left = (PREVIOUS_FOR - age).total_seconds()
        before = await self._manager.previous(arn.arn) if self._manager and left > 0 else None
        held.former = check_secret(variable, _text(before, arn)).get_secret_value() if before else ""
        held.former_until = time.monotonic() + left
        hide(*held.former.split(","))
