"""Short ways to write the few kinds of blocks that the views are made of."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from core.domain.durations import SHORTEST
from core.domain.ids import show_request_id
from core.domain.request import Request, digest
from handlers.screens.clean import plain
from handlers.screens.shown import Shown
from handlers.slack.ids import ActionId, CallbackId
from handlers.slack.views.text import SECTION, quote

MOST_FIELDS = 10
SHORTER = "Approve for a shorter time"


def markdown(text: str) -> MarkdownTextObject:
    """``verbatim``: Slack makes no links of what looks like an address or a channel."""
    return MarkdownTextObject(text=text, verbatim=True)


def words(text: str, limit: int = 2000) -> PlainTextObject:
    return PlainTextObject(text=plain(text, limit), emoji=False)


def section(text: str, button: ButtonElement | None = None, *, block_id: str | None = None) -> SectionBlock:
    return SectionBlock(text=markdown(text), accessory=button, block_id=block_id)


def sections(lines: Sequence[str]) -> list[Block]:
    """As few sections as hold all lines."""
    pages: list[str] = []
    for line in filter(None, lines):
        if pages and len(pages[-1]) + 1 + len(line) <= SECTION:
            pages[-1] += f"\n{line}"
        else:
            pages.append(line)
    return [section(page) for page in pages]


def heading(title: str) -> Block:
    return HeaderBlock(text=words(title, 150))


def facts(pairs: Sequence[tuple[str, str]]) -> list[Block]:
    """Labelled facts in two columns; the labels are ours, the values are made by ``text``."""
    shown = [markdown(f"*{label}*\n{value}") for label, value in pairs if value]
    return [SectionBlock(fields=shown[i : i + MOST_FIELDS]) for i in range(0, len(shown), MOST_FIELDS)]


def quoted(label: str, text: str) -> list[Block]:
    """Somebody's own words under a label."""
    pieces = quote(text, SECTION - len(label) - 4)
    return [section(f"*{label}*\n{piece}" if index == 0 else piece) for index, piece in enumerate(pieces)]


def context(*texts: str) -> list[Block]:
    shown = [markdown(text) for text in texts if text]
    return [ContextBlock(elements=shown)] if shown else []


def button(
    label: str,
    action: ActionId,
    value: str,
    *,
    says: str = "",
    style: str | None = None,
) -> ButtonElement:
    """``says`` is what a screen reader reads instead of the label: the label, whole, and what is acted on."""
    return ButtonElement(
        text=words(label, 75),
        action_id=action.value,
        value=value,
        style=style,
        accessibility_label=plain(says, 75) if says else None,
    )


def open_link(label: str, url: str) -> ButtonElement:
    return ButtonElement(text=words(label, 75), action_id=ActionId.OPEN_LINK.value, url=url)


def about(request: Request) -> str:
    """The value of a button about a request: its id and the fingerprint of what is shown (rule 13)."""
    return str(Shown(request.id, digest(request)))


def request_button(label: str, action: ActionId, request: Request, style: str | None = None) -> ButtonElement:
    return button(label, action, about(request), says=f"{label} {show_request_id(request.id)}", style=style)


def revoke_button(request: Request) -> ButtonElement:
    """Ends somebody else's access, live or approved: opens a form, which asks for the reason."""
    return _ending(request, "Revoke", f"Revoke {show_request_id(request.id)}")


def end_button(request: Request) -> ButtonElement:
    """Ends the reader's own live access: the same act as Revoke."""
    return _ending(request, "End now", f"End now: {show_request_id(request.id)}")


def withdraw_button(request: Request) -> ButtonElement:
    """Takes back the reader's own request before it has begun."""
    return request_button("Withdraw", ActionId.CANCEL, request)


def _ending(request: Request, label: str, says: str) -> ButtonElement:
    return button(label, ActionId.REVOKE, about(request), says=says, style="danger")


def shorten_button(request: Request) -> ButtonElement | None:
    """Approves for less than was asked for; nothing where that is the least there is.

    A screen reader says its label first: who speaks to the screen says what they read (WCAG 2.5.3).
    """
    if request.duration <= SHORTEST:
        return None
    return button(SHORTER, ActionId.SHORTEN, about(request), says=f"{SHORTER}: {show_request_id(request.id)}")


def actions(*buttons: ButtonElement | None, block_id: str | None = None) -> list[Block]:
    present = [each for each in buttons if each is not None]
    return [ActionsBlock(elements=present, block_id=block_id)] if present else []


def option(label: str, value: str, description: str = "") -> Option:
    return Option(
        text=words(label if plain(label, 75) else value, 75),
        value=value,
        description=words(description, 75) if plain(description, 75) else None,
    )


def note(title: str, blocks: Sequence[Block], *, metadata: str = "") -> View:
    """A modal that only says something."""
    return View(
        type="modal",
        callback_id=CallbackId.NOTE.value,
        title=words(title, 24),
        close=words("Close", 24),
        blocks=list(blocks),
        private_metadata=metadata,
    )
