"""The variables that the environment may set, and the errors about an environment that can't be used."""

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import ConfigError, ProcessSettings, Purpose, load_settings
from tests.reference.variables import all_variables
from tests.repo.tree import ROOT

SERVING = {"SLACK_BOT_TOKEN": "xoxb-1-2-Abc", "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}
INSTANCE = "arn:aws-us-gov:sso:::instance/ssoins-7223a1b2c3d4e5f6"
POSTGRESQL = "postgresql+asyncpg://u:p%40ss@host:5432/db?ssl=require"
pytestmark = pytest.mark.usefixtures("env_file")


def setenv(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def problems(need: Purpose = Purpose.DATABASE) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as refused:
        load_settings(need)
    return refused.value.problems


def test_with_nothing_set_the_defaults_hold() -> None:
    settings = load_settings()

    assert (settings.host, settings.port, settings.command) == ("127.0.0.1", 3000, "/team")
    assert settings.database_url == "sqlite+aiosqlite:///teambot.db"
    assert (settings.slack_api_url, settings.log_format) == ("https://slack.com/api/", "json")
    assert (settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret) == (None, None, None)
    assert (settings.admin_group, settings.audit_channel, settings.sandbox_clock) == ("", "", None)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    without = load_settings()
    setenv(monkeypatch, TEAMBOT_PORT="", TEAMBOT_AUDIT_CHANNEL="", SLACK_APP_TOKEN="")

    assert load_settings() == without


@pytest.mark.parametrize(
    ("host", "said"),
    [
        *((host, "leads inside") for host in ("2130706433", "127.1", "0177.0.0.1", "127.0.0.1.", "0")),
        *((host, "leads inside") for host in ("169.254.169.254", "[::ffff:10.0.0.1]", "１２７.0.0.1", "127。0。0。1")),
        ("a..b\u200d", "must be a URL"),
    ],
)
def test_a_webhook_at_an_address_inside_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, host: str, said: str
) -> None:
    secret = "whsec_" + "bmV3" * 10
    setenv(monkeypatch, TEAMBOT_EVENTS_WEBHOOK_URL=f"https://{host}/in", TEAMBOT_EVENTS_WEBHOOK_SECRET=secret)
    (problem,) = problems()
    assert said in problem


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    env_file.write_text("TEAMBOT_PORT=1\nexport TEAMBOT_HOST='0.0.0.0'\nUNKNOWN=x\n")
    setenv(monkeypatch, TEAMBOT_PORT="2")

    settings = load_settings()

    assert (settings.port, settings.host) == (2, "0.0.0.0")  # noqa: S104


def test_another_file_can_be_named(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    env_file.write_text("TEAMBOT_PORT=1")
    setenv(monkeypatch, TEAMBOT_ENV_FILE="/dev/null")

    assert load_settings().port == 3000


def test_a_file_that_is_no_text_is_told(env_file: Path) -> None:
    env_file.write_bytes(b"TEAMBOT_HOST=\xff\xfe")

    assert problems() == ("TEAMBOT_ENV_FILE: .env cannot be read: UnicodeDecodeError",)


def test_what_the_file_says_to_the_aws_sdk_is_handed_on(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    env_file.write_text("AWS_REGION=eu-central-1\nAWS_PROFILE=team-bot\n")
    setenv(monkeypatch, AWS_PROFILE="", AWS_REGION="")  # so that what is set now is taken back afterwards
    settings = load_settings()

    assert settings.aws_region == "eu-central-1"
    assert (os.environ["AWS_REGION"], os.environ["AWS_PROFILE"]) == ("eu-central-1", "team-bot")


def test_the_aws_sdks_own_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, env_file: Path) -> None:
    env_file.write_text("AWS_REGION=eu-central-1\n")
    setenv(monkeypatch, AWS_REGION="us-east-1")

    assert (load_settings().aws_region, os.environ["AWS_REGION"]) == ("us-east-1", "us-east-1")


@pytest.mark.parametrize(
    ("variables", "mode"),
    [
        ({}, "http"),
        ({"SLACK_APP_TOKEN": "xapp-1-A-2-b"}, "socket"),
        ({"SLACK_APP_TOKEN": "xapp-1-A-2-b", "SLACK_SIGNING_SECRET": ""}, "socket"),
    ],
)
def test_an_app_token_means_socket_mode(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], mode: str) -> None:
    setenv(monkeypatch, **{**SERVING, **variables})

    assert load_settings(Purpose.SERVE).mode == mode


def test_serving_needs_a_bot_token_and_a_way_in() -> None:
    bot_token, way_in, neither = problems(Purpose.SERVE)

    assert bot_token.startswith("SLACK_BOT_TOKEN is missing")
    assert way_in.startswith("SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing")
    assert neither.startswith("No chat platform is set up")


def test_asking_slack_needs_a_bot_token_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(problems(Purpose.CHAT)) == 2

    setenv(monkeypatch, SLACK_BOT_TOKEN="xoxb-1")
    assert load_settings(Purpose.CHAT).bot_token == "xoxb-1"


def test_asking_for_a_bot_token_that_is_not_there_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN is missing"):
        _ = load_settings().bot_token


REFUSED = [
    ("SLACK_BOT_TOKEN", "xoxp-1-hidden", "begins with xoxb-"),
    ("SLACK_BOT_TOKEN", "xoxb-1 hidden", "begins with xoxb-"),
    ("SLACK_APP_TOKEN", "xoxb-1-hidden", "begins with xapp-"),
    ("SLACK_SIGNING_SECRET", "xoxb-1-hidden", "is a token"),
    ("SLACK_SIGNING_SECRET", "hidden secret", "must be one word"),
    ("SLACK_BOT_TOKEN", "arn:aws:secretsmanager:eu-west-1:1:secret:hidden", "is not the ARN of a secret"),
    ("SLACK_API_URL", "http://slack.example/api/", "must begin with https://"),
    ("SLACK_API_URL", "http://127.0.0.1.example/api/", "must begin with https://"),
    ("SLACK_API_URL", "http://127.0.0.1@example.com/", "must be a URL"),
    ("SLACK_API_URL", "ftp://slack.com/api/", "must be a URL"),
    ("SLACK_API_URL", "slack.com/api/", "must be a URL"),
    ("SLACK_API_URL", "https://", "must be a URL"),
    ("SLACK_API_URL", "https://[::1/", "must be a URL"),
    ("SLACK_API_URL", "https://slack.com:port/", "must be a URL"),
    ("AWS_ENDPOINT_URL", "localhost:4566", "must be a URL"),
    ("TEAMBOT_DATABASE_URL", "postgresql://u:hidden@host/db", "postgresql+asyncpg://"),
    ("TEAMBOT_DATABASE_URL", "sqlite:///teambot.db", "sqlite+aiosqlite://"),
    ("TEAMBOT_DATABASE_URL", "hidden", "is not a database URL"),
    ("TEAMBOT_PORT", "tcp://10.0.0.1:3000", "from 0 to 65535"),
    ("TEAMBOT_PORT", "65536", "from 0 to 65535"),
    ("TEAMBOT_PORT", "-1", "from 0 to 65535"),
    ("TEAMBOT_COMMAND", "team", "must be a slash"),
    ("TEAMBOT_COMMAND", "/Team", "must be a slash"),
    ("TEAMBOT_COMMAND", "/" + "x" * 32, "must be a slash"),
    ("TEAMBOT_AUDIT_CHANNEL", "#audit", "channel's id"),
    ("TEAMBOT_AUDIT_CHANNEL", "C0AUDIT,,C0MORE", "channel's id"),
    ("TEAMBOT_AUDIT_CHANNEL", "C0AUDIT, audit", "commas between"),
    ("TEAMBOT_ACCESS_PORTAL_URL", "http://portal.example/start", "https://"),
    ("TEAMBOT_SSO_INSTANCE_ARN", "ssoins-1", "arn:aws:sso"),
    ("TEAMBOT_SSO_ADMIN_RATE", "nan", "from 1 to 100"),
    ("TEAMBOT_STOP_WITHIN", "0", "from 1 to 600"),
    ("TEAMBOT_LOG_FORMAT", "xml", "json or console"),
    ("TEAMBOT_LOG_LEVEL", "trace", "debug, info, warning or error"),
    ("TEAMBOT_SANDBOX_CLOCK", "clock", "real Slack or Teams app"),
]


@pytest.mark.parametrize(("name", "value", "told"), REFUSED)
def test_what_will_not_do_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    setenv(monkeypatch, **{name: value})

    (problem,) = problems()
    assert problem.startswith(f"{name} ")
    assert told in problem


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("SLACK_BOT_TOKEN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:teambot/slack-AbCdEf"),
        ("SLACK_APP_TOKEN", "arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:slack-AbCdEf#app_token"),
        ("SLACK_SIGNING_SECRET", "arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:s-AbCdEf"),
        ("TEAMBOT_DATABASE_URL", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!db-1-AbCdEf#url"),
    ],
)
def test_a_secret_may_be_an_arn(monkeypatch: pytest.MonkeyPatch, name: str, arn: str) -> None:
    setenv(monkeypatch, **{name: arn})

    named = {variable: f"{at.arn}#{at.key}" if at.key else at.arn for variable, at in load_settings().arns.items()}
    assert named == {name: arn}


@pytest.mark.parametrize(
    ("name", "value", "field", "taken"),
    [
        ("SLACK_API_URL", "http://127.0.0.1:3001/api", "slack_api_url", "http://127.0.0.1:3001/api/"),
        ("SLACK_API_URL", "http://localhost:3001/api/", "slack_api_url", "http://localhost:3001/api/"),
        ("SLACK_API_URL", "http://[::1]:3001/api/", "slack_api_url", "http://[::1]:3001/api/"),
        ("SLACK_API_URL", "https://slack-gov.com/api/", "slack_api_url", "https://slack-gov.com/api/"),
        ("TEAMBOT_DATABASE_URL", POSTGRESQL, "database_url", POSTGRESQL),
        ("TEAMBOT_COMMAND", "/team-dev_2", "command", "/team-dev_2"),
        ("TEAMBOT_PORT", "0", "port", 0),
        ("TEAMBOT_LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("TEAMBOT_SSO_INSTANCE_ARN", INSTANCE, "sso_instance_arn", INSTANCE),
    ],
)
def test_what_will_do_is_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, taken: object
) -> None:
    setenv(monkeypatch, **{name: value})

    assert getattr(load_settings(), field) == taken


def test_the_base_of_the_slack_api_ends_in_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, SLACK_API_URL="http://127.0.0.1:1/api")

    assert load_settings().slack_api_url == "http://127.0.0.1:1/api/"


def test_the_clock_can_be_set_ahead_beside_a_local_slack_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, SLACK_API_URL="http://127.0.0.1:1/api/", TEAMBOT_SANDBOX_CLOCK="clock")

    assert load_settings().sandbox_clock == Path("clock")


def test_the_clock_of_a_real_app_is_not_moved_behind_a_proxy_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    local = {"SLACK_API_URL": "http://127.0.0.1:1/api/", "TEAMBOT_SANDBOX_CLOCK": "clock"}
    setenv(monkeypatch, **local, SLACK_BOT_TOKEN="xoxb-123456789012-1234567890123-AbCdEfGh")
    with pytest.raises(ConfigError, match="real Slack or Teams app"):
        load_settings()


def test_all_problems_are_told_at_once_and_none_shows_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {name: value for name, value, _ in REFUSED if name != "SLACK_API_URL"}
    setenv(monkeypatch, **bad)
    del bad["SLACK_SIGNING_SECRET"]
    monkeypatch.delenv("SLACK_SIGNING_SECRET")

    with pytest.raises(ConfigError) as refused:
        load_settings(Purpose.SERVE)

    assert {problem.partition(" ")[0] for problem in refused.value.problems} == set(bad)
    assert str(refused.value).count("\n") == len(bad) - 1
    assert "hidden" not in str(refused.value)
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)


def test_settings_shown_by_accident_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **SERVING, TEAMBOT_DATABASE_URL="postgresql+asyncpg://u:hunter2@host/db")
    settings = load_settings(Purpose.SERVE)

    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert not re.search(r"xoxb-1|0123456789abcdef|hunter2", shown)


def test_the_secrets_are_known_to_whoever_must_leave_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **SERVING, TEAMBOT_DATABASE_URL="postgresql+asyncpg://u:hunter2@host/db")
    setenv(monkeypatch, SLACK_APP_TOKEN="xapp-1", AWS_SECRET_ACCESS_KEY="aws-secret", AWS_SESSION_TOKEN="aws-token")

    assert set(load_settings().hidden()) == {*SERVING.values(), "hunter2", "xapp-1", "aws-secret", "aws-token"}


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_the_example_file_has_every_variable_once_each_with_a_value_that_will_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#([A-Z0-9_]+)=(.*)$", text, re.MULTILINE)

    assert sorted(name for name, _ in named) == sorted(
        [*(variable.name for variable in all_variables()), "AWS_PROFILE"]
    )
    setenv(monkeypatch, **{name: value for name, value in named if name.startswith("TEAMBOT_")})
    assert load_settings().activity_source == "athena"


def test_every_variable_has_one_field() -> None:
    names = [variable.name for variable in all_variables()]

    assert len(set(names)) == len(names) == len(ProcessSettings.model_fields)


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("athena", ["TEAMBOT_ATHENA_DATABASE", "TEAMBOT_ATHENA_TABLE"]),
        ("CloudWatch", ["TEAMBOT_ACTIVITY_LOG_GROUPS"]),
        ("cloudtrail-lake", ["TEAMBOT_ACTIVITY_EVENT_DATA_STORE"]),
        ("lookup-events", []),
    ],
)
def test_a_source_of_session_activity_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, source: str, missing: list[str]
) -> None:
    setenv(monkeypatch, TEAMBOT_ACTIVITY_SOURCE=source)
    if not missing:
        assert load_settings().activity_source == source
        return
    assert [problem.partition(" is missing")[0] for problem in problems()] == missing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEAMBOT_ACTIVITY_SOURCE", "splunk"),
        ("TEAMBOT_ACTIVITY_ROLE", "TeamBotActivity"),
        ("TEAMBOT_ACTIVITY_REGION", "Frankfurt"),
        ("TEAMBOT_ACTIVITY_REGIONS", "eu-west-1;us-east-1"),
        ("TEAMBOT_ACTIVITY_EVENT_DATA_STORE", "my-store' OR 1=1"),
        ("TEAMBOT_ACTIVITY_LOG_GROUPS", "a b"),
        ("TEAMBOT_ACTIVITY_DELAY", "-1"),
        ("TEAMBOT_ACTIVITY_MAX_SCAN", "0"),
        ("TEAMBOT_ATHENA_DATABASE", 'x"; DROP TABLE y'),
        ("TEAMBOT_ATHENA_TABLE", "a.b"),
        ("TEAMBOT_ATHENA_OUTPUT", "https://bucket/path"),
    ],
)
def test_what_no_source_of_session_activity_can_be_told_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    setenv(monkeypatch, **{name: value})
    assert [problem.partition(" ")[0] for problem in problems()] == [name]


def test_what_a_source_of_session_activity_is_told_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "TEAMBOT_ACTIVITY_SOURCE": "lookup-events",
        "TEAMBOT_ACTIVITY_ROLE": "arn:aws:iam::{account}:role/path/TeamBotActivity",
        "TEAMBOT_ACTIVITY_REGIONS": "eu-west-1, us-gov-east-1",
        "TEAMBOT_ACTIVITY_LOG_GROUPS": "/trail/all,arn:aws:logs:eu-west-1:111122223333:log-group:org:*",
        "TEAMBOT_ATHENA_OUTPUT": "s3://results/teambot/",
    }
    setenv(monkeypatch, **told)
    settings = load_settings()
    assert (settings.activity_role, settings.activity_regions) == (
        told["TEAMBOT_ACTIVITY_ROLE"],
        told["TEAMBOT_ACTIVITY_REGIONS"],
    )


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:///x.db", "postgresql+asyncpg://u:one@host/db"])
def test_a_password_that_stands_alone_goes_with_a_url_that_has_none(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    setenv(monkeypatch, TEAMBOT_DATABASE_URL=url, TEAMBOT_DATABASE_PASSWORD="hunter2")

    (problem,) = problems()
    assert problem.startswith("TEAMBOT_DATABASE_PASSWORD goes with")


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn", "aws-eusc"])
def test_roles_of_every_partition_are_taken(monkeypatch: pytest.MonkeyPatch, partition: str) -> None:
    role = f"arn:{partition}:iam::111122223333:role/path/TeamBot"
    setenv(monkeypatch, TEAMBOT_AWS_READ_ROLE=role, TEAMBOT_AWS_GRANT_ROLE=role, TEAMBOT_AUDIT_S3_ROLE=role)
    setenv(monkeypatch, TEAMBOT_ACTIVITY_ROLE=f"arn:{partition}:iam::{{account}}:role/TeamBotActivity")

    assert (load_settings().read_role, load_settings().revoke_role) == (role, "")


def test_roles_for_identity_center_are_of_one_account(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, TEAMBOT_AWS_READ_ROLE="arn:aws:iam::111122223333:role/Read")
    setenv(monkeypatch, TEAMBOT_AWS_REVOKE_ROLE="arn:aws:iam::111122224444:role/Revoke")

    (problem,) = problems()
    assert problem.startswith("TEAMBOT_AWS_REVOKE_ROLE is in another account")


def test_a_role_without_an_account_is_for_session_activity_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, TEAMBOT_AWS_GRANT_ROLE="arn:aws:iam::{account}:role/Grant")

    (problem,) = problems()
    assert problem.startswith("TEAMBOT_AWS_GRANT_ROLE must be like")


@pytest.mark.parametrize(
    "region", ["eu-central-1", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1", "us-isob-east-1"]
)
def test_a_region_of_every_partition_is_taken(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    setenv(monkeypatch, TEAMBOT_ACTIVITY_REGION=region, TEAMBOT_ACTIVITY_REGIONS=f"{region},eu-west-1")

    assert load_settings().activity_region == region
