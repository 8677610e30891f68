"""The few fields of Slack's payloads that are read, as frozen values. Names in payloads are never read (rule 6)."""

import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.domain.errors import NotFound
from core.domain.people import ChatUser
from core.domain.platforms import SLACK
from core.ports import MessageRef
from handlers.screens.filled import Filled
from handlers.slack.drawing.filled import read_filled

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
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

    def by_way_of(self, way_back: str) -> "Sender":
        return replace(self, response_url=way_back)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """``/team word rest``. ``mentioned``: ids of the users in it, in order; in the text they are ``@name``."""

    sender: Sender
    word: str
    rest: str
    mentioned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button, or a choice in a form. ``message`` is the message it stands in, ``view`` the modal or Home."""

    sender: Sender
    action_id: str
    value: str
    key: str
    message: MessageRef | None = None
    view: Body | None = None
    group: str = ""

    @property
    def filled(self) -> Filled:
        """The answers in its view."""
        return read_filled(self.view or {})

    @property
    def in_home(self) -> bool:
        return self.view is not None and self.view.get("type") == "home"

    @property
    def screen_version(self) -> str | None:
        return str((self.view or {}).get("hash") or "") or None

    @property
    def in_screen(self) -> bool:
        return self.view is not None and self.view.get("type") == "modal"

    @property
    def screen_id(self) -> str:
        """The view that it stands in. NotFound: what belongs in a form was pressed somewhere else."""
        if self.view is None or not self.view.get("id"):
            raise NotFound
        return str(self.view["id"])


@dataclass(frozen=True, slots=True)
class FormSubmission:
    """A modal that was sent. ``key`` is the same when the same form is delivered twice."""

    sender: Sender
    view: Body
    key: str

    @property
    def filled(self) -> Filled:
        return read_filled(self.view)

    @property
    def screen_id(self) -> str:
        return str(self.view["id"])


@dataclass(frozen=True, slots=True)
class OptionsQuery:
    """The text that somebody types into a type-ahead."""

    sender: Sender
    action_id: str
    typed: str
    view: Body

    @property
    def filled(self) -> Filled:
        return read_filled(self.view)


def read_command(body: Body) -> SlashCommand:
    user = ChatUser(SLACK, str(body["team_id"]), str(body["user_id"]))
    sender = Sender(
        user, str(body.get("response_url") or ""), str(body.get("trigger_id") or ""), str(body.get("channel_id") or "")
    )
    text = str(body.get("text") or "")
    word, _, rest = _as_typed(text).strip().partition(" ")
    return SlashCommand(sender, word.casefold(), rest.strip(), tuple(_MENTION.findall(text)))


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
    action = body["actions"][0]
    sender = read_sender(body)
    return ButtonPress(
        sender=sender,
        action_id=str(action["action_id"]),
        value=_value(action),
        key=f"press:{sender.trigger_id}:{action['action_id']}:{_value(action)}",
        message=_message(body),
        view=body.get("view"),
        group=str(action.get("block_id") or ""),
    )


def read_submission(body: Body) -> FormSubmission:
    view = body["view"]
    sender = read_sender(body)
    return FormSubmission(sender, view, f"form:{view['id']}:{_fingerprint(view)}")


def read_options_query(body: Body) -> OptionsQuery:
    return OptionsQuery(read_sender(body), str(body["action_id"]), str(body.get("value") or ""), body.get("view") or {})


def read_sender(body: Body) -> Sender:
    """The workspace is the one that the payload was sent from; whose member the user is, the profile tells."""
    user, team = body["user"], body.get("team") or {}
    channel = body.get("channel") or body.get("container") or {}
    return Sender(
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
