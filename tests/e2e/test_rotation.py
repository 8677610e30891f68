"""Secrets in AWS Secrets Manager, changed while the whole process runs: nothing stops, and none of them shows."""

import json
from pathlib import Path

import aiohttp
import pytest

from infra.sandbox.slack.model import App
from infra.sandbox.stage import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from tests.e2e.play import PATIENCE, STAGING_READ, MakePlay, Play
from tests.kept_secrets import SECRETS

pytestmark = pytest.mark.asyncio(loop_scope="session")
NEW_TOKEN, NEW_APP_TOKEN, NEW_SIGNING = "xoxb-token-made-anew", "xapp-token-made-anew", "signing-secret-made-anew"
NAME = "teambot/slack"
BEFORE = {"bot": BOT_TOKEN, "app": APP_TOKEN, "signing": SIGNING_SECRET}
AFTER = {"bot": NEW_TOKEN, "app": NEW_APP_TOKEN, "signing": NEW_SIGNING}
VARIABLES = {"SLACK_BOT_TOKEN": "bot", "SLACK_APP_TOKEN": "app", "SLACK_SIGNING_SECRET": "signing"}


async def rotating(make_play: MakePlay, *, socket_mode: bool) -> Play:
    """A play whose secrets are members of one secret in Secrets Manager."""
    arn = "arn:aws:secretsmanager:eu-west-1:222233334444:secret:teambot/slack-AbCdEf"
    used = {name: key for name, key in VARIABLES.items() if (key != "app") or socket_mode}
    variables = {name: f"{arn}#{key}" for name, key in used.items()}
    return await make_play(socket_mode=socket_mode, variables=variables, secrets={NAME: json.dumps(BEFORE)})


def app_of(play: Play) -> App:
    return next(iter(play.stage.slack.workspace.apps.values()))


def rotate(play: Play) -> None:
    """In Slack first, as an operator does, and then in Secrets Manager."""
    app = app_of(play)
    app.bot_token, app.app_token, app.signing_secret = NEW_TOKEN, NEW_APP_TOKEN, NEW_SIGNING
    play.aws.put_secret(NAME, json.dumps(AFTER))


async def shown(play: Play) -> str:
    """All that the process says and keeps where others can see it."""
    async with aiohttp.ClientSession() as session:
        pages = []
        for path in ("readyz", "metrics", "healthz"):
            async with session.get(f"{play.bot.url}/{path}") as answer:
                pages.append(await answer.text())
    code, out, err = await play.run("doctor")
    database = Path(play.database_url.removeprefix("sqlite+aiosqlite:///"))
    kept = "".join(file.read_bytes().decode("latin-1") for file in database.parent.glob(f"{database.name}*"))
    return f"{pages}{code}{out}{err}{play.whole_log()}{kept}"


@pytest.mark.parametrize("socket_mode", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["http", "socket"])
async def test_tokens_and_signing_secret_change_without_a_restart(make_play: MakePlay, *, socket_mode: bool) -> None:
    play = await rotating(make_play, socket_mode=socket_mode)
    before = await play.ask("ada", STAGING_READ)
    rotate(play)
    if socket_mode:
        await play.stage.slack.sockets.disconnect(app_of(play), hang_up=True)
        await play.stage.slack.until_connected(within=PATIENCE)
    await play.command("ada", f"/team show {before}", before)
    await play.approve("bob", before)
    await play.card("bob", before, words="Active until")

    everything = await shown(play)
    secrets = (*BEFORE.values(), *AFTER.values(), *SECRETS)
    assert [secret for secret in secrets if secret in everything] == []
    assert 'teambot_secret_read_timestamp_seconds{variable="SLACK_BOT_TOKEN"}' in everything


async def test_secrets_manager_being_away_stops_nothing_and_is_told(make_play: MakePlay) -> None:
    play = await rotating(make_play, socket_mode=False)
    play.aws.faults.add("access_denied", service="secretsmanager")
    forged = {"X-Slack-Request-Timestamp": str(int(play.now())), "X-Slack-Signature": "v0=00"}
    async with aiohttp.ClientSession() as session, session.post(play.bot.events_url, data=b"x", headers=forged) as said:
        assert said.status == 401
    await play.grant("ada", STAGING_READ)

    code, out, _ = await play.run("doctor")
    assert code == 1
    assert "FAIL Secret SLACK_BOT_TOKEN: SLACK_BOT_TOKEN cannot be read from AWS Secrets Manager: GetSecretValue" in out
    assert "ok   Database" in out
    assert "ok   Identity Center instance" in out


async def test_without_secrets_manager_it_does_not_start_and_says_why(make_play: MakePlay) -> None:
    play = await rotating(make_play, socket_mode=False)
    await play.bot.stop()
    play.aws.faults.add("access_denied", service="secretsmanager")
    code, out, err = await play.run("serve")

    assert (code, out) == (1, "")
    assert [line.partition(" ")[0] for line in err.splitlines() if "cannot be read" in line] == [
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
    ]
    assert "AccessDeniedException" in err
