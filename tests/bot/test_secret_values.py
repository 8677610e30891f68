"""Secrets in AWS Secrets Manager: read at the start, read again while the process runs, and never shown."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import secret_values as module
from bot.lifecycle import BackgroundTasks
from bot.secret_values import SecretValues, with_secrets, with_what_can_be_read
from bot.settings import ConfigError, ProcessSettings, Purpose, load_settings
from core.adapters.aws.session import AwsSession
from infra.sandbox.aws import LocalAws
from infra.sandbox.company import example_company

OLD, NEW, NEWEST = ("a-signing-secret-" + word for word in ("of-old", "that-is-new", "newest-of-all"))
SHOWN = (OLD, NEW, NEWEST, "xoxb-1-Kept", "pass-word-kept")
Noted = list[tuple[str, bool]]


@pytest.fixture
async def aws(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalAws]:
    assert env_file.name == ".env"
    async with LocalAws(example_company()) as aws:
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        yield aws
        aws.up()


@pytest.fixture
def signed(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> str:
    """The signing secret is in Secrets Manager; its ARN."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-Kept")
    arn = aws.put_secret("teambot/signing", OLD)
    monkeypatch.setenv("SLACK_SIGNING_SECRET", arn)
    return arn


@asynccontextmanager
async def serving(settings: ProcessSettings, noted: Noted | None = None) -> AsyncIterator[SecretValues]:
    """As ``serve`` has them."""
    notes = noted if noted is not None else []
    values, background = SecretValues(settings, lambda *said: notes.append(said)), BackgroundTasks()
    async with AwsSession(region="eu-west-1") as session:
        await values.begin(session, background)
        yield values
        await background.drain(5)


async def read() -> ProcessSettings:
    return await with_secrets(load_settings(Purpose.SERVE), Purpose.SERVE)


def put(aws: LocalAws, text: str, name: str = "teambot/signing") -> None:
    aws.put_secret(name, text)


# --- at the start ------------------------------------------------------------------------------------


async def test_a_secret_stands_in_place_of_its_arn(signed: str) -> None:
    settings = await read()

    assert settings.secrets["SLACK_SIGNING_SECRET"].get_secret_value() == OLD
    assert settings.sources["SLACK_SIGNING_SECRET"].arn == signed
    assert OLD in settings.hidden()
    assert signed not in settings.hidden()


async def test_a_member_of_a_json_object_is_named_behind_the_arn(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As RDS keeps the password that it manages."""
    arn = aws.put_secret("rds!db", json.dumps({"username": "teambot", "password": "pass-word-kept"}))
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", "postgresql+asyncpg://teambot@db/teambot")
    monkeypatch.setenv("TEAMBOT_DATABASE_PASSWORD", f"{arn}#password")
    settings = await with_secrets(load_settings(), Purpose.DATABASE)

    assert settings.database_url == "postgresql+asyncpg://teambot:pass-word-kept@db/teambot"


@pytest.mark.usefixtures("signed")
async def test_a_command_reads_what_it_needs_and_nothing_else(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = aws.put_secret("teambot/database", "sqlite+aiosqlite:///x.db")
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", arn)
    settings = await with_secrets(load_settings(), Purpose.DATABASE)

    assert settings.database_url == "sqlite+aiosqlite:///x.db"
    assert [call.arguments["SecretId"] for call in aws.calls(service="secretsmanager")] == [arn]


REFUSED = [
    ("SLACK_BOT_TOKEN", "xoxp-1-Kept", "begins with xoxb-"),
    ("SLACK_SIGNING_SECRET", "xoxb-1-Kept", "is a token"),
    ("TEAMBOT_DATABASE_URL", "arn:aws:s3:::bucket", "is not the ARN of a secret"),
    ("SLACK_SIGNING_SECRET", json.dumps({"b": OLD, "a": NEW}), "name one of them by #key: a, b"),
    ("TEAMBOT_DATABASE_URL", f"postgres://u:{NEW}@host/db", "must begin with"),
]


@pytest.mark.parametrize(("variable", "text", "words"), REFUSED)
@pytest.mark.usefixtures("signed")
async def test_what_a_secret_holds_has_to_be_one_and_is_not_shown(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch, variable: str, text: str, words: str
) -> None:
    monkeypatch.setenv(variable, aws.put_secret("teambot/wrong", text))
    with pytest.raises(ConfigError) as refused:
        await read()

    assert str(refused.value).startswith(f"{variable}: what arn:aws:secretsmanager:")
    assert words in str(refused.value)
    assert not [secret for secret in (*SHOWN, "xoxp-1-Kept") if secret in repr(refused.value) + str(refused.value)]
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)


async def test_an_arn_of_an_arn_is_refused(aws: LocalAws, signed: str) -> None:
    put(aws, signed)
    with pytest.raises(ConfigError, match="is the ARN of another secret"):
        await read()


async def test_what_cannot_be_read_is_refused_with_every_variable_and_aws_s_answer(
    aws: LocalAws, signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", f"{signed[:-6]}Nobody")
    aws.faults.add("access_denied", arguments={"SecretId": signed})
    with pytest.raises(ConfigError) as refused:
        await read()

    token, signing = sorted(refused.value.problems)
    assert token.startswith("SLACK_BOT_TOKEN cannot be read from AWS Secrets Manager: GetSecretValue: ResourceNotFound")
    assert signing.startswith("SLACK_SIGNING_SECRET cannot be read from AWS Secrets Manager: GetSecretValue: AccessDen")


@pytest.mark.usefixtures("signed")
async def test_a_secret_that_was_not_read_is_not_taken_for_its_arn() -> None:
    settings = load_settings(Purpose.SERVE)

    assert "SLACK_SIGNING_SECRET" not in settings.secrets
    assert SecretValues(settings).signing_secrets() == ()


async def test_what_can_be_read_is_there_beside_what_cannot(signed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", f"{signed[:-6]}Nobody")
    settings, missing = await with_what_can_be_read(load_settings(Purpose.SERVE))

    assert set(settings.secrets) == {"SLACK_SIGNING_SECRET", "TEAMBOT_DATABASE_URL"}
    assert list(missing) == ["SLACK_BOT_TOKEN"]


# --- while the process runs --------------------------------------------------------------------------


@pytest.mark.usefixtures("signed")
async def test_a_secret_that_was_changed_is_known_and_the_former_one_goes_on(aws: LocalAws) -> None:
    async with serving(await read()) as values:
        put(aws, NEW)
        assert values.signing_secrets() == (OLD,)
        await values.renew()

        assert values.signing_secrets() == (NEW, OLD)


@pytest.mark.usefixtures("signed")
async def test_the_one_before_the_former_one_is_not_taken_any_more(aws: LocalAws) -> None:
    async with serving(await read()) as values:
        for text in (NEW, NEWEST):
            put(aws, text)
        await values.read()

        assert values.signing_secrets() == (NEWEST, NEW)


@pytest.mark.usefixtures("signed")
async def test_the_former_secret_is_taken_for_a_day(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    put(aws, NEW)
    async with serving(await read()) as values:
        monkeypatch.setattr(module, "PREVIOUS_FOR", timedelta(0))
        await values.read()

        assert values.signing_secrets() == (NEW,)


async def test_two_secrets_in_the_variable_are_both_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", f"{NEW}, {OLD}")

    assert SecretValues(load_settings()).signing_secrets() == (NEW, OLD)


async def test_a_password_that_was_changed_is_in_the_next_address(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMBOT_DATABASE_URL", "postgresql+asyncpg://teambot@db/teambot")
    monkeypatch.setenv("TEAMBOT_DATABASE_PASSWORD", aws.put_secret("teambot/db", "pass/word?"))
    async with serving(await with_secrets(load_settings(), Purpose.DATABASE)) as values:
        assert values.database_url() == "postgresql+asyncpg://teambot:pass%2Fword%3F@db/teambot"
        put(aws, "pass-word-kept", "teambot/db")
        await values.renew()

        assert values.database_url() == "postgresql+asyncpg://teambot:pass-word-kept@db/teambot"


@pytest.mark.usefixtures("signed")
async def test_however_many_ask_it_is_read_once_in_a_while(aws: LocalAws) -> None:
    async with serving(await read()) as values:
        aws.forget()
        for _ in range(20):
            await values.renew()

        stages = [call.arguments["VersionStage"] for call in aws.calls(service="secretsmanager")]
        assert stages == ["AWSCURRENT", "AWSPREVIOUS"]


AWAY: list[Callable[[LocalAws], object]] = [
    lambda aws: aws.faults.add("access_denied", service="secretsmanager"),
    lambda aws: aws.faults.add("refused", service="secretsmanager"),
    lambda aws: put(aws, "two words"),
    lambda aws: put(aws, json.dumps({"secret": NEW})),
]


@pytest.mark.parametrize("spoil", AWAY, ids=["denied", "away", "no secret", "an object"])
@pytest.mark.usefixtures("signed")
async def test_while_it_cannot_be_read_the_last_known_goes_on_and_it_is_told(
    aws: LocalAws, spoil: Callable[[LocalAws], object]
) -> None:
    noted: Noted = []
    async with serving(await read(), noted) as values:
        with capture_logs() as said:
            spoil(aws)
            await values.read()

        assert values.signing_secrets() == (OLD,)
    assert noted == [("SLACK_SIGNING_SECRET", True), ("SLACK_SIGNING_SECRET", False)]
    assert [line["event"] for line in said] == ["a secret cannot be read again; the last known goes on"]
    assert not [secret for secret in SHOWN if secret in str(said)]


async def test_nothing_is_asked_for_where_every_secret_stands_in_its_variable(
    aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-Kept")
    async with serving(load_settings()) as values:
        await values.renew()
        assert (values.may_change, values.bot_token(), values.app_token()) == (False, "xoxb-1-Kept", "")
    assert not aws.calls()


@pytest.mark.usefixtures("signed")
async def test_a_secret_is_not_shown_by_whoever_holds_it(aws: LocalAws) -> None:
    settings = await read()
    async with serving(settings) as values:
        put(aws, NEW)
        await values.renew()
        shown = f"{settings!r}{settings}{values!r}{vars(values)!r}{settings.model_dump_json()}"

    assert not [secret for secret in SHOWN if secret in shown]
