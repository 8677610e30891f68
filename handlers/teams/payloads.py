"""What somebody did in Teams, as flows want to know it: who, what was pressed or typed, and what was filled in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.domain.errors import NotFound
from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import MessageRef
from handlers.bot_connector.activities import CHANNEL, Activity, TeamsConversation, others_mentioned, words_of
from handlers.screens.filled import Filled
from handlers.teams import wire
from handlers.teams.drawing.filled import read_asked, read_filled
from handlers.teams.wire import Sent

NOWHERE = TeamsConversation("")
OWN = "own"
"""In the data of a button: it stands in an answer to one person, which nobody keeps up to date."""
SENT_AGAIN_WITHIN = timedelta(minutes=5)
"""How long the same press of the same person is the same: Teams sends one again after 15 seconds."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who did something, where, and the ways to answer. ``way_back``: a message to this person that may be replaced."""

    chat_user: ChatUser
    key: str = ""
    way_back: str = ""
    mri: str = ""
    zone: str = ""
    conversation: TeamsConversation = NOWHERE
    typed_in_channel: bool = False

    def by_way_of(self, way_back: str) -> "Sender":
        return replace(self, way_back=way_back)


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """``word rest``, in the 1:1 chat or behind a mention of the bot."""

    sender: Sender
    word: str
    rest: str
    mentioned: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        return f"{self.word} {self.rest}".strip()


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button that was pressed: in a dialog, on Home or in a message."""

    sender: Sender
    sent: Sent
    key: str
    filled: Filled
    message: MessageRef | None = None

    @property
    def action_id(self) -> str:
        return self.sent.act

    @property
    def value(self) -> str:
        return self.sent.value

    @property
    def group(self) -> str:
        return self.sent.group

    @property
    def in_screen(self) -> bool:
        return bool(self.sent.place.screen)

    @property
    def in_home(self) -> bool:
        return self.sent.place.on_home

    @property
    def screen_id(self) -> str:
        """The dialog that it stands in. NotFound: what belongs in a form was pressed somewhere else."""
        if not self.in_screen:
            raise NotFound
        return self.sent.place.screen

    @property
    def screen_version(self) -> str | None:
        """A dialog of Teams is changed by nobody but whoever fills it in."""
        return None


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """A dialog that was sent. ``key`` is the same when the same one is delivered twice."""

    sender: Sender
    form: str
    key: str
    filled: Filled
    screen_id: str


@dataclass(frozen=True, slots=True)
class OptionsQuery:
    """What somebody types into a type-ahead."""

    sender: Sender
    action_id: str
    typed: str
    filled: Filled


def read_sender(activity: Activity, tenant: str) -> Sender:
    """Whoever has no object id in Entra is known by the id that Teams gave: the directory says what it is."""
    user = activity.sender.entra or activity.sender.mri
    return Sender(
        chat_user=ChatUser(platform=TEAMS, team=tenant, user=user),
        key=f"teams:{activity.conversation.id}:{activity.id}",
        mri=activity.sender.mri,
        zone=activity.zone,
        conversation=activity.conversation,
        typed_in_channel=activity.kind == "message" and activity.conversation.kind == CHANNEL,
    )


def read_command(activity: Activity, sender: Sender, mention: str) -> TypedCommand:
    """``mention`` may be typed in front without being one."""
    words = words_of(activity)
    if words.casefold().startswith(mention.casefold()):
        words = words[len(mention) :].strip()
    return command_of(words, sender, others_mentioned(activity))


def command_of(words: str, sender: Sender, mentioned: tuple[str, ...] = ()) -> TypedCommand:
    word, _, rest = words.partition(" ")
    return TypedCommand(sender, word.casefold(), rest.strip(), mentioned)


def read_button_press(activity: Activity, sender: Sender, data: object, now: datetime) -> ButtonPress:
    """``data`` is what the button carries, with what was filled in around it."""
    sent, is_own = wire.read_sent(data), isinstance(data, dict) and data.get(OWN) is True
    pressed_in = "" if sent.place.screen else activity.reply_to
    while_same = "" if sent.place.screen else str(now.timestamp() // SENT_AGAIN_WITHIN.total_seconds())
    about = (sender.chat_user.user, activity.conversation.id, pressed_in, data, while_same)
    return ButtonPress(
        sender=replace(sender, way_back=f"{activity.conversation.id}/{pressed_in}" if is_own and pressed_in else ""),
        sent=sent,
        key=f"press:{_fingerprint(*about)}",
        filled=read_filled(data, now),
        message=None if is_own else _message(activity.conversation.id, pressed_in),
    )


def read_way_back(way_back: str) -> MessageRef | None:
    """The message that ``way_back`` stands for."""
    conversation, _, message = way_back.partition("/")
    return _message(conversation, message)


def _message(conversation: str, message: str) -> MessageRef | None:
    return MessageRef(TEAMS, conversation, message) if conversation and message else None


def read_submission(sender: Sender, data: object, now: datetime) -> FormSubmission:
    sent = wire.read_sent(data)
    screen = sent.place.screen
    return FormSubmission(
        sender=sender,
        form=sent.form,
        key=f"form:{_fingerprint(sender.chat_user.user, screen, data)}",
        filled=read_filled(data, now),
        screen_id=screen,
    )


def read_options_query(value: Mapping[str, Any], sender: Sender, now: datetime) -> OptionsQuery:
    asked, typed = wire.read_dataset(value.get("dataset")), value.get("queryText")
    return OptionsQuery(sender, asked.act, typed if isinstance(typed, str) else "", read_asked(value, now))


def _fingerprint(*about: object) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]
