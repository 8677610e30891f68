"""The doctor tells what is missing, and goes on."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import slack_lines
from bot.settings import load_settings
from infra.sandbox.company import example_company
from infra.sandbox.slack import LocalSlack
from infra.sandbox.stage import BOT_TOKEN, workspace_of
from manifests.slack import SCOPES

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
    ("scopes", "ok", "words"),
    [
        (frozenset(SCOPES), True, sorted(SCOPES)),
        (frozenset(SCOPES) - {"chat:write", "commands"}, False, ["lacks chat:write, commands", "reinstall"]),
        (frozenset(), False, ["names none", *sorted(SCOPES), "reinstall"]),
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
