"""The surroundings that drawing a block depends on."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from infra.sandbox.slack.blockkit.form import Values
from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.reader import Reader


@dataclass(frozen=True)
class HtmlWriter:
    reader: Reader
    #: Of the message or view; ids of the page begin with it.
    place: str
    #: What elements hold, and what stands under inputs in red.
    values: Values = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    #: Of a header block: a Home has nothing between it and the title of the page.
    heading: Literal["h2", "h3"] = "h3"

    def id(self, block: Json, element: Json) -> str:
        """The same as long as Slack's own two ids are."""
        return f"{self.place}-{_short(block.get('block_id', ''), element.get('action_id', ''))}"

    def state(self, block: Json, element: Json) -> Json | None:
        return self.values.get(block.get("block_id", ""), {}).get(element.get("action_id", ""))

    def held(self, block: Json, element: Json) -> str:
        """Another one when the element holds something else: then the page shows that."""
        return _short(json.dumps(self.state(block, element), sort_keys=True))


def shape(element: Json) -> str:
    """Another one when the element itself has become another, whatever it holds: then the page draws it anew."""
    lasting = {name: value for name, value in element.items() if not name.startswith("initial_")}
    return _short(json.dumps(lasting, sort_keys=True))


@dataclass(frozen=True)
class Named:
    """The name and the description of a control."""

    label: str
    #: Of the element that shows the label, where one does.
    label_id: str = ""
    #: Ids of hint and error.
    described_by: str = ""
    invalid: bool = False
    required: bool = False

    def attributes(self) -> dict[str, str | None]:
        return {
            "aria_labelledby": self.label_id or None,
            "aria_label": None if self.label_id else self.label,
            "aria_describedby": self.described_by or None,
            "aria_invalid": "true" if self.invalid else None,
            "aria_required": "true" if self.required else None,
        }


def _short(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()[:10]
