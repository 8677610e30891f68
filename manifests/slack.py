"""The Slack app manifest: what the bot asks a workspace for, and not one scope more.

Paste it at api.slack.com/apps, "From a manifest". ``slack.yaml`` beside this is the one for Socket Mode.
Reference: docs.slack.dev/reference/app-manifest.
"""

from collections.abc import Mapping
from typing import Any, Literal

from handlers.words.shortcuts import SHORTCUTS, Shortcut
from handlers.words.subcommands import usage_hint

Mode = Literal["http", "socket"]

SCOPES: Mapping[str, str] = {
    "commands": "the slash command and shortcuts",
    "chat:write": "cards, messages, and their updates, in channels the bot is a member of",
    "im:write": "direct messages to requesters, approvers and admins",
    "files:write": "what an auditor exports, as a file in a direct message",
    "users:read": "whether somebody is a guest, deactivated or of another workspace",
    "users:read.email": "the verified e-mail address, which leads to the Identity Center user",
    "channels:read": "whether a policy's public channel exists and is shared outside",
    "channels:join": "entering a public channel that an admin has named in a policy, after saying so",
    "groups:read": "the same for private channels the bot is a member of",
}
"""Bot scopes, each with what it is for."""

EVENTS: Mapping[str, str] = {
    "app_home_opened": "shows the Home tab",
    "user_change": "somebody was deactivated or became a guest",
}
EVENTS_PATH = "/slack/events"


def manifest(mode: Mode, url: str = "", command: str = "/team") -> dict[str, Any]:
    """Build the manifest. ``url`` is the public address of the bot, for ``http`` alone.

    Raises ValueError when it is missing there or not https, and when it is given for ``socket``.
    """
    address = _address(mode, url)
    return {
        "display_information": {
            "name": "TEAM Bot",
            "description": "Temporary access to AWS: asked for, approved and ended in Slack.",
            "background_color": "#1d3557",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "TEAM Bot", "always_online": True},
            "slash_commands": [_command(command, address)],
            "shortcuts": [_shortcut(each) for each in SHORTCUTS],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS), **_at("request_url", address)},
            "interactivity": {
                "is_enabled": True,
                **_at("request_url", address),
                **_at("message_menu_options_url", address),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": mode == "socket",
            "token_rotation_enabled": False,
        },
    }


def _address(mode: Mode, url: str) -> str:
    if mode == "socket":
        if url:
            raise ValueError("--url goes with --mode http: in Socket Mode Slack needs no address of the bot.")
        return ""
    if not url.startswith("https://"):
        raise ValueError("Mode http needs the bot's public address: --url https://…")
    return url.rstrip("/").removesuffix(EVENTS_PATH) + EVENTS_PATH


def _command(command: str, address: str) -> dict[str, Any]:
    return {
        "command": command,
        "description": "Temporary access to AWS",
        "usage_hint": usage_hint(),
        "should_escape": True,  # people are mentioned by id: a name could be anybody's
        **_at("url", address),
    }


def _shortcut(shortcut: Shortcut) -> dict[str, str]:
    return {
        "name": shortcut.name,
        "type": "message" if shortcut.below_messages else "global",
        "callback_id": shortcut.id.value,
        "description": shortcut.does,
    }


def _at(key: str, address: str) -> dict[str, str]:
    return {key: address} if address else {}
