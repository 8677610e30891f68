"""The manifest asks for what the code uses, and for nothing else."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

import bot
from handlers import slack
from handlers.slack.context import SlackContext
from handlers.slack.register import register
from handlers.slack_api.listeners import Listeners
from infra.sandbox.slack.methods import METHODS
from infra.sandbox.stage import SHORTCUTS
from manifests.slack import EVENTS, SCOPES, Mode, manifest
from tests.reference.slack_app import MANIFEST
from tests.reference.slack_app import manifest as written_manifest

CALLERS = (Path(slack.__path__[0]), Path(bot.__path__[0]))
_CALL = re.compile(r"(?:_?client|bolt)\.((?:chat|conversations|users|views|files|usergroups|bots|team|auth)_\w+)\(?")
_WITHOUT_METHOD = {"commands"}


class NotedListeners:
    """Stands where the listeners are registered, and notes what is listened to."""

    def __init__(self) -> None:
        self.heard: dict[str, set[str]] = {}

    def __getattr__(self, kind: str) -> Callable[[Any], Callable[[Any], None]]:
        def listen(what: Any) -> Callable[[Any], None]:
            self.heard.setdefault(kind, set()).add(str(what))
            return lambda _: None

        return listen


@pytest.fixture
def listeners() -> dict[str, set[str]]:
    noted = NotedListeners()
    register(cast("Listeners", noted), cast("SlackContext", SimpleNamespace(command="/team")))
    return noted.heard


def methods_called() -> set[str]:
    """Web API methods that are called, by Slack's names."""
    files = (path for folder in CALLERS for path in folder.rglob("*.py"))
    found = {match for path in files for match in _CALL.findall(path.read_text())}
    known = {name.replace(".", "_"): name for name in METHODS}
    unknown = found - set(known) - {"files_upload_v2"}
    assert not unknown, f"methods that no scope is known of: {unknown}"
    return {known[name] for name in found if name in known}


def test_a_shortcut_has_a_name_that_slack_takes_and_the_local_slack_offers_the_same() -> None:
    made = manifest("socket")["features"]["shortcuts"]
    assert all(len(each["name"]) <= 24 and len(each["description"]) <= 150 for each in made)
    offered = {(each.callback_id, each.name, "message" if each.for_messages else "global") for each in SHORTCUTS}
    assert {(each["callback_id"], each["name"], each["type"]) for each in made} == offered


def test_every_method_called_is_covered_by_a_scope() -> None:
    uncovered = {
        name for name in methods_called() if METHODS[name].scopes and not set(METHODS[name].scopes) & set(SCOPES)
    }
    assert uncovered == set()


def test_every_scope_is_needed_by_a_method_called() -> None:
    used = {scope for name in methods_called() for scope in METHODS[name].scopes}
    assert set(SCOPES) - used - _WITHOUT_METHOD == set()


def test_every_listener_has_its_entry_and_every_entry_its_listener(listeners: dict[str, set[str]]) -> None:
    made = manifest("http", "https://bot.example.com", "/team")
    features, settings = made["features"], made["settings"]

    assert listeners["event"] == set(settings["event_subscriptions"]["bot_events"])
    assert listeners["command"] == {each["command"] for each in features["slash_commands"]}
    assert listeners.get("shortcut", set()) == {each["callback_id"] for each in features.get("shortcuts", ())}
    assert listeners["action"]
    assert listeners["view"]
    assert settings["interactivity"]["request_url"]
    assert listeners["options"]
    assert settings["interactivity"]["message_menu_options_url"]
    known = {"event", "command", "shortcut", "action", "view", "view_closed", "options"}
    assert listeners.keys() - {"middleware"} <= known


def test_the_usage_hint_has_what_is_typed_most_and_what_that_needs() -> None:
    hint = manifest("socket")["features"]["slash_commands"][0]["usage_hint"]

    assert {"request", "show ID", "revoke ID", "audit", "help"} < {*hint.split(" | ")}


def test_the_manifest_in_the_repository_is_the_one_for_socket_mode() -> None:
    text = MANIFEST.read_text(encoding="utf-8")

    assert yaml.safe_load(text) == manifest("socket")
    assert text == written_manifest(), "run `make reference`"


def test_the_icon_is_as_large_as_slack_wants_it() -> None:
    """docs.slack.dev, app icon: a square of 512 to 2000 pixels, as PNG."""
    icon = MANIFEST.with_name("icon.png").read_bytes()
    width, height = (int.from_bytes(icon[at : at + 4], "big") for at in (16, 20))

    assert icon.startswith(b"\x89PNG\r\n")
    assert 512 <= width == height <= 2000


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


def test_socket_mode_needs_no_address_and_takes_none() -> None:
    made = manifest("socket")
    assert made["settings"]["socket_mode_enabled"] is True
    assert "https" not in str(made)
    with pytest.raises(ValueError, match="--url goes with --mode http"):
        manifest("socket", "https://bot.example.com")


def test_a_stolen_token_reads_no_conversation() -> None:
    assert not [scope for scope in SCOPES if scope.endswith(":history")]


@pytest.mark.parametrize("url", ["", "bot.example.com", "http://bot.example.com"])
def test_http_without_a_public_address_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(ValueError, match="--url https://"):
        manifest("http", url)


@pytest.mark.parametrize("mode", ["http", "socket"])
def test_home_and_messages_are_on_and_events_are_asked_for(mode: Mode) -> None:
    made = manifest(mode, "https://bot.example.com" if mode == "http" else "")
    assert made["features"]["app_home"]["home_tab_enabled"]
    assert made["features"]["app_home"]["messages_tab_enabled"]
    assert made["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened", "user_change"]
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)


def test_slacks_own_limits_on_names_are_kept() -> None:
    made = manifest("socket")
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["display_information"]["description"]) <= 140
    assert len(made["features"]["bot_user"]["display_name"]) <= 80
