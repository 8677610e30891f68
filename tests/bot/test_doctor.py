"""The doctor tells what is missing, and goes on."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import slack_lines
from bot.settings import load_settings

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
