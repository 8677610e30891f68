"""Every block of a message or view in plain words, as one person would read it."""

from collections.abc import Mapping
from typing import Any

from infra.sandbox.slack.blockkit.form import HOLDS, Values, held
from infra.sandbox.slack.model import Json, Message, User, View
from infra.sandbox.slack.reading.mrkdwn import spoken
from infra.sandbox.slack.reading.rich_text import spoken_rich_text
from infra.sandbox.slack.workspace import Workspace

RULE = "─" * 40


class TextRenderer:
    def __init__(self, workspace: Workspace, reader: User) -> None:
        self._workspace = workspace
        self._reader = reader

    def message(self, message: Message) -> str:
        """The body of a message, under its author's name."""
        parts = [self.blocks(message.blocks) if message.blocks else self.mrkdwn(message.text)]
        parts += [self._attachment(each) for each in message.attachments]
        parts += [f"[file: {self._workspace.files[each].name}]" for each in message.files]
        return "\n".join(part for part in parts if part)

    def notification(self, message: Message) -> str:
        """The text on a phone's lock screen and by a screen reader."""
        return self.mrkdwn(message.text)

    def view(self, view: View) -> str:
        """A modal or Home, with what was filled in, errors and trouble."""
        parts = [view.title, view.trouble and f"⚠ {view.trouble}", self.form(view)]
        buttons = [view.payload.get(name) for name in ("close", "submit")]
        if view.type == "modal":
            parts.append(" ".join(f"[ {each['text']} ]" for each in buttons if each))
        return "\n".join(part for part in parts if part)

    def form(self, view: View) -> str:
        return self.blocks(view.blocks, view.values, view.errors)

    def blocks(self, blocks: list[Json], values: Values | None = None, errors: Mapping[str, str] | None = None) -> str:
        lines = []
        for block in blocks:
            lines.append(self.block(block, values or {}))
            error = (errors or {}).get(block.get("block_id", ""))
            lines.append(f"  ✗ {error}" if error else "")
        return "\n".join(line for line in lines if line)

    def block(self, block: Json, values: Values) -> str:
        """One block in words."""
        state = values.get(block.get("block_id", ""), {})
        match block["type"]:
            case "section":
                return self._section(block, state)
            case "header" | "alert":
                return self.text(block["text"])
            case "context" | "actions" | "context_actions":
                return " ".join(self._element(each, state) for each in block["elements"])
            case "input":
                return self._input(block, state)
            case "divider":
                return RULE
            case other:
                return self._picture(other, block, values)

    def text(self, text: Json | None) -> str:
        """A text object; markup is read only where it was declared."""
        if not text:
            return ""
        if text["type"] != "mrkdwn":
            return str(text["text"])
        return self.mrkdwn(text["text"], verbatim=bool(text.get("verbatim")))

    def mrkdwn(self, text: str, *, verbatim: bool = True) -> str:
        return spoken(text, self._workspace, self._reader, verbatim=verbatim)

    def chosen(self, element: Json, state: Json | None) -> str:
        """The value of an element, in words; empty if there is none."""
        value = held(element, state) if state else None
        if element["type"] == "datetimepicker" and value is not None:
            return self.mrkdwn(f"<!date^{value}^{{date_short_pretty}} {{time}}|{value}>")
        return ", ".join(self._named(each) for each in (value if isinstance(value, list) else [value]) if each)

    def _section(self, block: Json, state: dict[str, Json]) -> str:
        lines = [self.text(block.get("text")), *(self.text(each) for each in block.get("fields", ()))]
        if block.get("accessory"):
            lines[-1] += f"  {self._element(block['accessory'], state)}"
        return "\n".join(line for line in lines if line)

    def _input(self, block: Json, state: dict[str, Json]) -> str:
        element = block["element"]
        optional = " (optional)" if block.get("optional") else ""
        line = f"{self.text(block['label'])}{optional}: {self._element(element, state)}"
        hint = self.text(block.get("hint"))
        return f"{line}\n  {hint}" if hint else line

    def _picture(self, kind: str, block: Json, values: Values) -> str:
        """The blocks that show things."""
        if kind == "rich_text":
            return spoken_rich_text(block, self._workspace, self._reader)
        if kind == "image":
            return f"[image: {block['alt_text']}]"
        if kind in ("table", "data_table"):
            rows = [" | ".join(self._cell(each) for each in row) for row in block["rows"]]
            return "\n".join([*filter(None, [block.get("caption")]), *rows])
        if kind == "container":
            return "\n".join([self.text(block.get("title")), self.blocks(block["child_blocks"], values)])
        if kind == "carousel":
            return "\n".join(self._card(each) for each in block["elements"])
        return self._card(block) if kind == "card" else str(block.get("text", ""))

    def _card(self, card: Json) -> str:
        lines = [self.text(card.get(name)) for name in ("title", "subtitle", "body")]
        lines.append(" ".join(self._element(each, {}) for each in card.get("actions", ())))
        return "\n".join(line for line in lines if line)

    def _cell(self, cell: Json) -> str:
        if cell["type"] == "rich_text":
            return spoken_rich_text(cell, self._workspace, self._reader)
        return str(cell.get("text") or cell.get("value") or "")

    def _element(self, element: Json, state: dict[str, Json]) -> str:
        kind = element["type"]
        if kind in ("mrkdwn", "plain_text"):
            return self.text(element)
        if kind == "image":
            return f"[image: {element['alt_text']}]"
        if kind == "overflow":
            return f"[ ⋯ {' | '.join(self.text(each['text']) for each in element['options'])} ]"
        if kind in ("checkboxes", "radio_buttons"):
            return self._boxes(element, state.get(element.get("action_id", "")))
        if kind in HOLDS:
            chosen = self.chosen(element, state.get(element.get("action_id", "")))
            return f"[ {chosen or self.text(element.get('placeholder'))} ]"
        return f"[ {self.text(element.get('text'))} ]"

    def _boxes(self, element: Json, state: Json | None) -> str:
        value = held(element, state) if state else None
        ticked = [each["value"] for each in (value if isinstance(value, list) else [value]) if each]
        marks = []
        for option in element["options"]:
            mark = "x" if option["value"] in ticked else " "
            marks.append(f"({mark}) {self.text(option['text'])}")
        return " ".join(marks)

    def _attachment(self, attachment: Json) -> str:
        if attachment.get("blocks"):
            return self.blocks(attachment["blocks"])
        return self.mrkdwn(str(attachment.get("text") or attachment.get("fallback") or ""))

    def _named(self, value: Any) -> str:
        if isinstance(value, dict):
            return (
                self.text(value["text"]) if "text" in value else spoken_rich_text(value, self._workspace, self._reader)
            )
        user, channel = self._workspace.users.get(str(value)), self._workspace.channels.get(str(value))
        if user is not None:
            return f"@{user.real_name}"
        return f"#{channel.name}" if channel is not None else str(value)
