"""Activities that the bot sends, with a card or a file, and its answers to invokes (Bot Framework, activity schema)."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

CARD = "application/vnd.microsoft.card.adaptive"
CONSENT = "application/vnd.microsoft.teams.card.file.consent"
FILE = "application/vnd.microsoft.teams.card.file.info"
_SAID = "application/vnd.microsoft.activity.message"
_FOUND = "application/vnd.microsoft.search.searchResponse"


def message(summary: str, attachment: Json) -> Json:
    """``summary`` is what a notification reads. Text never travels with it in one activity.

    Teams splits an activity with both in two, and then tells no id (learn.microsoft.com, "Send and receive messages").
    """
    return {"type": "message", "summary": summary, "attachments": [attachment]}


def card_message(summary: str, card: Json) -> Json:
    return message(summary, {"contentType": CARD, "content": card})


def file_offer(summary: str, name: str, size: int, context: Json) -> Json:
    """Asks whether a file may be sent; ``context`` comes back with the answer. ``size`` in bytes."""
    content = {"description": summary, "sizeInBytes": size, "acceptContext": context, "declineContext": context}
    return message(summary, {"contentType": CONSENT, "name": name, "content": content})


def file_message(summary: str, name: str, url: str, unique_id: str, file_type: str) -> Json:
    """A file that was uploaded to where somebody had accepted it."""
    content = {"uniqueId": unique_id, "fileType": file_type}
    return message(summary, {"contentType": FILE, "contentUrl": url, "name": name, "content": content})


# --- answers to invokes (Microsoft Teams, universal actions, dialogs, dynamic search) ---------------


def card_answer(card: Json) -> Json:
    """A card in the place of the one that was pressed."""
    return {"statusCode": 200, "type": CARD, "value": card}


def line_answer(sentence: str) -> Json:
    """A line under the card that was pressed, as plain words."""
    return {"statusCode": 200, "type": _SAID, "value": sentence}


def dialog_answer(title: str, card: Json) -> Json:
    """A dialog, or another card in the one that is open."""
    value = {"title": title, "width": "medium", "height": "large", "card": {"contentType": CARD, "content": card}}
    return {"task": {"type": "continue", "value": value}}


def dialog_line_answer(sentence: str) -> Json:
    """A sentence in the place of the dialog, as plain words."""
    return {"task": {"type": "message", "value": sentence}}


def choices_answer(results: list[Json]) -> Json:
    """The choices of a type-ahead: ``title`` and ``value`` of each."""
    return {"statusCode": 200, "type": _FOUND, "value": {"results": results}}
