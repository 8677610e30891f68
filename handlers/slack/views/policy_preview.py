"""Before policies are saved: what changes, who gains and loses what, what is touched; then one click."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, DividerBlock, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from core.domain.effects import Effects, Shift, Touched
from core.domain.errors import Field, Refusal
from core.domain.ids import show_request_id
from core.domain.organization import Target
from core.domain.policy_diff import Change, PartChange, Section
from core.domain.policy_faults import LONGEST_WHY, is_about
from core.ports import Conversation
from core.services.drafting import Preview
from core.services.policies import Entry
from handlers import sentences
from handlers.policy_words import SECTIONS, TOUCHES
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views import policy_text
from handlers.slack.views.block import actions, button, context, note, section, sections, words
from handlers.slack.views.numbers import read_number
from handlers.slack.views.policy_text import Speller
from handlers.slack.views.text import name, prose, when

TITLE = "What this changes"
_MOST_PARTS, _MOST_SHIFTS, _MOST_TOUCHED, _MOST_MEANWHILE, _MOST_PAGES = 20, 5, 10, 3, 12
_MOST_FAULTS, _MOST_LINES = 20, 4
_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class PreviewNote:
    """What a preview remembers. ``section`` is None where there is no form to go back to."""

    draft: int
    section: Section | None = None
    name: str = ""

    def dump(self) -> str:
        return json.dumps({"d": self.draft, "s": self.section.value if self.section else "", "n": self.name})

    @classmethod
    def load(cls, text: object) -> "PreviewNote | None":
        """None for anything that ``dump`` did not write."""
        try:
            stored = json.loads(str(text))
            return cls(read_number(stored["d"]), Section(stored["s"]) if stored["s"] else None, str(stored["n"]))
        except (ValueError, TypeError, KeyError):
            return None


def working() -> View:
    """Stands while Identity Center and the chat platform are asked."""
    return note(TITLE, [section("Working out what this changes …")])


def build(preview: Preview, origin: PreviewNote, *, was_outdated: bool = False) -> View:
    """Show a draft; there is nothing to submit when it may not be saved."""
    before, after = Speller(preview.seat.book, preview.seat.names), Speller(preview.draft.book, preview.seat.names)
    may_save = preview.may_be_saved
    back = button("Back to the form", ActionId.POLICY_BACK, origin.dump()) if origin.section else None
    return View(
        type="modal",
        callback_id=CallbackId.PREVIEW.value,
        title=words(TITLE, 24),
        submit=words("Save", 24) if may_save else None,
        close=words("Cancel", 24),
        private_metadata=origin.dump(),
        blocks=[
            *_meanwhile(preview, before, was_outdated=was_outdated),
            *_faults(preview, origin),
            *_changes(preview, before, after),
            DividerBlock(),
            *_effects(preview, after),
            *actions(back, block_id="policy.preview"),
            *([_why()] if may_save else []),
        ],
    )


def _meanwhile(preview: Preview, speller: Speller, *, was_outdated: bool) -> list[Block]:
    if not preview.meanwhile:
        return []
    begin = "⚠️ *Not saved: others were faster.*" if was_outdated else "⚠️ *Others have changed the policies meanwhile.*"
    lines = [f"{begin} What you have typed is still here, on top of theirs. Look at it again, then save."]
    for entry in preview.meanwhile[:_MOST_MEANWHILE]:
        lines += [revision_line(entry), *policy_text.changes(entry.changes[:5], speller, speller)]
    rest = len(preview.meanwhile) - _MOST_MEANWHILE
    more = context(f"and {rest} earlier revisions, see the history") if rest > 0 else []
    return [*sections(lines)[:3], *more, DividerBlock()]


def revision_line(entry: Entry) -> str:
    """``Revision 12 · Erin Gray · today at 14:02 · “a second approver”``."""
    revision = entry.revision
    said = policy_text.why(revision.why)
    return f"Revision {revision.book.revision} · {name(revision.author.name)} · {when(revision.at)} · {said}"


def _faults(preview: Preview, origin: PreviewNote) -> list[Block]:
    """What is impossible, part by part, each with the way to where it is mended; then what belongs to none."""
    left = list(preview.faults[:_MOST_FAULTS])
    blocks: list[Block] = []
    for part in preview.changes:
        found = [fault for fault in left if is_about(fault, part.section, part.name)]
        if found and part.change is not Change.REMOVED:
            left = [fault for fault in left if fault not in found]
            blocks.append(_fault_of(part, found, preview.draft.id, origin))
    blocks += sections([_fault_line(fault) for fault in left])[:5]
    return [section("*This cannot be saved:*"), *blocks[:_MOST_FAULTS], DividerBlock()] if preview.faults else []


def _fault_of(part: PartChange, found: Sequence[Refusal], draft: int, origin: PreviewNote) -> Block:
    there = PreviewNote(draft, part.section, part.name)
    is_here = (origin.section, origin.name) == (there.section, there.name)
    edit = button("Edit", ActionId.POLICY_BACK, there.dump(), says=f"Edit {part.name or SECTIONS[part.section]}")
    return section("\n".join(map(_fault_line, found[:_MOST_LINES])), None if is_here else edit)


def _fault_line(fault: Refusal) -> str:
    return f"⛔ {_where(fault.policies)}{prose(sentences.refusal(fault), 500)}"


def _where(policies: Sequence[str]) -> str:
    return f"{name(policies[0])}: " if len(policies) == 1 else ""


def _changes(preview: Preview, before: Speller, after: Speller) -> list[Block]:
    if not preview.changes:
        return [section("Nothing changes: this is what holds already.")]
    shown = policy_text.changes(preview.changes[:_MOST_PARTS], before, after)
    rest = len(preview.changes) - _MOST_PARTS
    pages = sections(shown)
    more = rest > 0 or len(pages) > _MOST_PAGES
    return [*pages[:_MOST_PAGES], *(context("… and more changes than fit here") if more else [])]


def _effects(preview: Preview, speller: Speller) -> list[Block]:
    done = preview.effects
    blocks = [
        *_shifts("➕ *Will be able to ask for*", done.gained, speller),
        *_shifts("➖ *Will no longer be able to ask for*", done.lost, speller),
        *_shifts("🔓 *No longer need approval for*", done.freed, speller),
        *_shifts("🔒 *Will need approval for*", done.bound, speller),
        *_touched(done.touched),
        *_undecidable(done, speller),
    ]
    nothing = section("Nobody gains or loses access, and no pending request is touched.")
    return [*(blocks or [nothing]), *_channels(preview)]


def _shifts(title: str, shifts: Sequence[Shift], speller: Speller) -> list[Block]:
    if not shifts:
        return []
    lines = [f"• {_people(shift, speller)}: {_targets(shift, speller)}" for shift in shifts[:_MOST_SHIFTS]]
    rest = shifts[_MOST_SHIFTS:]
    more = f"• and {sum(len(shift.people) for shift in rest)} more people, with fewer targets each" if rest else ""
    return list(sections([title, *lines, more]))[:2]


def _people(shift: Shift, speller: Speller) -> str:
    called = sorted(map(speller.names.person, shift.people), key=str.casefold)
    shown = prose(sentences.names(called, _PEOPLE), 400)
    return f"{shown} ({len(called)} people)" if len(called) > _PEOPLE else shown


def _targets(shift: Shift, speller: Speller) -> str:
    shown = ", ".join(speller.target(Target(t.account, t.permission_set)) for t in shift.examples)
    rest = shift.targets - len(shift.examples)
    return f"{shown} and {rest} more {'target' if rest == 1 else 'targets'}" if rest > 0 else shown


def _touched(touched: Sequence[Touched]) -> list[Block]:
    if not touched:
        return []
    lines = [_touched_line(each) for each in touched[:_MOST_TOUCHED]]
    rest = len(touched) - _MOST_TOUCHED
    begin = f"⏳ *{len(touched)} pending {'request is' if len(touched) == 1 else 'requests are'} touched*"
    return list(sections([begin, *lines, f"• and {rest} more" if rest > 0 else ""]))[:2]


def _touched_line(touched: Touched) -> str:
    request, approvals = touched.request, "1 approval" if touched.quorum == 1 else f"{touched.quorum} approvals"
    how = "; ".join(TOUCHES[touch].format(approvals=approvals) for touch in touched.how)
    about = f"{name(request.permission_set_name)} in {name(request.account_name)}"
    return f"• {show_request_id(request.id)} of {name(request.requester_name)}, {about}: {how}"


def _undecidable(done: Effects, speller: Speller) -> list[Block]:
    if not done.undecidable:
        return []
    found = speller.several(Field.ACCOUNTS, done.undecidable, 10)
    begin = "⚠️ *Access can be asked for, and nobody, or too few people, could approve it*"
    return list(sections([begin, f"in {found}. Requests there are refused until an approval policy covers them."]))


def _channels(preview: Preview) -> list[Block]:
    """Whether a card can be posted where it is to be posted from then on."""
    told = (
        ("The bot can post in {channels}.", preview.posts),
        ("The bot is not in {channels} yet. It joins when you save.", preview.joins),
    )
    return [section(f"💬 {said.format(channels=_called(channels))}") for said, channels in told if channels]


def _called(channels: Sequence[Conversation]) -> str:
    return prose(sentences.names([f"#{channel.name or channel.id}" for channel in channels]), 1000)


def _why() -> Block:
    return InputBlock(
        label=words("Why", 100),
        block_id=BlockId.WHY.value,
        element=PlainTextInputElement(
            action_id=ActionId.PICK.value,
            multiline=True,
            max_length=LONGEST_WHY,
            placeholder=words("What this is for", 150),
        ),
        hint=words("Kept with the revision, and in the audit trail.", 200),
    )


def typed_why(view: Mapping[str, Any]) -> str:
    """What was typed into **Why**."""
    values = (view.get("state") or {}).get("values") or {}
    return str(((values.get(BlockId.WHY.value) or {}).get(ActionId.PICK.value) or {}).get("value") or "").strip()


def saved(revision: int) -> View:
    """After the click."""
    list_button = button("All policies", ActionId.POLICIES, "0")
    return note("Saved", [section(f"✅ Saved. Revision {revision} holds, from now on and everywhere.", list_button)])


def refused(sentence: str, origin: PreviewNote | None) -> View:
    """Instead of a preview; with the way back to what was typed, where there is one."""
    back = button("Back to the form", ActionId.POLICY_BACK, origin.dump()) if origin and origin.section else None
    return note(TITLE, [section(f"⛔ {prose(sentence)}"), *actions(back, block_id="policy.preview")])
