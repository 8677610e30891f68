"""The body of a message: blocks or text, attachments, files."""

from markupsafe import Markup

from infra.sandbox.slack.model import File, Json, Message
from infra.sandbox.window.drawing.blocks import draw_blocks
from infra.sandbox.window.drawing.html_writer import HtmlWriter
from infra.sandbox.window.drawing.mrkdwn import mrkdwn
from infra.sandbox.window.drawing.reader import Reader
from infra.sandbox.window.drawing.tags import EMPTY, tag


def draw_message_body(message: Message, reader: Reader) -> Markup:
    writer = HtmlWriter(reader, f"m-{message.ts.replace('.', '-')}")
    said = (
        draw_blocks(message.blocks, writer)
        if message.blocks
        else tag("div", mrkdwn(message.text, reader, verbatim=False), class_="words")
        if message.text
        else EMPTY
    )
    attachments = [_attachment(each, writer) for each in message.attachments]
    files = [_file(reader.workspace.files[each], reader) for each in message.files]
    return EMPTY.join([said, *attachments, *files])


def _attachment(attachment: Json, writer: HtmlWriter) -> Markup:
    if attachment.get("blocks"):
        return tag("div", draw_blocks(attachment["blocks"], writer), class_="attachment")
    text = str(attachment.get("text") or attachment.get("fallback") or "")
    return tag("div", mrkdwn(text, writer.reader, verbatim=False), class_="attachment words")


def _file(file: File, reader: Reader) -> Markup:
    size = f"{file.length:,} bytes" if file.length < 1024 else f"{file.length / 1024:,.0f} kB"
    kind = file.name.rpartition(".")[2].upper()
    return tag(
        "div",
        tag("span", "📄", aria_hidden="true", class_="kind"),
        tag("span", tag("strong", file.title or file.name), tag("span", f"{kind} · {size}", class_="about")),
        tag(
            "a",
            "Download",
            href=f"{reader.base}/files/{file.id}",
            download=file.name,
            class_="button",
            aria_label=f"Download {file.name}",
        ),
        class_="file",
    )
