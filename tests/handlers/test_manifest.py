"""The manifest asks for what the code uses, and for nothing else."""

import re
from pathlib import Path

import pytest

from handlers import slack
from infra.sandbox.slack.methods import METHODS
from manifests.slack import EVENTS, SCOPES, Mode, manifest

HANDLERS = Path(slack.__path__[0])
_CALL = re.compile(r"(?:_?client|bolt)\.((?:chat|conversations|users|views|files|usergroups|bots|team|auth)_\w+)\(?")
_WITHOUT_METHOD = {"commands"}


def methods_called() -> set[str]:
    """Web API methods that the handlers call, by Slack's names."""
    found = {match for path in HANDLERS.rglob("*.py") for match in _CALL.findall(path.read_text())}
    known = {name.replace(".", "_"): name for name in METHODS}
    unknown = found - set(known) - {"files_upload_v2"}
    assert not unknown, f"methods that no scope is known of: {unknown}"
    return {known[name] for name in found if name in known}


def test_every_method_called_is_covered_by_a_scope() -> None:
    uncovered = {
        name for name in methods_called() if METHODS[name].scopes and not set(METHODS[name].scopes) & set(SCOPES)
    }
    assert uncovered == set()


def test_every_scope_is_needed_by_a_method_called() -> None:
    used = {scope for name in methods_called() for scope in METHODS[name].scopes}
    assert set(SCOPES) - used - _WITHOUT_METHOD == set()


def test_every_scope_and_event_says_what_it_is_for() -> None:
    assert all(SCOPES.values())
    assert all(EVENTS.values())


def test_http_leads_everything_to_one_address() -> None:
    made = manifest("http", "https://bot.example.com/", "/access")
    address = "https://bot.example.com/slack/events"
    settings = made["settings"]
    assert settings["event_subscriptions"]["request_url"] == address
    assert settings["interactivity"]["request_url"] == settings["interactivity"]["message_menu_options_url"] == address
    assert made["features"]["slash_commands"][0]["url"] == address
    assert made["features"]["slash_commands"][0]["command"] == "/access"
    assert settings["socket_mode_enabled"] is False


def test_socket_mode_needs_no_address() -> None:
    made = manifest("socket", "https://ignored.example.com")
    assert made["settings"]["socket_mode_enabled"] is True
    assert "https" not in str(made)


@pytest.mark.parametrize("url", ["", "bot.example.com", "http://bot.example.com"])
def test_http_without_a_public_address_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(ValueError, match="--url https://"):
        manifest("http", url)


@pytest.mark.parametrize("mode", ["http", "socket"])
def test_home_and_messages_are_on_and_events_are_asked_for(mode: Mode) -> None:
    made = manifest(mode, "https://bot.example.com")
    assert made["features"]["app_home"]["home_tab_enabled"]
    assert made["features"]["app_home"]["messages_tab_enabled"]
    assert made["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened", "user_change"]
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)


def test_slacks_own_limits_on_names_are_kept() -> None:
    made = manifest("socket")
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    assert len(made["features"]["bot_user"]["display_name"]) <= 80
