"""Activities of Teams as flows read them: the sender, the press or the words, and the filled inputs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.domain.people import ChatUser
from core.domain.platforms import TEAMS
from core.ports import MessageRef
from handlers.bot_connector.activities import CHANNEL, PERSONAL, Activity, TeamsConversation, others_mentioned, words_of
from handlers.flows.platform import ButtonPress, FormSubmission, OptionsQuery, TypedCommand
from handlers.teams import wire
from handlers.teams.drawing.filled import read_asked, read_filled
from handlers.words.subcommands import HOME, SUBCOMMANDS

NOWHERE = TeamsConversation("")
OWN = "own"
"""In the data of a button: it stands in an answer to one person, which nobody keeps up to date.

Believed in the 1:1 chat, where nobody else posts. In a channel anybody's card may say so: there it is a message.
"""
PRESS, _NONCE = "press:", 16
"""The beginning of a press's key, and how many digits of its fingerprint follow: keys are one's own."""
_WORDS = frozenset(each.word for each in (*SUBCOMMANDS, HOME))


@dataclass(frozen=True, slots=True)
class TeamsSender:
    """The person who acted, where, and the ways to answer. ``way_back``: a message to them that may be replaced."""

    chat_user: ChatUser
    key: str = ""
    way_back: str = ""
    mri: str = ""
    zone: str = ""
    conversation: TeamsConversation = NOWHERE
    typed_in_channel: bool = False

    def by_way_of(self, way_back: str) -> "TeamsSender":
        return replace(self, way_back=way_back)


def read_sender(activity: Activity, tenant: str) -> TeamsSender:
    """A person without an object id in Entra is known by the id that Teams gave: the directory says what it is."""
    user = activity.sender.entra or activity.sender.mri
    return TeamsSender(
        chat_user=ChatUser(platform=TEAMS, team=tenant, user=user),
        key=f"teams:{activity.conversation.id}:{activity.id}",
        mri=activity.sender.mri,
        zone=activity.zone,
        conversation=activity.conversation,
        typed_in_channel=activity.kind == "message" and activity.conversation.kind == CHANNEL,
    )


def read_command(activity: Activity, sender: TeamsSender, mention: str) -> TypedCommand:
    """In the 1:1 chat, or behind a mention of the bot: ``mention`` may be typed in front without being one."""
    words = words_of(activity)
    if words.casefold().startswith(mention.casefold()):
        words = words[len(mention) :]
    return TypedCommand.read(_without_slash(words), sender, *others_mentioned(activity))


def _without_slash(words: str) -> str:
    """People who use Slack too type as there: ``/team request`` is ``request``, and so is ``/request``."""
    word, _, rest = words.strip().partition(" ")
    if not word.startswith("/"):
        return words
    return f"{word[1:]} {rest}" if word[1:].casefold() in _WORDS else rest


def read_presser(activity: Activity, tenant: str, data: object) -> TeamsSender:
    """The person who pressed a button, which may stand in a message that is replaced by the answer."""
    sender, at = read_sender(activity, tenant), _pressed_in(activity, data)
    return replace(sender, way_back=f"{activity.conversation.id}/{at}") if _is_own(data) and at else sender


def read_button_press(
    activity: Activity, sender: TeamsSender, data: object, now: datetime, *, nonce: str = ""
) -> ButtonPress:
    """``data`` is what the button carries, with what was filled in around it.

    Teams sends a press again after 15 seconds: it is the same when it was made at the same moment, and one that
    somebody makes once more is another. ``nonce``: of the press that a dialog is named after, done again.
    """
    sent, pressed_in = wire.read_sent(data), _pressed_in(activity, data)
    moment = activity.sent_at or activity.id
    about = (sender.chat_user.user, activity.conversation.id, pressed_in, data, moment)
    return ButtonPress(
        sender=sender,
        action_id=sent.act,
        value=sent.value,
        key=PRESS + (nonce or _fingerprint(*about)[:_NONCE]),
        filled=read_filled(data, now),
        group=sent.group,
        message=None if _is_alone(activity, data) else _message(activity.conversation.id, pressed_in),
        screen=sent.place.screen,
        in_home=sent.place.on_home,
    )


def _is_own(data: object) -> bool:
    return isinstance(data, dict) and data.get(OWN) is True


def _is_alone(activity: Activity, data: object) -> bool:
    """True for a private answer that nobody but the bot could have posted."""
    return activity.conversation.kind == PERSONAL and _is_own(data)


def _pressed_in(activity: Activity, data: object) -> str:
    """The message of the button; empty for one in a dialog."""
    return "" if wire.read_sent(data).place.screen else activity.reply_to


def read_way_back(way_back: str) -> MessageRef | None:
    """The message that ``way_back`` stands for."""
    conversation, _, message = way_back.partition("/")
    return _message(conversation, message)


def _message(conversation: str, message: str) -> MessageRef | None:
    return MessageRef(TEAMS, conversation, message) if conversation and message else None


def read_submission(sender: TeamsSender, data: object, now: datetime) -> FormSubmission:
    sent = wire.read_sent(data)
    screen = sent.place.screen
    return FormSubmission(
        sender=sender,
        form=sent.form,
        key=f"form:{_fingerprint(sender.chat_user.user, screen, data)}",
        filled=read_filled(data, now),
        screen_id=screen,
    )


def read_options_query(value: Mapping[str, Any], sender: TeamsSender, now: datetime) -> OptionsQuery:
    asked, typed = wire.read_dataset(value.get("dataset")), value.get("queryText")
    return OptionsQuery(sender, asked.act, typed if isinstance(typed, str) else "", read_asked(value, now))


def _fingerprint(*about: object) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]
