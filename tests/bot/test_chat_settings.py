"""Slack, Teams or both: what each needs, what is missing, and what stands in for Teams only on this machine."""

import re
from pathlib import Path

import pytest

from bot.settings import ConfigError, Purpose, load_settings

APP, TENANT = "00000000-0000-4000-8000-00000000A001", "00000000-0000-4000-8000-0000000000aa"
TEAMS = {"TEAMBOT_TEAMS_APP_ID": APP, "TEAMBOT_TEAMS_TENANT_ID": TENANT, "TEAMBOT_TEAMS_CLIENT_SECRET": "abc~1"}
PEM = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nx\n"
pytestmark = pytest.mark.usefixtures("env_file")


def setenv(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def problems(need: Purpose = Purpose.SERVE) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        load_settings(need)
    return list(refused.value.problems)


def test_teams_alone_is_enough_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **TEAMS)

    settings = load_settings(Purpose.SERVE)

    assert (settings.serves_teams, settings.serves_slack) == (True, False)
    assert (settings.teams_app_id, settings.teams_cloud, settings.teams_identity) == (APP.lower(), "public", "email")


def test_slack_alone_is_enough_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1")

    settings = load_settings(Purpose.SERVE)

    assert (settings.serves_teams, settings.serves_slack) == (False, True)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (["TEAMBOT_TEAMS_APP_ID"], ["TEAMBOT_TEAMS_TENANT_ID", "TEAMBOT_TEAMS_CLIENT_SECRET,"]),
        (["TEAMBOT_TEAMS_TENANT_ID"], ["TEAMBOT_TEAMS_APP_ID", "TEAMBOT_TEAMS_CLIENT_SECRET,"]),
        (["TEAMBOT_TEAMS_CLIENT_SECRET"], ["TEAMBOT_TEAMS_APP_ID", "TEAMBOT_TEAMS_TENANT_ID"]),
        (["TEAMBOT_TEAMS_APP_ID", "TEAMBOT_TEAMS_TENANT_ID"], ["TEAMBOT_TEAMS_CLIENT_SECRET,"]),
    ],
)
def test_half_of_teams_says_all_that_is_missing_at_once(
    monkeypatch: pytest.MonkeyPatch, given: list[str], missing: list[str]
) -> None:
    setenv(monkeypatch, **{name: TEAMS[name] for name in given})

    assert [problem.partition(" ")[0] for problem in problems()] == missing


def test_any_variable_of_teams_asks_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, TEAMBOT_TEAMS_CLOUD="usgov")

    assert len(problems()) == 3


def test_half_of_slack_beside_teams_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **TEAMS, SLACK_APP_TOKEN="xapp-1")

    assert [problem.partition(" ")[0] for problem in problems()] == ["SLACK_BOT_TOKEN"]


def test_what_needs_the_database_alone_asks_for_no_chat_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, TEAMBOT_TEAMS_APP_ID=APP)

    assert load_settings(Purpose.DATABASE).serves_teams


def test_one_credential_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **TEAMS, TEAMBOT_TEAMS_AWS_AUDIENCE="api://AzureADTokenExchange")

    (problem,) = problems()
    assert problem.startswith("TEAMBOT_TEAMS_CLIENT_SECRET, TEAMBOT_TEAMS_AWS_AUDIENCE are set")


def test_a_certificate_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "bot.pem"
    file.write_text(PEM)
    setenv(monkeypatch, **{**TEAMS, "TEAMBOT_TEAMS_CLIENT_SECRET": "", "TEAMBOT_TEAMS_CERTIFICATE": str(file)})

    held = load_settings(Purpose.SERVE).teams_certificate

    assert held is not None
    assert held.get_secret_value() == PEM


@pytest.mark.parametrize("variable", ["TEAMBOT_TEAMS_CLIENT_SECRET", "TEAMBOT_TEAMS_CERTIFICATE"])
def test_a_credential_may_be_in_secrets_manager(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:222233334444:secret:teambot/teams-AbCdEf"
    setenv(monkeypatch, **{**TEAMS, "TEAMBOT_TEAMS_CLIENT_SECRET": "", variable: arn})

    assert list(load_settings(Purpose.SERVE).arns) == [variable]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TEAMBOT_TEAMS_APP_ID", "teambot", "must be an id like"),
        ("TEAMBOT_TEAMS_TENANT_ID", "example.onmicrosoft.com", "must be an id like"),
        ("TEAMBOT_TEAMS_CLIENT_SECRET", TENANT, "is the id of a secret"),
        ("TEAMBOT_TEAMS_CLIENT_SECRET", "a b", "without spaces"),
        ("TEAMBOT_TEAMS_CERTIFICATE", "/nowhere/bot.pem", "must name a file"),
        ("TEAMBOT_TEAMS_CERTIFICATE", "-----BEGIN CERTIFICATE-----", "private key"),
        ("TEAMBOT_TEAMS_IDENTITY", "upn", "must be email or external-id"),
        ("TEAMBOT_TEAMS_CLOUD", "gcc", "must be public, usgov, usgov-dod or china"),
        ("TEAMBOT_TEAMS_LOGIN_URL", "https://login.example.com", "is for a stand-in on this machine"),
        ("TEAMBOT_TEAMS_KEYS_URL", "http://10.0.0.1:8080/openid", "is for a stand-in on this machine"),
        ("TEAMBOT_TEAMS_SERVICE_URL", "http://127.0.0.1.example.com", "is for a stand-in on this machine"),
        ("TEAMBOT_TEAMS_SERVICE_URL", "http://user@127.0.0.1:1", "must be a URL"),
    ],
)
def test_what_will_not_do_is_told_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    setenv(monkeypatch, **{**TEAMS, name: value})

    lines = [problem for problem in problems() if problem.startswith(f"{name} ")]
    assert len(lines) == 1
    assert told in lines[0]


@pytest.mark.parametrize("value", ["true", "1", "false", "no"])
def test_whoever_would_let_everybody_in_is_not_served(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    setenv(monkeypatch, **TEAMS, DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS=value)

    (problem,) = problems()
    assert re.match("DANGEROUSLY_ALLOW_UNAUTHENTICATED_REQUESTS is set.*unset it", problem)


def test_the_clock_of_a_real_teams_app_is_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **TEAMS, TEAMBOT_SANDBOX_CLOCK="clock")

    assert problems()[0].startswith("TEAMBOT_SANDBOX_CLOCK moves the clock of a real")

    setenv(monkeypatch, TEAMBOT_TEAMS_SERVICE_URL="http://127.0.0.1:4000")
    assert load_settings(Purpose.SERVE).sandbox_clock == Path("clock")


def test_settings_shown_by_accident_show_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, **TEAMS)
    settings = load_settings(Purpose.SERVE)

    assert all("abc~1" not in shown for shown in (repr(settings), str(settings), settings.model_dump_json()))
    assert "abc~1" in settings.hidden()
