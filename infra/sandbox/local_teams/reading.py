"""A card, or a whole message, as lines of text: what a person reads of it, from top to bottom."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.sandbox.local_teams.markup import as_typed, plain
from infra.sandbox.local_teams.model import CARD, FILE_CONSENT, FILE_INFO, Json, Message

_NOTHING: Mapping[str, str] = {}


class CardReader:
    """Reads for one person, whose zone decides what the time functions say.

    ``values`` hold what was filled in, ``titles`` what the chosen values are called where the card doesn't say it.
    """

    def __init__(
        self, card: Json, zone: str, values: Mapping[str, str] = _NOTHING, titles: Mapping[str, str] = _NOTHING
    ) -> None:
        self._card = card
        self._zone = zone
        self._values = values
        self._titles = titles
        self._entities = (card.get("msteams") or {}).get("entities") or []
        self._kinds: Mapping[str, Callable[[Json], Iterator[str]]] = {
            "TextBlock": self._text_block,
            "RichTextBlock": self._rich_text,
            "FactSet": self._facts,
            "Container": self._container,
            "Column": self._container,
            "ColumnSet": self._columns,
            "Table": self._table,
            "ActionSet": self._action_set,
            "Image": self._image,
            "ImageSet": self._images,
            "Badge": self._badge,
            "CodeBlock": self._code,
            "ProgressBar": self._nothing,
        }

    def lines(self) -> list[str]:
        found = [line for each in self._card.get("body", ()) for line in self.element(each)]
        return [*found, *self._actions(self._card.get("actions", ()))]

    def text(self) -> str:
        return "\n".join(self.lines())

    def element(self, element: Json) -> list[str]:
        """One element and what is in it; nothing of what is hidden."""
        if element.get("isVisible") is False:
            return []
        kind = str(element.get("type"))
        if kind.startswith("Input."):
            return [self._input(element)]
        draw = self._kinds.get(kind)
        return list(draw(element)) if draw else [f"[Teams can't draw: {kind}]"]

    def words(self, text: str) -> str:
        return plain(text, self._zone, self._entities)

    def held(self, element: Json) -> str:
        """The value of an input, in words."""
        value = self._values.get(element.get("id", ""), str(element.get("value", "")))
        if element["type"] == "Input.Toggle":
            return "x" if value == str(element.get("valueOn", "true")) else " "
        if element["type"] != "Input.ChoiceSet" or not value:
            return value
        names = {each["value"]: str(each["title"]) for each in element.get("choices", ())}
        chosen = value.split(",") if element.get("isMultiSelect") else [value]
        return ", ".join(names.get(each) or self._titles.get(each, each) for each in chosen)

    def _text_block(self, element: Json) -> Iterator[str]:
        yield from self.words(str(element.get("text", ""))).splitlines()

    def _rich_text(self, element: Json) -> Iterator[str]:
        runs = (each if isinstance(each, str) else str(each.get("text", "")) for each in element.get("inlines", ()))
        yield from as_typed("".join(runs), self._entities).splitlines()

    def _facts(self, element: Json) -> Iterator[str]:
        for fact in element.get("facts", ()):
            yield f"{self.words(fact['title']).rstrip(':')}: {self.words(fact['value'])}"

    def _container(self, element: Json) -> Iterator[str]:
        for each in element.get("items", ()):
            yield from self.element(each)

    def _columns(self, element: Json) -> Iterator[str]:
        """Side by side where each is one line, else one below the other."""
        columns = [self.element({"type": "Column", **each}) for each in element.get("columns", ())]
        if all(len(each) <= 1 for each in columns):
            yield "  ".join(line for each in columns for line in each)
        else:
            yield from (line for each in columns for line in each)

    def _table(self, element: Json) -> Iterator[str]:
        for row in element.get("rows", ()):
            cells = (" ".join(self._container(cell)) for cell in row.get("cells", ()))
            yield " | ".join(cells)

    def _action_set(self, element: Json) -> Iterator[str]:
        yield from self._actions(element.get("actions", ()))

    def _image(self, element: Json) -> Iterator[str]:
        yield f"[image: {element.get('altText', '')}]"

    def _images(self, element: Json) -> Iterator[str]:
        for each in element.get("images", ()):
            yield from self._image(each)

    def _badge(self, element: Json) -> Iterator[str]:
        yield f"({element.get('text', '')})"

    def _code(self, element: Json) -> Iterator[str]:
        yield from str(element.get("codeSnippet", "")).splitlines()

    def _nothing(self, _element: Json) -> Iterator[str]:
        yield from ()

    def _actions(self, actions: Any) -> Iterator[str]:
        shown = [each for each in actions if each.get("isVisible") is not False]
        if shown:
            yield " ".join(f"[ {each.get('title') or each.get('tooltip', '')} ]" for each in shown)
        for each in shown:
            if each["type"] == "Action.ShowCard":
                yield from CardReader(each["card"], self._zone, self._values, self._titles).lines()

    def _input(self, element: Json) -> str:
        label = self.words(str(element.get("label") or element.get("title") or element.get("placeholder") or ""))
        held = self.held(element) or str(element.get("placeholder", ""))
        return f"{label}: [ {held} ]"


def message_text(message: Message, mri: str, zone: str, values: Mapping[str, str] = _NOTHING) -> str:
    """A message as one person's client shows it."""
    lines = said(message, zone).splitlines()
    for each in message.seen_by(mri):
        lines += _attached(each, zone, values)
    return "\n".join(lines)


def notification(message: Message, app_name: str) -> str:
    """The text on a lock screen."""
    if message.summary or message.text:
        return message.summary or said(message, "Etc/UTC")
    return f"{app_name} sent a card"


def said(message: Message, zone: str) -> str:
    if message.text_format == "plain":
        return as_typed(message.text, message.entities)
    return plain(message.text, zone, message.entities)


def _attached(attachment: Json, zone: str, values: Mapping[str, str]) -> list[str]:
    match attachment["contentType"]:
        case "application/vnd.microsoft.card.adaptive":
            return CardReader(attachment["content"], zone, values).lines()
        case "application/vnd.microsoft.teams.card.file.consent":
            content = attachment["content"]
            about = [str(content["description"])] if content.get("description") else []
            return [f"[file: {attachment['name']}, {content['sizeInBytes']} bytes]", *about, "[ Allow ] [ Decline ]"]
        case "application/vnd.microsoft.teams.card.file.info":
            return [f"[file: {attachment.get('name', '')}]"]
        case _:
            return [f"[Teams can't draw: {json.dumps(attachment)[:80]}]"]


def cards(attachments: list[Json]) -> list[Json]:
    return [each["content"] for each in attachments if each["contentType"] == CARD]


def files(attachments: list[Json]) -> list[Json]:
    return [each for each in attachments if each["contentType"] in (FILE_CONSENT, FILE_INFO)]
