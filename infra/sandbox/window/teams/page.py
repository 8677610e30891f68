"""Teams as one person sees it: the list of conversations, the messages of one of them, the open dialog."""

import datetime as dt
import json
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from infra.sandbox.local_teams.model import CARD, FILE_CONSENT, FILE_INFO, Conversation, Json, Message, TeamsUser
from infra.sandbox.local_teams.reading import said
from infra.sandbox.local_teams.server import LocalTeams


@dataclass(frozen=True)
class Place:
    """One line of the list of conversations."""

    id: str
    name: str
    is_current: bool


@dataclass(frozen=True)
class Offer:
    """A file that the bot offers, or one that it delivered."""

    name: str
    about: str
    #: Empty for one that is only offered.
    address: str = ""


@dataclass(frozen=True)
class TeamsMessage:
    id: str
    conversation_id: str
    author: str
    is_app: bool
    time: str
    iso: str
    text: str
    #: The cards as JSON, for the page to draw.
    cards: tuple[str, ...]
    files: tuple[Offer, ...]
    is_edited: bool
    is_private: bool
    replies: tuple["TeamsMessage", ...] = ()


class TeamsPage:
    """One person's view of a conversation; the 1:1 chat with the bot, where none is named."""

    def __init__(self, teams: LocalTeams, user: TeamsUser, base: str, conversation_id: str = "") -> None:
        self._teams = teams
        self._tenant = teams.tenant
        self._base = base
        self.user = user
        mine = self._tenant.conversations_of(user)
        self.chat = self._tenant.chat(user)
        self.conversation = next((each for each in mine if each.id == conversation_id), self.chat)

    def conversations(self) -> list[Place]:
        """The chat with the bot, then the channels by team and name."""
        channels = [each for each in self._tenant.conversations_of(self.user) if each.kind == "channel"]
        ordered = sorted(channels, key=lambda each: (each.team.name if each.team else "", each.label))
        return [self._place(self.chat, self._tenant.app.name), *(self._place(each, _name(each)) for each in ordered)]

    def days(self) -> list[tuple[str, list[TeamsMessage]]]:
        found = self._tenant.messages.in_conversation(self.conversation.id)
        visible = [each for each in found if each.targeted_to in (None, self.user.mri)]
        roots = [each for each in visible if each.root_id is None]
        days = groupby(roots, key=lambda each: self._local(each).date())
        return [(f"{day:%A, %d %B}", [self._shown(each, visible) for each in some]) for day, some in days]

    def dialog(self) -> Json:
        """The open dialog; empty if none is open."""
        dialog = self._tenant.dialogs.of(self.user)
        if dialog is None:
            return {}
        drawn = json.dumps(dialog.card) if dialog.card else ""
        told: Json = {"title": dialog.title or self._tenant.app.name, "card": drawn}
        return {**told, "message": dialog.message, "trouble": dialog.trouble}

    def context(self) -> dict[str, Any]:
        """For the template."""
        user, here = self.user, self.conversation
        return {
            "conversations": self.conversations(),
            "here": here,
            "title": _name(here) if here.kind == "channel" else self._tenant.app.name,
            "days": self.days(),
            "commands": list(self._tenant.app.compose_commands),
            "message_commands": list(self._tenant.app.message_commands),
            "is_installed": user.installed,
            "has_bot": here.team is None or (here.team.has_bot and here.has_bot),
            "app_name": self._tenant.app.name,
        }

    def _place(self, conversation: Conversation, name: str) -> Place:
        return Place(conversation.id, name, conversation is self.conversation)

    def _shown(self, message: Message, around: list[Message]) -> TeamsMessage:
        author = self._tenant.by_id(message.sender)
        at = self._local(message)
        shown = message.seen_by(self.user.mri)
        return TeamsMessage(
            id=message.id,
            conversation_id=message.conversation_id,
            author=author.real_name if author else self._tenant.app.name,
            is_app=author is None,
            time=f"{at:%H:%M}",
            iso=at.isoformat(timespec="seconds"),
            text=said(message, self.user.time_zone),
            cards=tuple(json.dumps(each["content"]) for each in shown if each["contentType"] == CARD),
            files=tuple(self._offer(each) for each in shown if each["contentType"] in (FILE_CONSENT, FILE_INFO)),
            is_edited=message.version > 0,
            is_private=message.targeted_to is not None,
            replies=tuple(self._shown(each, []) for each in around if each.root_id == message.id),
        )

    def _offer(self, attachment: Json) -> Offer:
        content = attachment["content"]
        if attachment["contentType"] == FILE_CONSENT:
            about = " · ".join(filter(None, [f"{content['sizeInBytes']} bytes", content.get("description", "")]))
            return Offer(attachment["name"], about)
        return Offer(attachment.get("name", ""), "In your OneDrive", f"{self._base}/teams-files/{content['uniqueId']}")

    def _local(self, message: Message) -> dt.datetime:
        return dt.datetime.fromtimestamp(message.at, ZoneInfo(self.user.time_zone))


def _name(conversation: Conversation) -> str:
    return f"{conversation.team.name} › {conversation.label}" if conversation.team else ""
