"""The history of policies and settings: ten revisions a page, what each changed, and the way back to any of them."""

from core.domain.policy_diff import Change, PartChange
from core.services.policies.admin_gate import AdminContext
from core.services.policies.store import HistoryPage, RevisionEntry
from handlers.screens import policy_text
from handlers.screens.ids import ActionId
from handlers.screens.parts import Button, Heading, Part, aside, buttons, lines, row
from handlers.screens.policy_preview import revision_line
from handlers.screens.policy_text import Speller
from handlers.screens.screen import Message, Screen, message, note
from handlers.screens.spans import Text, joined, name, text
from handlers.words import sentences
from handlers.words.policy_words import SECTIONS, field_name

_EMPTY = "Nothing was ever changed: these are the settings of a new installation."
_CUT = "… and more changes than fit here"
_MOST_NAMES, _MOST_FIELDS = 4, 3
_MOST_PARTS, _MOST_PAGES = 20, 20


def build(page: HistoryPage) -> Message:
    """One page, newest first."""
    return message(_EMPTY if not page.entries else "The history of policies and settings", _parts(page))


def build_screen(page: HistoryPage) -> Screen:
    """The same as a screen."""
    return note("History", _parts(page))


def _parts(page: HistoryPage) -> list[Part]:
    if not page.entries:
        return [row(_EMPTY)]
    last = page.entries[-1].revision.book.revision
    older = Button("Older", ActionId.POLICY_HISTORY, str(last), spoken="Older revisions") if page.more else None
    return [
        Heading("History of policies and settings"),
        *(_row(entry) for entry in page.entries),
        buttons(older, id="policy.history"),
    ]


def _row(entry: RevisionEntry) -> Part:
    number = str(entry.revision.book.revision)
    shown = joined(", ", map(_part, entry.changes[:_MOST_NAMES]))
    rest = len(entry.changes) - _MOST_NAMES
    changed = text(shown, " and ", rest, " more") if rest > 0 else shown or "nothing"
    look = Button("Look", ActionId.POLICY_REVISION, number, spoken=f"Look at revision {number}")
    return row(revision_line(entry), "\n", changed, button=look)


def _part(part: PartChange) -> Text:
    called = name(part.name) if part.name else SECTIONS[part.section]
    if part.change is not Change.CHANGED:
        return text(called, f" ({part.change})")
    fields = sentences.names([field_name(each.field) for each in part.fields], _MOST_FIELDS)
    return text(called, f" (changed: {fields})")


def build_revision(admin: AdminContext, entry: RevisionEntry) -> Screen:
    """One revision: what it changed in the one before it; with the way back, unless it holds now."""
    speller = Speller(entry.revision.book, admin.names)
    number = entry.revision.book.revision
    told = policy_text.changes(entry.changes[:_MOST_PARTS], speller, speller)
    more = len(entry.changes) > _MOST_PARTS
    changed = lines(*told, most=_MOST_PAGES, cut="" if more else _CUT) if told else row("It changed nothing.")
    restore = Button("Restore", ActionId.POLICY_RESTORE, str(number), spoken=f"Restore revision {number}")
    holds = number == admin.book.revision
    return note(
        f"Revision {number}",
        [
            row(revision_line(entry)),
            changed,
            aside(_CUT if more else ""),
            aside("This is in effect now." if holds else "Restoring shows first what it would change."),
            buttons(None if holds else restore, Button("History", ActionId.POLICY_HISTORY, ""), id="revision"),
        ],
    )
