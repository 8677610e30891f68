"""Images: named by their alternative text. Nothing is fetched from elsewhere, so the picture itself stays away."""

from urllib.parse import urlsplit

from markupsafe import Markup

from infra.sandbox.slack.model import Json
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import EMPTY, tag
from infra.sandbox.window.drawing.texts import draw_text


def draw_image(image: Json, reader: Reader, *, small: bool = False) -> Markup:
    alt = image["alt_text"]
    if small:
        return tag("span", "🖼️", role="img", aria_label=alt, title=alt, class_="small-image")
    host = urlsplit(image.get("image_url", "")).hostname or "Slack's files"
    title = tag("figcaption", draw_text(image["title"], reader)) if image.get("title") else EMPTY
    frame = tag(
        "div",
        tag("span", "🖼️", aria_hidden="true"),
        tag("span", alt),
        tag("span", f"Slack loads this picture from {host}. This page loads nothing from elsewhere.", class_="about"),
    )
    return tag("figure", title, frame, class_="image")
