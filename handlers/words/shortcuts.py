"""Shortcuts: what a platform offers where nothing of the bot is open. The manifest and the listeners follow."""

from dataclasses import dataclass
from enum import StrEnum


class ShortcutId(StrEnum):
    """The ids of shortcuts; their flows are in ``flows.routes``."""

    REQUEST = "shortcut.request"
    MINE = "shortcut.mine"
    ABOUT = "shortcut.about"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The words of one. ``below_messages``: it is chosen for a message, and not anywhere.

    Slack takes a name of at most 24 characters (docs.slack.dev, app manifest, features.shortcuts).
    """

    id: ShortcutId
    name: str
    does: str
    below_messages: bool = False


SHORTCUTS = (
    Shortcut(ShortcutId.REQUEST, "Request access", "Opens the form for temporary access to AWS"),
    Shortcut(ShortcutId.MINE, "My access", "Shows what you have now, and what is coming"),
    Shortcut(ShortcutId.ABOUT, "Request access", "Opens the form with this message as the reason", below_messages=True),
)
