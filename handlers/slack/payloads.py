"""The few fields of Slack's payloads that are read, as frozen values. Names in payloads are never read (rule 6)."""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.domain.people import ChatUser
from core.domain.platforms import SLACK
from core.ports import MessageRef
from handlers.flows.platform import ButtonPress, FormSubmission, OptionsQuery, ShortcutUse, TypedCommand
from handlers.slack.drawing.filled import read_filled

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SlackSender:
    """The sender of something, and the ways to answer."""

    chat_user: ChatUser
    response_url: str = ""
    trigger_id: str = ""
    channel: str = ""

    @property
    def key(self) -> str:
        return self.trigger_id

    @property
    def way_back(self) -> str:
        return self.response_url

    def by_way_of(self, way_back: str) -> "SlackSender":
        return replace(self, response_url=way_back)


def read_command(body: Body) -> TypedCommand:
    """``/team word rest``."""
    text = str(body.get("text") or "")
    return TypedCommand.read(_as_typed(text), read_typist(body), tuple(_MENTION.findall(text)))


def read_typist(body: Body) -> SlackSender:
    """The sender of a command."""
    return SlackSender(
        chat_user=ChatUser(SLACK, str(body["team_id"]), str(body["user_id"])),
        response_url=str(body.get("response_url") or ""),
        trigger_id=str(body.get("trigger_id") or ""),
        channel=str(body.get("channel_id") or ""),
    )


_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_REFERENCE = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


def _as_typed(text: str) -> str:
    """A person's text after a command, before Slack made links and ids of it (``should_escape``)."""
    return html.unescape(_REFERENCE.sub(_reference, text))


def _reference(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if target.startswith(("@", "#")):
        return f"{target[0]}{label}" if label else target
    return label or target.removeprefix("mailto:")


def read_button_press(body: Body) -> ButtonPress:
    action, view = body["actions"][0], body.get("view") or {}
    sender = read_sender(body)
    return ButtonPress(
        sender=sender,
        action_id=str(action["action_id"]),
        value=_value(action),
        key=f"press:{sender.trigger_id}:{action['action_id']}:{_value(action)}",
        filled=read_filled(view),
        group=str(action.get("block_id") or ""),
        message=_message(body),
        screen=str(view.get("id") or ""),
        in_home=view.get("type") == "home",
        screen_version=str(view.get("hash") or "") or None,
    )


def read_submission(body: Body) -> FormSubmission:
    view = body["view"]
    return FormSubmission(
        sender=read_sender(body),
        form=str(view["callback_id"]),
        key=f"form:{view['id']}:{_fingerprint(view)}",
        filled=read_filled(view),
        screen_id=str(view["id"]),
    )


def read_shortcut(body: Body) -> ShortcutUse:
    """A global shortcut has no message, and a message without text (a file, say) has no words."""
    message = body.get("message") or {}
    sender, ts = read_sender(body), str(message.get("ts") or "")
    place = MessageRef(SLACK, sender.channel, ts) if sender.channel and ts else None
    return ShortcutUse(sender, str(body["callback_id"]), _as_typed(str(message.get("text") or "")), place)


def read_options_query(body: Body) -> OptionsQuery:
    filled = read_filled(body.get("view") or {})
    return OptionsQuery(read_sender(body), str(body["action_id"]), str(body.get("value") or ""), filled)


def read_sender(body: Body) -> SlackSender:
    """The workspace is the one that the payload was sent from; whose member the user is, the profile tells."""
    user, team = body["user"], body.get("team") or {}
    channel = body.get("channel") or body.get("container") or {}
    return SlackSender(
        chat_user=ChatUser(SLACK, str(team.get("id") or user.get("team_id") or ""), str(user["id"])),
        response_url=str(body.get("response_url") or ""),
        trigger_id=str(body.get("trigger_id") or ""),
        channel=str(channel.get("id") or channel.get("channel_id") or ""),
    )


def read_enterprise(body: Body) -> str:
    """The enterprise that something was sent from; empty where Slack names none."""
    named = (body.get("enterprise") or {}).get("id") or (body.get("team") or {}).get("enterprise_id")
    return str(named or body.get("enterprise_id") or "")


def _value(action: Body) -> str:
    chosen = action.get("selected_option") or {}
    return str(action.get("value") or chosen.get("value") or "")


def _message(body: Body) -> MessageRef | None:
    container = body.get("container") or {}
    channel, message = container.get("channel_id"), container.get("message_ts")
    if not channel or not message or container.get("is_ephemeral"):
        return None
    return MessageRef(SLACK, str(channel), str(message))


def _fingerprint(view: Body) -> str:
    state = json.dumps(view.get("state") or {}, sort_keys=True)
    return hashlib.sha256(state.encode()).hexdigest()[:24]
