"""The few fields that are read of what Teams sends, as frozen values. Names in it are never read (rule 6).

The body is not signed: what stands in it is believed as far as its sender is, whose token has been checked.
A field that is read here and holds something else than Teams documents makes the whole body no activity.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from handlers.web_api.shapes import fields, is_stored_whole, is_text, list_of

Body: TypeAlias = Mapping[str, Any]

PERSONAL, CHANNEL, GROUP = "personal", "channel", "groupChat"
"""Kinds of conversations, as Teams names them."""
LONGEST_ID = 512
"""Characters of an id: Teams' own are far shorter, and all of them are stored."""


class NoActivityError(Exception):
    """A body that is nothing Teams sends."""


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """``mri``: the id by which the bot may address it, another one for each bot. ``entra``: its object id."""

    mri: str = ""
    entra: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """``text`` is how it stands in the message: ``<at>name</at>``."""

    mri: str
    text: str


@dataclass(frozen=True, slots=True)
class TeamsConversation:
    """The conversation of an activity. ``id`` is without the message that a reply belongs to; ``thread`` is with it."""

    id: str
    kind: str = PERSONAL
    thread: str = ""
    team: str = ""
    team_name: str = ""
    team_group: str = ""
    """The id of the team's group in Entra."""
    channel: str = ""
    """The channel that an event is about."""
    channel_name: str = ""
    channel_type: str = ""
    """``standard``, ``shared`` or ``private``; empty where it is not told."""

    @property
    def root(self) -> str:
        """The message that a thread in a channel hangs on."""
        return self.thread.partition(";messageid=")[2]


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing that happened. What Teams left out is empty."""

    kind: str
    """Its ``type``: ``message``, ``invoke``, ``conversationUpdate``, ``installationUpdate``, or one that is new."""
    id: str = ""
    sent_at: str = ""
    """The moment of the act, as Teams writes it: the same when it is sent again."""
    name: str = ""
    """The name of the invoke."""
    channel_id: str = ""
    service_url: str = ""
    tenants: frozenset[str] = frozenset()
    """Every tenant that it names, in lower case."""
    sender: ChannelAccount = ChannelAccount()
    recipient: ChannelAccount = ChannelAccount()
    conversation: TeamsConversation = TeamsConversation("")
    text: str = ""
    mentions: tuple[Mention, ...] = ()
    zone: str = ""
    """The sender's time zone, as an IANA name."""
    event: str = ""
    """The event of a team or channel (``teamDeleted``, ``channelRenamed`` …)."""
    action: str = ""
    """``add`` or ``remove`` of an installation, and what else Teams calls it."""
    added: tuple[ChannelAccount, ...] = ()
    removed: tuple[ChannelAccount, ...] = ()
    reply_to: str = ""
    """The message whose button was pressed."""
    value: Body = field(default_factory=dict)
    """The content of an invoke."""


def read_activity(body: bytes) -> Activity:
    """NoActivityError for whatever is none."""
    try:
        found = json.loads(body)
        if not _ACTIVITY(found):
            raise NoActivityError
    except (ValueError, RecursionError):
        raise NoActivityError from None
    return _activity(found)


def _activity(body: Body) -> Activity:
    data = body.get("channelData") or {}
    talk, value = body.get("conversation") or {}, body.get("value")
    entities = body.get("entities") or ()
    told = (talk.get("tenantId"), (data.get("tenant") or {}).get("id"))
    return Activity(
        kind=_said(body, "type"),
        id=_said(body, "id"),
        sent_at=_said(body, "timestamp"),
        name=_said(body, "name"),
        channel_id=_said(body, "channelId"),
        service_url=_said(body, "serviceUrl"),
        tenants=frozenset(str(each).lower() for each in told if each),
        sender=_account(body.get("from")),
        recipient=_account(body.get("recipient")),
        conversation=_conversation(talk, data),
        text=_said(body, "text"),
        mentions=tuple(_mention(each) for each in entities if each.get("type") == "mention"),
        zone=_zone(body, entities),
        event=_said(data, "eventType"),
        action=_said(body, "action"),
        added=tuple(map(_account, body.get("membersAdded") or ())),
        removed=tuple(map(_account, body.get("membersRemoved") or ())),
        reply_to=_said(body, "replyToId"),
        value=value if isinstance(value, dict) else {},
    )


def _said(body: Body, name: str) -> str:
    return str(body.get(name) or "")


def _account(found: Body | None) -> ChannelAccount:
    known = found or {}
    return ChannelAccount(_said(known, "id"), (_said(known, "aadObjectId") or _said(known, "objectId")).lower())


def _conversation(talk: Body, data: Body) -> TeamsConversation:
    thread, channel, team = _said(talk, "id"), data.get("channel") or {}, data.get("team") or {}
    return TeamsConversation(
        id=thread.partition(";")[0],
        kind=_said(talk, "conversationType") or (CHANNEL if channel or team else PERSONAL),
        thread=thread,
        team=_said(team, "id"),
        team_name=_said(team, "name"),
        team_group=_said(team, "aadGroupId"),
        channel=_said(channel, "id"),
        channel_name=_said(channel, "name"),
        channel_type=_said(channel, "type"),
    )


def _mention(entity: Body) -> Mention:
    return Mention(_said(entity.get("mentioned") or {}, "id"), _said(entity, "text"))


def _zone(body: Body, entities: Any) -> str:
    told = [_said(each, "timezone") for each in entities if each.get("type") == "clientInfo"]
    return _said(body, "localTimezone") or next(filter(None, told), "")


# --- what was typed --------------------------------------------------------------------------------

_AT = re.compile(r"<at[^<>]*>([^<>]*)</at>", re.IGNORECASE)
_SPACE = re.compile(r"[\s\u200b\ufeff]+")


def words_of(activity: Activity) -> str:
    """The text typed to the bot, without the mention of it; other people who are mentioned appear as ``@name``."""
    text = activity.text
    for mention in activity.mentions:
        if mention.text and mention.mri == activity.recipient.mri:
            text = text.replace(mention.text, " ")
    return _plain(text)


def _plain(text: str) -> str:
    named = _AT.sub(lambda found: f"@{found[1]}", text)
    return _SPACE.sub(" ", named.replace("&nbsp;", " ")).strip()


def others_mentioned(activity: Activity) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of whoever else is mentioned, in order, and how each is named in the words: ``@Bob Kahn``."""
    others = [each for each in activity.mentions if each.mri and each.mri != activity.recipient.mri]
    return tuple(each.mri for each in others), tuple(_plain(each.text) for each in others)


# --- shapes ----------------------------------------------------------------------------------------


def _id(found: object) -> bool:
    return is_text(found) and len(str(found)) <= LONGEST_ID


_ACCOUNT = fields(id=_id, aadObjectId=_id, objectId=_id)
_CHANNEL_DATA = fields(
    tenant=fields(id=_id),
    team=fields(id=_id, name=is_text, aadGroupId=_id),
    channel=fields(id=_id, name=is_text, type=_id),
    eventType=_id,
)
_ENTITY = fields(type=is_text, text=is_text, timezone=_id, mentioned=fields(id=_id))
_ACTIVITY = fields(
    "type",
    **dict.fromkeys(("type", "id", "timestamp", "name", "channelId", "serviceUrl"), _id),
    **dict.fromkeys(("replyToId", "action", "localTimezone"), _id),
    **{"from": _ACCOUNT},
    recipient=_ACCOUNT,
    conversation=fields(id=_id, conversationType=_id, tenantId=_id),
    channelData=_CHANNEL_DATA,
    text=is_text,
    entities=list_of(_ENTITY),
    membersAdded=list_of(_ACCOUNT),
    membersRemoved=list_of(_ACCOUNT),
    value=is_stored_whole,
)
"""The fields read of an activity, whatever its type (Bot Framework, activity schema)."""
