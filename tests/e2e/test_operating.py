"""The process as its operator sees it: commands, exit codes, one line a problem, health, metrics, no secret."""

import sqlite3
from collections.abc import Callable

import aiohttp
import click
import pytest

from bot.cli import teambot
from infra.sandbox.aws.callers import SECRET_KEY
from infra.sandbox.company import POLICIES_FILE
from infra.sandbox.stage import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.databases import SqliteDatabases
from tests.e2e.play import STAGING_READ, MakePlay, Play
from tests.e2e.policied import PoliciedDatabases
from tests.poolers import pooled

pytestmark = pytest.mark.asyncio(loop_scope="session")


def commands(group: click.Group = teambot, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [path]
    for name, command in group.commands.items():
        here = (*path, name)
        found += commands(command, here) if isinstance(command, click.Group) else [here]
    return found


async def test_the_help_of_every_command_has_an_example(play: Play) -> None:
    for path in commands():
        code, out, err = await play.run(*path, "--help")
        assert (code, err) == (0, ""), path
        assert "Example: " in out, path
        assert " ".join(("teambot", *path)) in out, path


@pytest.mark.parametrize(
    "arguments",
    [
        ("srve",),
        ("policy", "aply"),
        ("policy", "apply"),
        ("policy", "apply", "/nowhere.yaml"),
        ("policy", "explain", "ada@example.com"),
        ("audit", "export", "--format", "xml"),
        ("audit", "export", "--format", "csv", "--since", "yesterday"),
        ("manifest", "--mode", "http"),
        ("serve", "--fast"),
    ],
    ids=" ".join,
)
async def test_a_usage_error_is_one_line_and_exit_2(play: Play, arguments: tuple[str, ...]) -> None:
    code, out, err = await play.run(*arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1), err


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"SLACK_BOT_TOKEN": ""}, ["SLACK_BOT_TOKEN"]),
        ({"SLACK_SIGNING_SECRET": ""}, ["SLACK_SIGNING_SECRET"]),
        (
            {"SLACK_BOT_TOKEN": "", "SLACK_SIGNING_SECRET": ""},
            ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "No chat platform"],
        ),
        ({"TEAMBOT_PORT": "http", "TEAMBOT_LOG_FORMAT": "xml"}, ["TEAMBOT_PORT", "TEAMBOT_LOG_FORMAT"]),
        ({"TEAMBOT_DATABASE_URL": "mysql://root:hunter2-secret@db/x"}, ["TEAMBOT_DATABASE_URL"]),
        ({"TEAMBOT_DATABASE_URL": "sqlite+aiosqlite:////nowhere/at/all.db"}, ["TEAMBOT_DATABASE_URL"]),
        (
            {"TEAMBOT_DATABASE_URL": "postgresql+asyncpg://me:hunter2-secret@127.0.0.1:1/x"},
            ["TEAMBOT_DATABASE_URL"],
        ),
    ],
    ids=" ".join,
)
async def test_serve_says_each_problem_in_a_line_of_its_own(
    play: Play, variables: dict[str, str], words: list[str]
) -> None:
    code, out, err = await play.run("serve", **variables)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == len(words), err
    for word in words:
        assert sum(line.startswith(word) or f" {word} " in line for line in err.splitlines()) == 1, err
    assert "hunter2" not in err


async def test_serve_refuses_an_old_schema_and_says_what_to_do(play: Play, sqlite_databases: SqliteDatabases) -> None:
    with sqlite_databases.empty() as url:
        code, out, err = await play.run("serve", TEAMBOT_DATABASE_URL=url)
        assert (code, out, len(err.splitlines())) == (1, "", 1), err
        assert "teambot migrate" in err
        assert (await play.run("migrate", TEAMBOT_DATABASE_URL=url))[0] == 0
        assert "The chain is intact" in (await play.run("audit", "verify", TEAMBOT_DATABASE_URL=url))[1]


async def test_a_database_of_another_identity_center_is_not_served_and_both_are_named(
    play: Play, policied: PoliciedDatabases
) -> None:
    url, other = policied.new(), "arn:aws:sso:::instance/ssoins-0000000000000000"
    with sqlite3.connect(url.partition("///")[2]) as database:
        database.execute("UPDATE identity_center SET instance_arn = ?", (other,))
    for command in (("serve",), ("doctor",), ("policy", "explain", "ada@example.com", "111122223333", "SupportUser")):
        code, out, err = await play.run(*command, TEAMBOT_DATABASE_URL=url, TEAMBOT_PORT="0")
        told = [line for line in (out + err).splitlines() if other in line]
        assert code == 1
        assert told, (out, err)
        for words in (play.stage.company.instance_arn, "TEAMBOT_SSO_INSTANCE_ARN", "TEAMBOT_DATABASE_URL"):
            assert words in told[0]


async def test_two_cannot_serve_one_sqlite_database(play: Play) -> None:
    code, _, err = await play.run("serve", TEAMBOT_PORT="0")
    assert (code, len(err.splitlines())) == (1, 1), err
    assert "stop it first" in err


async def test_a_port_that_is_taken_is_told_in_one_line(play: Play, policied: PoliciedDatabases) -> None:
    code, out, err = await play.run(
        "serve", TEAMBOT_PORT=play.bot.url.rpartition(":")[2], TEAMBOT_DATABASE_URL=policied.new()
    )
    assert (code, out) == (1, "")
    assert "TEAMBOT_PORT" in err.splitlines()[-1]
    assert "Traceback" not in err


async def test_a_policy_is_explained(play: Play) -> None:
    code, out, err = await play.run("policy", "explain", "ada@example.com", "111122223333", "PowerUserAccess")
    assert (code, err) == (0, "")
    for words in ("Ada Lovelace", "yes", "payments-engineers", "4 h", "Bob Kahn", "payments-approvers"):
        assert words in out
    for wrong in (("nobody@example.com", "111122223333"), ("ada@example.com", "999999999999")):
        code, out, err = await play.run("policy", "explain", *wrong, "PowerUserAccess")
        assert (code, out, len(err.splitlines())) == (1, "", 1), (out, err)


@pytest.mark.parametrize("socket_mode", [pytest.param(False, marks=pytest.mark.nightly), True], ids=["http", "socket"])
async def test_health_readiness_and_metrics_are_there_in_both_modes_and_no_secret_is_logged(
    make_play: MakePlay, *, socket_mode: bool
) -> None:
    play = await make_play(socket_mode=socket_mode, variables={"TEAMBOT_LOG_LEVEL": "debug"})
    number = await play.grant("ada", STAGING_READ)
    await play.command("ada", f"/team revoke {number}", "being ended")
    await play.card("bob", number, words="⚪ Ended early")
    found = {}
    async with aiohttp.ClientSession() as session:
        for path in ("healthz", "readyz", "metrics", "slack/events", ""):
            async with session.get(f"{play.bot.url}/{path}") as answer:
                found[path] = (answer.status, await answer.text())
        async with session.post(f"{play.bot.url}/slack/events", data=b"x") as answer:
            assert answer.status == (404 if socket_mode else 401)
    assert {path: status for path, (status, _) in found.items()} == {
        "healthz": 200,
        "readyz": 200,
        "metrics": 200,
        "slack/events": 404 if socket_mode else 405,
        "": 404,
    }
    assert "# HELP" in found["metrics"][1]
    assert await play.bot.stop() == 0
    log = play.whole_log()
    hooks = [d.app_call.payload.get("response_url", "") for d in play.stage.slack.deliveries]
    for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, SECRET_KEY, "AKIALOCALSANDBOX0000", *hooks):
        assert not secret or secret not in log, secret
    assert "look into the stuck queue" not in log
    assert "Traceback" not in log


async def test_aws_being_away_is_no_reason_to_restart_the_bot(play: Play) -> None:
    play.aws.down()
    async with aiohttp.ClientSession() as session:
        for path in ("healthz", "readyz"):
            async with session.get(f"{play.bot.url}/{path}") as answer:
                assert answer.status == 200


async def test_a_transaction_pooler_is_refused_in_one_line_that_says_what_to_do(
    play: Play, url_on: Callable[[str], str]
) -> None:
    with pooled(url_on("postgresql"), "transaction") as url:
        for command in (("serve",), ("migrate",), ("policy", "export")):
            code, out, err = await play.run(*command, TEAMBOT_DATABASE_URL=url)
            assert (code, out, len(err.splitlines())) == (1, "", 1), err
            assert err.startswith("TEAMBOT_DATABASE_URL: a pooler gives each transaction another connection")
            assert "pool_mode = session" in err


async def test_beside_a_bot_that_serves_sqlite_the_other_commands_work(play: Play) -> None:
    """The file is one process's to serve; what an operator runs for a moment shares it."""
    assert (await play.run("migrate"))[0] == 0
    code, out, err = await play.run("policy", "apply", str(POLICIES_FILE))
    assert code == 0, f"{out}{err}"
    await play.command("ada", "/team whoami", "Ada Lovelace")
