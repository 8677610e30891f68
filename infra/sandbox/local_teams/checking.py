"""Teams' checks of a message: its size, its text, its attachments and its recipient."""

import json
from typing import Any

from infra.sandbox.local_teams.card_check import problems
from infra.sandbox.local_teams.model import CARD, FILE_CONSENT, FILE_INFO, Conversation, Json, TeamsApp
from infra.sandbox.local_teams.refusal import RefusedError

MESSAGE_MOST = 100 * 1024
"""Bytes of the whole activity, counted as UTF-16. Source: Microsoft's page "Format your bot messages"."""


def check_size(body: str) -> None:
    if len(body.encode("utf-16-le")) > MESSAGE_MOST:
        raise RefusedError(413, "MessageSizeTooBig", "Message size too large.")


def checked_content(activity: Json, conversation: Conversation, app: TeamsApp) -> Json:
    """The content of a message, for `Messages`, after Teams has judged it."""
    if activity.get("type") != "message":
        raise RefusedError(400, "BadSyntax", f"An activity of type {activity.get('type')!r} can't be sent.")
    attachments = activity.get("attachments") or []
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise RefusedError(400, "BadSyntax", "attachments is no list of attachments.")
    if not activity.get("text") and not attachments:
        raise RefusedError(400, "BadSyntax", "A message has a text or an attachment.")
    for each in attachments:
        _check_attachment(each, conversation, app)
    return {
        "text": str(activity.get("text") or ""),
        "text_format": str(activity.get("textFormat") or "markdown"),
        "attachments": attachments,
        "entities": list(activity.get("entities") or []),
        "summary": str(activity.get("summary") or ""),
        "channel_data": dict(activity.get("channelData") or {}),
    }


def card_problems(card: Any) -> list[str]:
    """The problems of a card; empty if Teams takes all of it."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        return [f"no Adaptive Card: {json.dumps(card)[:80]}"]
    return problems(card)


def _check_attachment(attachment: Json, conversation: Conversation, app: TeamsApp) -> None:
    kind = attachment.get("contentType")
    if kind == CARD:
        found = card_problems(attachment.get("content"))
        if found:
            raise RefusedError(400, "BadArgument", "; ".join(found))
    elif kind == FILE_CONSENT:
        if conversation.kind != "personal" or not app.files:
            raise RefusedError(400, "BadArgument", "Files are sent in the 1:1 chat of an app that supports files.")
        content = attachment.get("content") or {}
        if not attachment.get("name") or not isinstance(content.get("sizeInBytes"), int):
            raise RefusedError(400, "BadArgument", "A file consent card has a name and a size.")
    elif kind == FILE_INFO:
        content = attachment.get("content") or {}
        if not attachment.get("contentUrl") or not content.get("uniqueId") or not content.get("fileType"):
            raise RefusedError(400, "BadArgument", "A file card has contentUrl, uniqueId and fileType.")
    else:
        raise RefusedError(400, "BadArgument", f"No attachment of type {kind!r} is known here.")
