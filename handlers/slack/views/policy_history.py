"""The history of policies and settings: ten revisions a page, what each changed, and the way back to any of them."""

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from core.domain.policy_diff import Change, PartChange
from core.services.policies.admin_gate import AdminContext
from core.services.policies.store import HistoryPage, RevisionEntry
from handlers.slack.drawing.message import Message
from handlers.slack.ids import ActionId
from handlers.slack.views import policy_text
from handlers.slack.views.block import actions, button, context, note, section, sections
from handlers.slack.views.policy_preview import revision_line
from handlers.slack.views.policy_text import Speller
from handlers.slack.views.text import name
from handlers.words import sentences
from handlers.words.policy_words import SECTIONS, field_name

_EMPTY = "Nothing was ever changed: these are the settings of a new installation."
_MOST_NAMES, _MOST_FIELDS = 4, 3
_MOST_PARTS, _MOST_PAGES = 20, 20


def build(page: HistoryPage) -> Message:
    """One page, newest first."""
    return Message(_EMPTY if not page.entries else "The history of policies and settings", _blocks(page))


def build_view(page: HistoryPage) -> View:
    """The same as a modal."""
    return note("History", _blocks(page))


def _blocks(page: HistoryPage) -> list[Block]:
    if not page.entries:
        return [section(_EMPTY)]
    last = page.entries[-1].revision.book.revision
    older = button("Older", ActionId.POLICY_HISTORY, str(last), says="Older revisions") if page.more else None
    return [
        section("*History of policies and settings*"),
        *(_row(entry) for entry in page.entries),
        *actions(older, block_id="policy.history"),
    ]


def _row(entry: RevisionEntry) -> Block:
    number = str(entry.revision.book.revision)
    shown = ", ".join(_part(part) for part in entry.changes[:_MOST_NAMES])
    rest = len(entry.changes) - _MOST_NAMES
    changed = f"{shown} and {rest} more" if rest > 0 else shown or "nothing"
    look = button("Look", ActionId.POLICY_REVISION, number, says=f"Look at revision {number}")
    return section(f"{revision_line(entry)}\n{changed}", look)


def _part(part: PartChange) -> str:
    called = name(part.name) if part.name else SECTIONS[part.section]
    if part.change is not Change.CHANGED:
        return f"{called} ({part.change})"
    fields = sentences.names([field_name(each.field) for each in part.fields], _MOST_FIELDS)
    return f"{called} (changed: {fields})"


def build_revision(admin: AdminContext, entry: RevisionEntry) -> View:
    """One revision: what it changed in the one before it; with the way back, unless it holds now."""
    speller = Speller(entry.revision.book, admin.names)
    number = entry.revision.book.revision
    pages = sections(policy_text.changes(entry.changes[:_MOST_PARTS], speller, speller))
    restore = button("Restore", ActionId.POLICY_RESTORE, str(number), says=f"Restore revision {number}")
    holds = number == admin.book.revision
    return note(
        f"Revision {number}",
        [
            section(revision_line(entry)),
            *(pages[:_MOST_PAGES] or [section("It changed nothing.")]),
            *(
                context("… and more changes than fit here")
                if len(pages) > _MOST_PAGES or len(entry.changes) > _MOST_PARTS
                else []
            ),
            *context("This is what holds now." if holds else "Restoring shows first what it would change."),
            *actions(None if holds else restore, button("History", ActionId.POLICY_HISTORY, ""), block_id="revision"),
        ],
    )
