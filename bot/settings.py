"""Reads the environment and ``.env``, and is the only one to do so. Says everything wrong with them at once.

Which variables must be there depends on what is to be done: see ``Purpose``. No message shows the value of a secret.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import PrivateAttr, SecretStr, TypeAdapter, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ValidationInfo
from pydantic_settings import DotEnvSettingsSource
from sqlalchemy.engine import make_url

from bot import variables as v
from bot.chat_settings import (
    NO_BOT_TOKEN,
    UNLOCKED,
    UNLOCKING,
    missing_of_slack,
    missing_of_teams,
    variable,
)
from bot.event_settings import SECRET as WEBHOOK_SECRET
from bot.event_settings import EventSettings, missing_of_events
from core.domain.conversations import read_conversation
from core.domain.ids import ConversationId

ENV_FILE = "TEAMBOT_ENV_FILE"


class ConfigError(Exception):
    """The environment will not do. One line for each problem, naming the variable and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Purpose(IntEnum):
    """The purpose of reading the settings; each includes the ones before it."""

    DATABASE = 1
    """Migrate, verify and export: the database alone."""
    CHAT = 2
    """Ask the chat platforms about channels and people: what the bot shows there, too."""
    SERVE = 3
    """Serve: a way in for Slack too."""


class ProcessSettings(EventSettings):
    """Everything the process is told from outside, checked. Built with ``load_settings``."""

    aws_region: str = variable(
        "AWS_REGION", "Region of IAM Identity Center. `AWS_DEFAULT_REGION` will do.", "", "AWS_DEFAULT_REGION"
    )
    aws_endpoint_url: v.HttpUrl = variable("AWS_ENDPOINT_URL", "Another address of all AWS services.")
    sso_instance_arn: v.InstanceArn = variable(
        "TEAMBOT_SSO_INSTANCE_ARN",
        "Instance of Identity Center, where the account sees several. The database belongs to the first one that it "
        "was used with.",
    )
    sso_admin_rate: v.Rate = variable(
        "TEAMBOT_SSO_ADMIN_RATE",
        "Calls to `sso-admin` a second, shared by all replicas. AWS allows all callers together 20.",
        17,
    )
    read_role: v.RoleArn = variable(
        "TEAMBOT_AWS_READ_ROLE",
        "Role to assume for reading the organization, Identity Center and its users. Empty: the process's own rights.",
    )
    grant_role: v.RoleArn = variable("TEAMBOT_AWS_GRANT_ROLE", "Role to assume for creating assignments, likewise.")
    revoke_role: v.RoleArn = variable("TEAMBOT_AWS_REVOKE_ROLE", "Role to assume for deleting assignments, likewise.")
    database: v.DatabaseUrl = variable(
        "TEAMBOT_DATABASE_URL",
        "SQLite for one process, or PostgreSQL for several: `postgresql+asyncpg://user:password@host/database`.",
        SecretStr("sqlite+aiosqlite:///teambot.db"),
    )
    database_password: v.Password | None = variable(
        "TEAMBOT_DATABASE_PASSWORD",
        "Its password, when it is given apart: the URL then has a user and no password.",
        None,
    )
    host: str = variable("TEAMBOT_HOST", "Address to listen on.", "127.0.0.1")
    port: v.Port = variable("TEAMBOT_PORT", "Port to listen on; 0 takes a free one.", 3000)
    metrics_port: v.Port | None = variable(
        "TEAMBOT_METRICS_PORT", "Port for `/metrics` alone, which is then no longer on the other one.", None
    )
    api_url: v.ApiUrl = variable(
        "TEAMBOT_API_URL",
        "Address of the HTTP API as its callers write it, like `https://teambot.example.com`. Empty: there is no API. "
        "`teambot request` calls it there.",
    )
    trusted_proxies: v.Proxies = variable(
        "TEAMBOT_TRUSTED_PROXIES",
        "How many proxies stand in front, each of which adds its caller's address at the right of `X-Forwarded-For`. "
        "Limits for an address count by that. 0: nobody's header is believed.",
        0,
    )
    command: v.Command = variable("TEAMBOT_COMMAND", "The slash command, as in the manifest of the Slack app.", "/team")
    admin_group: str = variable(
        "TEAMBOT_ADMIN_GROUP",
        "Identity Center group (display name or id) of the admins, for the first start: it must exist then.",
    )
    auditor_group: str = variable(
        "TEAMBOT_AUDITOR_GROUP",
        "Identity Center group (display name or id) of the auditors, for the first start: it must exist then.",
    )
    audit_channel: v.ChannelIds = variable(
        "TEAMBOT_AUDIT_CHANNEL",
        "Channel (id) that gets a line at every decision and change of state; several with commas between.",
    )
    audit_s3_bucket: v.Bucket = variable(
        "TEAMBOT_AUDIT_S3_BUCKET", "Bucket that gets the audit trail, a file for each day that is over."
    )
    audit_s3_prefix: v.KeyPrefix = variable("TEAMBOT_AUDIT_S3_PREFIX", "Prefix of the keys in it.", "teambot/audit/")
    audit_s3_format: v.TrailFormat = variable(
        "TEAMBOT_AUDIT_S3_FORMAT", "`jsonl`, `ocsf` or `csv`, each compressed with gzip.", "jsonl"
    )
    audit_s3_role: v.RoleArn = variable("TEAMBOT_AUDIT_S3_ROLE", "Role to assume for writing there.")
    report_zone: v.TimeZone = variable(
        "TEAMBOT_REPORT_ZONE", "Time zone whose nights the report counts, like `Europe/Berlin`.", "UTC"
    )
    access_portal_url: v.HttpsUrl = variable(
        "TEAMBOT_ACCESS_PORTAL_URL", "Address of the AWS access portal, shown to those whose access is active."
    )
    activity_source: v.ActivitySource | None = variable(
        "TEAMBOT_ACTIVITY_SOURCE",
        "Source of session activity: `athena`, `cloudwatch`, `cloudtrail-lake` or `lookup-events`. Empty: nowhere.",
        None,
    )
    activity_region: v.Region = variable(
        "TEAMBOT_ACTIVITY_REGION", "Region of that source, where it is another than `AWS_REGION`."
    )
    activity_role: v.ActivityRoleArn = variable(
        "TEAMBOT_ACTIVITY_ROLE", "Role to assume for reading; `{account}` in it stands for the account looked into."
    )
    activity_delay: v.Minutes = variable(
        "TEAMBOT_ACTIVITY_DELAY", "Minutes that events may take to arrive; the summary waits for them.", 15
    )
    activity_max_scan: v.Gigabytes = variable(
        "TEAMBOT_ACTIVITY_MAX_SCAN", "GB that one query may scan; beyond that it is stopped.", 100
    )
    activity_log_groups: v.LogGroups = variable(
        "TEAMBOT_ACTIVITY_LOG_GROUPS", "For `cloudwatch`: the trail's log groups, names or ARNs, with commas between."
    )
    activity_event_data_store: v.EventDataStore = variable(
        "TEAMBOT_ACTIVITY_EVENT_DATA_STORE", "For `cloudtrail-lake`: ARN of the event data store."
    )
    activity_regions: v.Regions = variable(
        "TEAMBOT_ACTIVITY_REGIONS",
        "For `lookup-events`: regions to ask in, with commas between. Events of IAM and STS are in `us-east-1`.",
    )
    athena_database: v.AthenaName = variable("TEAMBOT_ATHENA_DATABASE", "For `athena`: the database.")
    athena_table: v.AthenaName = variable("TEAMBOT_ATHENA_TABLE", "For `athena`: the table over the trail's bucket.")
    athena_workgroup: v.AthenaName = variable(
        "TEAMBOT_ATHENA_WORKGROUP", "For `athena`: the workgroup; its limit on scanned bytes holds too.", "primary"
    )
    athena_output: v.S3Location = variable(
        "TEAMBOT_ATHENA_OUTPUT", "For `athena`: where results go (`s3://…`), if the workgroup does not say."
    )
    log_format: v.LogFormat = variable(
        "TEAMBOT_LOG_FORMAT", "`json` for a log collector, `console` for a person.", "json"
    )
    log_level: v.LogLevel = variable("TEAMBOT_LOG_LEVEL", "`debug`, `info`, `warning` or `error`.", "info")
    traces: v.Traces | None = variable(
        "TEAMBOT_TRACES",
        "`otlp`: a trace for each request, sent by OTLP over HTTP to where `OTEL_EXPORTER_OTLP_ENDPOINT` says. Empty: "
        "none. Needs `teambot[otel]`.",
        None,
    )
    stop_within: v.Seconds = variable(
        "TEAMBOT_STOP_WITHIN",
        "Seconds from the signal in which what was begun may finish; everything is over five seconds after that.",
        20,
    )
    sandbox_clock: Path | None = variable(
        "TEAMBOT_SANDBOX_CLOCK",
        "File with the seconds that the clock is ahead. Refused unless Slack and Teams, as far as they are set up, are "
        "stand-ins on this machine.",
        None,
    )
    env_file: str = variable(ENV_FILE, "The file that is read beside the environment, which wins over it.", ".env")

    _sources: dict[str, v.SecretArn] = PrivateAttr(default_factory=dict)

    @field_validator("database_password")
    @classmethod
    def _of_a_url_without_one(cls, password: SecretStr, info: ValidationInfo) -> SecretStr:
        database = info.data.get("database")
        if database is None or v.arn_of(database.get_secret_value()):
            return password
        url = make_url(database.get_secret_value())
        if url.get_backend_name() != "postgresql" or url.password:
            raise v.wrong("goes with a TEAMBOT_DATABASE_URL of PostgreSQL that has a user and no password")
        return password

    @field_validator("sandbox_clock")
    @classmethod
    def _only_in_the_sandbox(cls, path: Path, info: ValidationInfo) -> Path:
        if _is_real_slack(info.data) or _is_real_teams(info.data):
            raise v.wrong("moves the clock of a real Slack or Teams app, which it must not: unset it")
        return path

    @field_validator("webhook_url")
    @classmethod
    def _outside(cls, url: str, info: ValidationInfo) -> str:
        if v.is_loopback(url) and (_is_real_slack(info.data) or _is_real_teams(info.data)):
            raise v.wrong("leads to this machine, which is for the sandbox alone: it must be on the public internet")
        return url

    @field_validator("grant_role", "revoke_role")
    @classmethod
    def _of_one_account(cls, arn: str, info: ValidationInfo) -> str:
        """Identity Center is asked in one account: the management account, or that of a delegated administrator."""
        others = [info.data[name] for name in ("read_role", "grant_role") if info.data.get(name)]
        if any(other.split(":")[4] != arn.split(":")[4] for other in others):
            raise v.wrong("is in another account than the other roles for Identity Center: all of them must be in one")
        return arn

    @property
    def audit_channels(self) -> tuple[ConversationId, ...]:
        """The channels that get those lines, each once."""
        named = (each.strip() for each in self.audit_channel.split(","))
        return tuple(dict.fromkeys(read_conversation(each) for each in named if each))

    @property
    def mode(self) -> Literal["http", "socket"]:
        """The way in which Slack reaches the process."""
        return "socket" if self.slack_app_token is not None else "http"

    @property
    def database_url(self) -> str:
        """With its password: for connecting, never for showing."""
        url = self._plain("database", self.database)
        if self.database_password is None:
            return url
        password = self._plain("database_password", self.database_password)
        return make_url(url).set(password=password).render_as_string(hide_password=False)

    @property
    def bot_token(self) -> str:
        """The bot token; ConfigError when it was not asked for with ``Purpose.CHAT`` and is not there."""
        if self.slack_bot_token is None:
            raise ConfigError([NO_BOT_TOKEN])
        return self._plain("slack_bot_token", self.slack_bot_token)

    # --- secrets -----------------------------------------------------------------------------------

    @property
    def arns(self) -> dict[str, v.SecretArn]:
        """The secrets that are in AWS Secrets Manager and were not read yet, by their variables."""
        found = {variable: v.arn_of(value.get_secret_value()) for variable, value in self._set_secrets().items()}
        return {variable: arn for variable, arn in found.items() if arn}

    @property
    def secrets(self) -> dict[str, SecretStr]:
        """The secrets that are at hand, by their variables."""
        return {variable: value for variable, value in self._set_secrets().items() if variable not in self.arns}

    def holding(self, secrets: Mapping[str, SecretStr]) -> "ProcessSettings":
        """The same, with these secrets, by their variables."""
        fields = {field: secrets[name] for name, (field, _) in SECRETS.items() if name in secrets}
        copy = self.model_copy(update=fields)
        read = {name: arn for name, arn in self.arns.items() if name in secrets}
        copy._sources = {**self._sources, **read}  # noqa: SLF001 - the same class
        return copy

    def without(self, variables: Collection[str]) -> "ProcessSettings":
        """The same, as if these secrets were not set; a database has to be, and is left as it is."""
        fields = [field for name, (field, _) in SECRETS.items() if name in variables and name != DATABASE_URL]
        return self.model_copy(update=dict.fromkeys(fields))

    @property
    def sources(self) -> Mapping[str, v.SecretArn]:
        """The ARNs in AWS Secrets Manager that secrets were read from, by variable."""
        return self._sources

    def hidden(self) -> tuple[str, ...]:
        """Every secret value, so that logs can leave them out."""
        plain = {variable: value.get_secret_value() for variable, value in self.secrets.items()}
        passwords = [make_url(plain.pop(DATABASE_URL)).password] if DATABASE_URL in plain else []
        parts = [part for value in plain.values() for part in value.split(",")]
        environment = [os.environ.get(name, "") for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]  # noqa: TID251
        return tuple(filter(None, [*parts, *passwords, *environment]))

    def _set_secrets(self) -> dict[str, SecretStr]:
        values = {variable: getattr(self, field) for variable, (field, _) in SECRETS.items()}
        return {variable: value for variable, value in values.items() if value is not None}

    def _plain(self, field: str, value: SecretStr) -> str:
        """A secret that was read, or never was an ARN."""
        if v.arn_of(value.get_secret_value()):
            variable = next(name for name, (its, _) in SECRETS.items() if its == field)
            raise ConfigError([f"{variable} was not read from AWS Secrets Manager"])
        return value.get_secret_value()


DATABASE_URL, DATABASE_PASSWORD = "TEAMBOT_DATABASE_URL", "TEAMBOT_DATABASE_PASSWORD"
SECRETS: dict[str, tuple[str, TypeAdapter[SecretStr]]] = {
    "SLACK_BOT_TOKEN": ("slack_bot_token", TypeAdapter(v.BotToken)),
    "SLACK_APP_TOKEN": ("slack_app_token", TypeAdapter(v.AppToken)),
    "SLACK_SIGNING_SECRET": ("slack_signing_secret", TypeAdapter(v.SigningSecret)),
    "TEAMBOT_TEAMS_CLIENT_SECRET": ("teams_client_secret", TypeAdapter(v.ClientSecret)),
    "TEAMBOT_TEAMS_CERTIFICATE": ("teams_certificate", TypeAdapter(v.Certificate)),
    WEBHOOK_SECRET: ("webhook_secret", TypeAdapter(v.WebhookSecret)),
    DATABASE_URL: ("database", TypeAdapter(v.DatabaseUrl)),
    DATABASE_PASSWORD: ("database_password", TypeAdapter(v.Password)),
}
"""The variables that hold a secret, or the ARN of one: their fields, and the shapes that they must have."""


def check_secret(variable: str, text: str) -> SecretStr:
    """A secret that was read for a variable, if it has the shape of one. Raises ConfigError, which does not show it."""
    if v.arn_of(text):
        raise ConfigError(["is the ARN of another secret"])
    try:
        return SECRETS[variable][1].validate_python(text)
    except ValidationError as error:
        raise ConfigError([detail["msg"] for detail in error.errors(include_url=False, include_input=False)]) from None


def load_settings(need: Purpose = Purpose.DATABASE) -> ProcessSettings:
    """Read and check everything. Raises ConfigError with all problems.

    What ``.env`` says for the AWS SDK (``AWS_…``) is put into the environment, where the SDK looks for it.
    """
    env_file = os.environ.get(ENV_FILE) or ".env"  # noqa: TID251 - the one reader
    problems: tuple[str, ...] = ()
    try:
        from_file = _read_env_file(env_file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError((f"{ENV_FILE}: {env_file} cannot be read: {type(error).__name__}",)) from None
    given = {**from_file, **{name: value for name, value in os.environ.items() if value}}  # noqa: TID251
    try:
        settings = ProcessSettings(_env_file=env_file)  # type: ignore[call-arg]
    except ValidationError as error:
        settings = None
        problems = tuple(_problem(detail) for detail in error.errors(include_url=False, include_input=False))
    problems = (*_missing(given, need), *v.missing_of_activity(given), *missing_of_events(given), *problems)
    if settings is None or problems:
        raise ConfigError(problems)
    _hand_on_to_aws_sdk(from_file)
    return settings


def _read_env_file(path: str) -> dict[str, str]:
    source = DotEnvSettingsSource(ProcessSettings, env_file=path, case_sensitive=True)
    return {name: value for name, value in source.env_vars.items() if value}


def _hand_on_to_aws_sdk(from_file: Mapping[str, str]) -> None:
    for name, value in from_file.items():
        if name.startswith("AWS_") and not os.environ.get(name):  # noqa: TID251
            os.environ[name] = value  # noqa: TID251 - the SDK looks nowhere else


def _is_real_slack(given: Mapping[str, Any]) -> bool:
    """True for a real workspace. Refused variables are absent from ``given``; without a token, the address decides."""
    api, token = given.get("slack_api_url"), given.get("slack_bot_token")
    if token is None and given.get("teams_app_id"):
        return False
    is_elsewhere = api is not None and not v.is_loopback(api)
    return is_elsewhere or (token is not None and v.is_of_a_real_app(token.get_secret_value()))


def _is_real_teams(given: Mapping[str, Any]) -> bool:
    return bool(given.get("teams_app_id")) and not given.get("teams_service_url")


def _problem(detail: ErrorDetails) -> str:
    return f"{detail['loc'][0]} {detail['msg']}"


def _missing(given: Mapping[str, str], need: Purpose) -> list[str]:
    """The variables that are missing; whether what is there is any good is told elsewhere."""
    serves = need >= Purpose.SERVE
    missing = [UNLOCKED] if serves and UNLOCKING in given else []
    if need >= Purpose.CHAT:
        missing += [*missing_of_slack(given, serves=serves), *missing_of_teams(given)]
    return missing
