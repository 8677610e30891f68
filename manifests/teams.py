"""The Teams app package: what the bot asks a tenant for, as a zip of ``manifest.json`` and two icons.

Upload it in the Teams admin center, or give it to whoever may. The same input makes the same bytes. Reference:
learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from handlers.words.subcommands import HOME, SUBCOMMANDS

SCHEMA, SCHEMA_WITH_SLASH = "1.19", "1.29"
"""The second is the first that knows targeted messages and ``/`` commands."""
REQUEST, ABOUT = "request", "about"
REQUEST_ACCESS = "Request access"
MOST_COMMANDS = 10
"""Teams shows no more in a menu (Teams, bot command menus)."""
LONGEST_TITLE, LONGEST_DESCRIPTION = 32, 128
PERMISSIONS = {
    "identity": "who presses and types: the tenant and the person's Entra object id",
    "messageTeamMembers": "1:1 messages to requesters, approvers and admins",
}
"""Each with what it is for. Nothing is read of a conversation but what is addressed to the bot, or sent along to it."""
SCOPES = ("personal", "team")
"""Group chats are not offered: nobody there is asked for an approval."""
_HERE = Path(__file__).parent
_ICONS = {"color.png": _HERE / "teams-color.png", "outline.png": _HERE / "teams-outline.png"}
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: a real one would make other bytes each time."""


def package(app_id: str, url: str, version: str, *, slash: bool = False) -> bytes:
    """The zip. Raises ValueError as ``manifest`` does."""
    made = json.dumps(manifest(app_id, url, version, slash=slash), indent=2, ensure_ascii=False) + "\n"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("manifest.json", _WRITTEN_AT), made)
        for name, icon in sorted(_ICONS.items()):
            archive.writestr(zipfile.ZipInfo(name, _WRITTEN_AT), icon.read_bytes())
    return written.getvalue()


def manifest(app_id: str, url: str, version: str, *, slash: bool = False) -> dict[str, Any]:
    """Build ``manifest.json``. ``url`` is the bot's public address, shown to people as where the app comes from.

    Raises ValueError where an id is no GUID, or an address is not https.
    """
    app, address = _guid(app_id), _https(url)
    schema = SCHEMA_WITH_SLASH if slash else SCHEMA
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{schema}/MicrosoftTeams.schema.json",
        "manifestVersion": schema,
        "version": _three_numbers(version),
        "id": app,
        "developer": {"name": "TEAM Bot", "websiteUrl": address, "privacyUrl": address, "termsOfUseUrl": address},
        "name": {"short": "TEAM Bot", "full": "TEAM Bot: temporary access to AWS"},
        "description": {
            "short": "Temporary access to AWS: asked for, approved and ended in chat.",
            "full": "Ask for access to an AWS account when you need it, for as long as you need it. Whoever decides is "
            "asked at once. Access begins and ends by itself, and both sides can end it early.",
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#1D3557",
        "bots": [_bot(app, slash=slash)],
        "composeExtensions": [{"botId": app, "commands": [_request_access(slash=slash), _about_message()]}],
        "permissions": list(PERMISSIONS),
        "validDomains": [],
        "defaultInstallScope": "personal",
        "defaultGroupCapability": {"team": "bot"},
    }


def commands() -> list[dict[str, str]]:
    """The menu: Home, and the words that are typed most."""
    hinted = [each for each in (HOME, *SUBCOMMANDS) if each.is_hinted]
    return [{"title": each.word, "description": each.uses[0].does} for each in hinted][:MOST_COMMANDS]


def _bot(app: str, *, slash: bool) -> dict[str, Any]:
    lists: list[dict[str, Any]] = [{"scopes": [scope], "commands": commands()} for scope in SCOPES]
    bot = {
        "botId": app,
        "scopes": list(SCOPES),
        "isNotificationOnly": False,
        "supportsFiles": True,  # exports are offered in the 1:1 chat
        "commandLists": lists,
    }
    if slash:
        personal, team = lists
        personal["triggers"], team["triggers"] = ["mention"], ["slash", "mention"]
        bot["supportsTargetedMessages"] = True
    return bot


def _request_access(*, slash: bool) -> dict[str, Any]:
    """The dialog opens at once from the box in which people write."""
    return {
        "id": REQUEST,
        "type": "action",
        "title": REQUEST_ACCESS,
        "description": "Ask for access to an AWS account",
        "context": ["compose", "commandBox"],
        "fetchTask": True,
        **({"triggers": ["slash"]} if slash else {}),
    }


def _about_message() -> dict[str, Any]:
    """In the menu of a message: Teams sends the message along, with its link. Nothing else is read of a chat."""
    return {
        "id": ABOUT,
        "type": "action",
        "title": REQUEST_ACCESS,
        "description": "Ask for access with this message as the reason",
        "context": ["message"],
        "fetchTask": True,
    }


def _guid(app_id: str) -> str:
    try:
        return str(UUID(app_id))
    except ValueError:
        problem = f"{app_id} is not an app id, which is a GUID." if app_id else "The Teams app id is missing."
        raise ValueError(f"{problem} Set TEAMBOT_TEAMS_APP_ID, or give --app-id.") from None


def _https(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("Teams needs the bot's public address: --url https://…")
    return url


def _three_numbers(version: str) -> str:
    """``1.2.3``, without what a pre-release adds: Teams knows no other form."""
    numbers = [part for part in version.split("+", maxsplit=1)[0].replace("-", ".").split(".") if part.isdigit()][:3]
    return ".".join([*numbers, "0", "0", "0"][:3])
