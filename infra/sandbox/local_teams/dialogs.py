"""The dialogs before people's eyes: one at a time for each, replaced card by card until it closes."""

import copy
from dataclasses import dataclass, field
from typing import Any

from infra.sandbox.changes import Change, Changes
from infra.sandbox.local_teams.model import Conversation, Json, TeamsUser


@dataclass
class OpenDialog:
    user: TeamsUser
    #: Where it was opened: what Teams says the person is in.
    conversation: Conversation
    #: Its command, when it was opened from the compose box or from the menu of a message.
    command_id: str = ""
    #: The message in whose menu it was, as Teams sends it along.
    quoted: Json = field(default_factory=dict)
    title: str = ""
    card: Json = field(default_factory=dict)
    #: What the app answered with instead of a card.
    message: str = ""
    #: What was typed and chosen, by the id of the input.
    values: dict[str, str] = field(default_factory=dict)
    #: What the chosen values were called when they were offered.
    titles: dict[str, str] = field(default_factory=dict)
    #: Teams' own words, when the app gave no answer or one of no use.
    trouble: str = ""
    is_open: bool = True
    #: Counts the cards it has shown.
    version: int = 0


class Dialogs:
    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._open: dict[str, OpenDialog] = {}

    def of(self, user: TeamsUser) -> OpenDialog | None:
        return self._open.get(user.mri)

    def all(self) -> list[OpenDialog]:
        """Those that are open."""
        return list(self._open.values())

    def show(self, dialog: OpenDialog, title: str, card: Json) -> None:
        """A card, the first or the next; its inputs hold what the card says they hold."""
        self._open[dialog.user.mri] = dialog
        dialog.title, dialog.card, dialog.message, dialog.trouble = title, copy.deepcopy(card), "", ""
        dialog.values, dialog.titles = dict(held_at_first(card)), {}
        self._changed("dialog.shown", dialog)

    def say(self, dialog: OpenDialog, message: str) -> None:
        """A line in place of the card."""
        self._open[dialog.user.mri] = dialog
        dialog.card, dialog.values, dialog.message, dialog.trouble = {}, {}, message, ""
        self._changed("dialog.shown", dialog)

    def fill(self, dialog: OpenDialog, values: dict[str, str]) -> None:
        dialog.values.update(values)
        self._changed("dialog.filled", dialog)

    def fail(self, dialog: OpenDialog, trouble: str) -> None:
        """Teams' own words over what stands there."""
        dialog.trouble = trouble
        self._changed("dialog.failed", dialog)

    def close(self, dialog: OpenDialog) -> None:
        dialog.is_open = False
        if self._open.get(dialog.user.mri) is dialog:
            del self._open[dialog.user.mri]
        self._changed("dialog.closed", dialog)

    def _changed(self, kind: str, dialog: OpenDialog) -> None:
        dialog.version += 1
        self._changes.announce(Change(kind, dialog, dialog.user.mri, dialog.conversation.id))


def held_at_first(content: Any) -> list[tuple[str, str]]:
    """The first values of a card's inputs, by id; of a toggle, its value when it is off."""
    if isinstance(content, list):
        return [found for each in content for found in held_at_first(each)]
    if not isinstance(content, dict):
        return []
    found = [held for value in content.values() for held in held_at_first(value)]
    if str(content.get("type", "")).startswith("Input.") and "id" in content:
        off = content.get("valueOff", "false") if content["type"] == "Input.Toggle" else ""
        found.append((content["id"], str(content.get("value", off))))
    return found
