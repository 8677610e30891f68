"""Blocks that this page cannot draw, shown as such: nobody may take a gap for a message."""

import json

from markupsafe import Markup

from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.tags import tag


def undrawn(thing: Json, what: str = "block") -> Markup:
    kind = str(thing.get("type", "?"))
    sent = json.dumps(thing, indent=2, ensure_ascii=False)
    return tag(
        "div",
        tag("strong", f"This page cannot draw a {what} of type “{kind}”. Slack may show it."),
        tag("details", tag("summary", "What was sent"), tag("pre", sent)),
        class_="undrawn",
        role="note",
    )
