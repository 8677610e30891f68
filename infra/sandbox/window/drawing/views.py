"""Modals and the Home tab."""

from dataclasses import replace

from markupsafe import Markup

from infra.sandbox.slack.model import Json, View
from infra.sandbox.window.drawing.blocks import draw_blocks
from infra.sandbox.window.drawing.html_writer import HtmlWriter
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import EMPTY, tag
from infra.sandbox.window.drawing.texts import words


def draw_modal(view: View, reader: Reader, *, depth: int = 1) -> Markup:
    """The form on top; `depth` counts the modals of the stack."""
    payload = view.payload
    close = tag(
        "button",
        tag("span", "×", aria_hidden="true"),
        type="button",
        class_="cross",
        aria_label="Close" if depth == 1 else "Close all",
        data_do="close-all",
    )
    trouble = tag("p", view.trouble, class_="trouble", role="alert") if view.trouble else EMPTY
    problems = tag("p", _problems(len(view.errors)), class_="sr", role="alert") if view.errors else EMPTY
    return tag(
        "form",
        tag("header", tag("h2", view.title, id="modal-title", tabindex="-1"), close),
        tag("div", trouble, problems, draw_blocks(view.blocks, _writer(view, reader)), class_="blocks"),
        tag("footer", *_ends(payload)),
        data_view=view.id,
        data_hash=view.hash,
        novalidate=True,
        autocomplete="off",
    )


def draw_home(view: View, reader: Reader) -> Markup:
    trouble = tag("p", view.trouble, class_="trouble", role="alert") if view.trouble else EMPTY
    writer = replace(_writer(view, reader), heading="h2")
    return tag("div", trouble, draw_blocks(view.blocks, writer), class_="blocks", data_view=view.id)


def _writer(view: View, reader: Reader) -> HtmlWriter:
    return HtmlWriter(reader, view.id, view.values, view.errors)


def _problems(count: int) -> str:
    return "One field needs another look." if count == 1 else f"{count} fields need another look."


def _ends(payload: Json) -> list[Markup]:
    """The buttons at the foot: Slack writes its own words where the app gave none."""
    close = words(payload.get("close")) or ("Cancel" if payload.get("submit") else "Close")
    buttons = [tag("button", close, type="button", class_="button", data_do="close")]
    if payload.get("submit"):
        disabled = bool(payload.get("submit_disabled"))
        buttons.append(
            tag("button", words(payload["submit"]), type="submit", class_="button primary", disabled=disabled)
        )
    return buttons
