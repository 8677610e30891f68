"""The doctor tells what is missing, and goes on."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.compose import Infrastructure
from bot.doctor.absent import absent_audit_lines, absent_policy_lines
from bot.doctor.api import api_lines
from bot.doctor.line import DoctorLine, to_the_end
from bot.doctor.policies import policy_lines
from bot.doctor.slack import slack_lines, token_lines
from bot.doctor.teams import known_lines
from bot.settings import load_settings
from core.adapters.aws.service import Service
from core.domain.errors import Side, UpstreamRefused
from core.domain.ids import ConversationId
from core.domain.policy import ApprovalPolicy, PolicyBook
from handlers.bot_connector.keys import SigningKeys
from infra.sandbox.company import example_company
from infra.sandbox.slack import LocalSlack
from infra.sandbox.stage import BOT_TOKEN, workspace_of
from manifests.slack import SCOPES
from tests.bot.conftest import Teambot
from tests.fakes.background import FakeBackground

if TYPE_CHECKING:
    from bot.teams_app import TeamsChat

ROOT = Path(__file__).parents[2]
SECRET = {"SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}


@pytest.mark.parametrize(
    ("variables", "ways_in"),
    [
        ({}, [(False, "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing")]),
        (SECRET, [(True, "HTTP")]),
    ],
)
@pytest.mark.usefixtures("env_file")
async def test_a_missing_token_and_a_missing_way_in_are_lines_that_fail(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], ways_in: list[tuple[bool, str]]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    token, *rest = [line async for line in slack_lines(load_settings(), AsyncWebClient())]

    assert (token.ok, token.detail.partition(":")[0]) == (False, "SLACK_BOT_TOKEN is missing")
    assert [(line.ok, line.detail.startswith(words)) for line, (_, words) in zip(rest, ways_in, strict=True)] == [
        (ok, True) for ok, _ in ways_in
    ]


@pytest.mark.parametrize(
    ("url", "proxies", "said"),
    [
        ("", "", []),
        ("https://team.example.com", "", [("warn", "TEAMBOT_TRUSTED_PROXIES is 0")]),
        ("https://team.example.com", "1", [("ok", "trusted proxies in front: 1")]),
        ("http://127.0.0.1:3000", "", [("ok", "trusted proxies in front: 0")]),
    ],
)
@pytest.mark.usefixtures("env_file")
def test_where_tls_ends_at_a_proxy_and_none_is_trusted_it_says_so(
    monkeypatch: pytest.MonkeyPatch, url: str, proxies: str, said: list[tuple[str, str]]
) -> None:
    monkeypatch.setenv("TEAMBOT_API_URL", url)
    monkeypatch.setenv("TEAMBOT_TRUSTED_PROXIES", proxies)
    lines = list(api_lines(load_settings()))

    assert [(line.state, words in line.detail) for line, (_, words) in zip(lines, said, strict=True)] == [
        (state, True) for state, _ in said
    ]


async def test_where_slack_is_not_reached_its_token_is_not_doubted() -> None:
    nobody_listens = AsyncWebClient("xoxb-1-2", base_url="http://127.0.0.1:9/api/")
    (line,) = [line async for line in token_lines(nobody_listens)]

    assert line.state == "fail"
    assert line.detail.endswith("Can this machine reach Slack?")


@pytest.mark.parametrize(
    ("scopes", "ok", "words"),
    [
        (frozenset(SCOPES), True, sorted(SCOPES)),
        (frozenset(SCOPES) - {"chat:write", "commands"}, False, ["lacks chat:write, commands", "reinstall"]),
        (frozenset(), False, ["names no scopes", *sorted(SCOPES), "reinstall"]),
    ],
    ids=["all", "not all", "none"],
)
@pytest.mark.usefixtures("env_file")
async def test_the_scopes_are_named_whether_or_not_they_are_all_there(
    monkeypatch: pytest.MonkeyPatch, scopes: frozenset[str], ok: bool, words: list[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    async with LocalSlack(workspace_of(example_company())) as slack:
        for app in slack.workspace.apps.values():
            app.scopes = scopes
        client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url)
        lines = {line.what: line async for line in slack_lines(load_settings(), client)}

    assert lines["Slack token"].ok
    assert lines["Slack scopes"].ok is ok
    for each in words:
        assert each in lines["Slack scopes"].detail


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    """``teambot`` as a process of its own, in a folder of its own, with nothing set."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [sys.executable, "-m", "bot", *words]
    path = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment | path, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.usefixtures("env_file")
def test_a_channel_of_a_platform_that_is_not_set_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    audit, named = "teams:19:audit@thread.tacv2", "teams:19:payments@thread.tacv2"
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    monkeypatch.setenv("TEAMBOT_AUDIT_CHANNEL", f"C0AUDIT, {audit}")
    channels = tuple(map(ConversationId, ("C0PAYMENTS", audit, named)))
    settings, book = load_settings(), PolicyBook(approval=(ApprovalPolicy("payments", channels=channels),))
    told = [*absent_audit_lines(settings), *absent_policy_lines(settings, book)]
    assert [(line.what, line.state) for line in told] == [(f"Channel {audit}", "fail"), (f"Channel {named}", "warn")]
    assert all("Teams is not set up" in line.detail for line in told)


class NoTokens:
    async def token(self) -> str:
        raise UpstreamRefused("Microsoft says invalid_client", code="invalid_client", side=Side.TEAMS)


@pytest.mark.usefixtures("env_file")
async def test_the_running_bot_knows_when_microsoft_takes_no_credential_and_it_has_no_key() -> None:
    keys = SigningKeys("http://127.0.0.1:9/none", FakeBackground())
    chat = cast("TeamsChat", SimpleNamespace(tokens=NoTokens(), keys=keys))
    credentials, known = await known_lines(chat, load_settings())
    assert (credentials.state, known.state) == ("fail", "fail")
    assert "invalid_client" in credentials.detail
    assert "nobody is let in" in known.detail


def test_with_nothing_set_each_cause_is_said_once_and_what_depends_on_it_is_not_checked(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "doctor", "--json")
    found = json.loads(out)
    states = {each["what"]: each["state"] for each in found["checks"]}
    failed = {what for what, state in states.items() if state == "fail"}
    assert (code, found["ok"]) == (1, False)
    assert failed == {"AWS", "Database", "Slack token", "Slack connection"}
    for what in ("AWS credentials", "Session activity", "Admin group", "Outbox", "Audit trail", "Invariants"):
        assert states[what] == "not checked"
    details = [each["detail"] for each in found["checks"] if each["state"] == "fail"]
    assert len(details) == len(set(details))


def test_lines_for_people_say_the_same(tmp_path: Path, teambot: Teambot) -> None:
    code, told, _ = teambot("doctor")
    out = told.decode()
    assert code == 1
    assert f"FAIL Database: there is none at {tmp_path / 'teambot.db'}" in out
    assert "---- Outbox: not checked: it needs the database" in out


@pytest.mark.parametrize(
    "words",
    [("doctor",), ("policy", "export"), ("audit", "verify"), ("audit", "export"), ("identity", "suspended")],
    ids=" ".join,
)
def test_a_command_that_only_reads_creates_no_database_and_says_where_it_looked(
    tmp_path: Path, teambot: Teambot, words: tuple[str, ...]
) -> None:
    code, out, err = teambot(*words)
    assert code == 1
    assert str(tmp_path / "teambot.db") in (out + err).decode()
    assert not (tmp_path / "teambot.db").exists()


AWAY = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIATEST",
    "AWS_SECRET_ACCESS_KEY": "opens-nothing",
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
    "SLACK_BOT_TOKEN": BOT_TOKEN,
    "SLACK_APP_TOKEN": "xapp-1-2",
    "TEAMBOT_AUDIT_CHANNEL": "C0AUDIT",
    "TEAMBOT_ACTIVITY_SOURCE": "lookup-events",
    "TEAMBOT_AUDIT_S3_BUCKET": "team-audit",
    "TEAMBOT_EVENTS_SNS_TOPIC": "arn:aws:sns:eu-west-1:111122223333:team",
}


def test_where_aws_and_slack_are_away_each_is_waited_for_once(
    teambot: Teambot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody on call runs it then: the lines that depend on either say so, and all those of the database are told."""
    calls: list[str] = []
    monkeypatch.setattr(Service, "call", _counted(Service.call, calls))
    assert teambot("migrate", **AWAY)[0] == 0
    code, out, err = teambot("doctor", "--json")
    states = {each["what"]: each["state"] for each in json.loads(out)["checks"]}
    assert (code, err) == (1, b"")
    failed = {what for what, state in states.items() if state == "fail"}
    assert failed == {"Slack token", "Slack connection", "AWS credentials", "Invariants"}
    for what in ("Session activity", "Directory scan", "Admin group", "Policies", "Channels", "Audit archive"):
        assert states[what] == "not checked"
    assert (states["Outbox"], states["Audit trail"]) == ("ok", "ok")
    assert calls == ["get_caller_identity", "get_caller_identity", "list_objects_v2"]


def _counted(call: Callable[..., Awaitable[object]], calls: list[str]) -> Callable[..., Awaitable[object]]:
    async def counted(service: object, priority: object, method: Callable[..., object], **kwargs: object) -> object:
        calls.append(method.__name__)
        return await call(service, priority, method, **kwargs)

    return counted


async def test_what_stops_some_lines_is_a_line_and_the_others_are_told() -> None:
    async def lines() -> AsyncIterator[DoctorLine]:
        yield DoctorLine("First", ok=True, detail="well")
        raise UpstreamRefused("The row is gone.", code="gone", side=Side.STORAGE)

    told = [(line.what, line.state, line.detail) async for line in to_the_end("Row", lines())]
    assert told == [("First", "ok", "well"), ("Row", "fail", "not all could be checked: The row is gone.")]


async def test_a_new_installation_is_told_how_to_begin_and_nothing_is_asked() -> None:
    nothing_to_ask = cast("Infrastructure", None)
    lines = [line async for line in policy_lines(nothing_to_ask, PolicyBook())]

    assert [line.state for line in lines] == ["warn"]
    assert "`teambot policy init`" in lines[0].detail


def test_an_anchor_that_is_none_is_a_usage_error(teambot: Teambot) -> None:
    code, _, err = teambot("audit", "verify", "--anchor", "nonsense")
    assert code == 2
    assert b"SEQ:HASH" in err
