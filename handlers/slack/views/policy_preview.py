"""Before policies are saved: what changes, who gains and loses what, what is touched; then one click."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, DividerBlock, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from core.domain.errors import Field, Refusal
from core.domain.outcome import Outcome, Result
from core.domain.policy_diff import Change, PartChange, Section
from core.domain.policy_validation import LONGEST_WHY, capped, is_about, not_served, out_of_reach
from core.ports import Conversation, Proposal
from core.services.policies.drafts import DraftPreview
from core.services.policies.store import RevisionEntry
from handlers.screens.numbers import read_number
from handlers.slack.ids import ActionId, BlockId, CallbackId
from handlers.slack.views import policy_text
from handlers.slack.views.block import actions, button, context, note, section, sections, words
from handlers.slack.views.policy_text import Speller
from handlers.slack.views.text import name, prose, when
from handlers.words import impact_words, policy_words, sentences
from handlers.words.policy_words import SECTIONS

TITLE = "What this changes"
WAITING = "Waits for approval"
_MOST_PARTS, _MOST_MEANWHILE, _MOST_PAGES = 20, 3, 12
_MOST_FAULTS, _MOST_LINES = 20, 4


@dataclass(frozen=True, slots=True)
class PreviewNote:
    """What a preview remembers. ``section`` is None where there is no form to go back to.

    ``deletes``: somebody asked for a deletion, and it is called one all the way.
    """

    draft: int
    section: Section | None = None
    name: str = ""
    deletes: bool = False

    def dump(self) -> str:
        section = self.section.value if self.section else ""
        return json.dumps({"d": self.draft, "s": section, "n": self.name, "x": self.deletes})

    @classmethod
    def load(cls, text: object) -> "PreviewNote | None":
        """None for anything that ``dump`` did not write."""
        try:
            stored = json.loads(str(text))
            section = Section(stored["s"]) if stored["s"] else None
            return cls(read_number(stored["d"]), section, str(stored["n"]), stored.get("x") is True)
        except (ValueError, TypeError, KeyError):
            return None


def working() -> View:
    """Stands while Identity Center and the chat platform are asked."""
    return note(TITLE, [section("Working out what this changes …")])


def build(preview: DraftPreview, origin: PreviewNote, *, was_outdated: bool = False) -> View:
    """Show a draft; there is nothing to submit when it may not be saved."""
    before, after = Speller(preview.admin.book, preview.admin.names), Speller(preview.draft.book, preview.admin.names)
    may_save, deletes = preview.may_be_saved, origin.deletes and _is_deletion(preview.changes)
    back = button("Back to the form", ActionId.POLICY_BACK, origin.dump()) if origin.section else None
    return View(
        type="modal",
        callback_id=CallbackId.PREVIEW.value,
        title=words(_deletion_title(preview.changes) if deletes else TITLE, 24),
        submit=words(_submit(preview, deletes=deletes), 24) if may_save else None,
        close=words("Cancel", 24),
        private_metadata=origin.dump(),
        blocks=[
            *_meanwhile(preview, before, was_outdated=was_outdated),
            *_faults(preview, origin),
            *_changes(preview, before, after),
            *_caps(preview),
            *_out_of_reach(preview, after),
            *_not_served(preview),
            *_empty_groups(preview, after),
            DividerBlock(),
            *_effects(preview, after),
            *_second_admin(preview),
            *actions(back, block_id="policy.preview"),
            *([_why()] if may_save else []),
        ],
    )


def _submit(preview: DraftPreview, *, deletes: bool) -> str:
    if preview.waits:
        return "Send for approval"
    return "Delete" if deletes else "Save"


def _second_admin(preview: DraftPreview) -> list[Block]:
    if not preview.waits or not preview.may_be_saved:
        return []
    return [section(f"🔐 Another admin has to approve this: {policy_words.waits_because(preview.waits)}.")]


def waiting(preview: DraftPreview, proposal: Proposal) -> View:
    """A change that waits for a second admin, whole, for whoever decides about it; its author may take it back."""
    before, after = Speller(preview.admin.book, preview.admin.names), Speller(preview.draft.book, preview.admin.names)
    is_own = proposal.author.principal_id == preview.admin.person.id
    number = str(proposal.id)
    return note(
        WAITING,
        [
            section(waiting_line(proposal)),
            *_faults(preview, PreviewNote(preview.draft.id)),
            *_changes(preview, before, after),
            *_caps(preview),
            *_out_of_reach(preview, after),
            *_not_served(preview),
            *_empty_groups(preview, after),
            DividerBlock(),
            *_effects(preview, after),
            *_second_admin(preview),
            *(context("This is your own change: another admin has to approve it.") if is_own else []),
            *actions(
                None if is_own else button("Approve", ActionId.CHANGE_APPROVE, number, style="primary"),
                button("Reject", ActionId.CHANGE_REJECT, number, style="danger"),
                block_id="change.decide",
            ),
        ],
    )


def waiting_line(proposal: Proposal) -> str:
    """Who wants it, why, and until when it waits."""
    said = policy_text.why(proposal.why)
    return f"{name(proposal.author.name)} · {said} · waits until {when(proposal.expires_at)}"


def _is_deletion(changes: Sequence[PartChange]) -> bool:
    """Whether policies go, and nothing else changes."""
    return bool(changes) and all(part.change is Change.REMOVED for part in changes)


def _deletion_title(changes: Sequence[PartChange]) -> str:
    """As much of it as a title takes; the policy is named whole below."""
    return f"Delete {changes[0].name}?" if len(changes) == 1 else f"Delete {len(changes)} policies?"


def _meanwhile(preview: DraftPreview, speller: Speller, *, was_outdated: bool) -> list[Block]:
    if not preview.meanwhile:
        return []
    begin = "⚠️ *Not saved: others were faster.*" if was_outdated else "⚠️ *Others have changed the policies meanwhile.*"
    lines = [f"{begin} What you have typed is still here, on top of theirs. Look at it again, then save."]
    for entry in preview.meanwhile[:_MOST_MEANWHILE]:
        lines += [revision_line(entry), *policy_text.changes(entry.changes[:5], speller, speller)]
    rest = len(preview.meanwhile) - _MOST_MEANWHILE
    more = context(f"and {rest} earlier revisions, see the history") if rest > 0 else []
    return [*sections(lines)[:3], *more, DividerBlock()]


def revision_line(entry: RevisionEntry) -> str:
    """``Revision 12 · Erin Gray · today at 14:02 · “a second approver”``."""
    revision = entry.revision
    said = policy_text.why(revision.why)
    return f"Revision {revision.book.revision} · {name(revision.author.name)} · {when(revision.at)} · {said}"


def _faults(preview: DraftPreview, origin: PreviewNote) -> list[Block]:
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


def _changes(preview: DraftPreview, before: Speller, after: Speller) -> list[Block]:
    if not preview.changes:
        return [section("Nothing changes: this is what holds already.")]
    shown = policy_text.changes(preview.changes[:_MOST_PARTS], before, after)
    rest = len(preview.changes) - _MOST_PARTS
    pages = sections(shown)
    more = rest > 0 or len(pages) > _MOST_PAGES
    return [*pages[:_MOST_PAGES], *(context("… and more changes than fit here") if more else [])]


def _caps(preview: DraftPreview) -> list[Block]:
    """Policies that say more than the global maximum: told where this change makes it so."""
    cap, was = preview.draft.book.settings.max_duration, preview.admin.book
    known = set(capped(was)) if was.settings.max_duration == cap else set()
    lines = [
        f"⚠️ {prose(policy_words.capped(called, promised, cap), 400)}"
        for called, promised in capped(preview.draft.book)
        if (called, promised) not in known
    ]
    rest = len(lines) - _MOST_LINES
    return sections([*lines[:_MOST_LINES], f"and {rest} more policies are capped so" if rest > 0 else ""])


def _out_of_reach(preview: DraftPreview, speller: Speller) -> list[Block]:
    """Sets that could not be granted, of policies that this change makes or changes."""
    names, before = speller.names, preview.admin.book.eligibility
    changed = {policy.name for policy in preview.draft.book.eligibility if policy not in before}
    told = [each for each in out_of_reach(preview.draft.book, names.organization) if each[0] in changed]
    spelled = [
        (called, [names.of(Field.PERMISSION_SETS, arn, speller.book).text for arn in sets]) for called, sets in told
    ]
    lines = [f"⚠️ {prose(policy_words.out_of_reach(called, sets), 600)}" for called, sets in spelled[:_MOST_LINES]]
    return sections(lines)


def _not_served(preview: DraftPreview) -> list[Block]:
    """Channels of a platform that is not configured, of policies that this change makes or changes."""
    changed = {policy.name for policy in preview.draft.book.approval if policy not in preview.admin.book.approval}
    told = [each for each in not_served(preview.draft.book) if each[0] in changed]
    return sections([f"⚠️ {prose(policy_words.not_served(*each), 600)}" for each in told[:_MOST_LINES]])


def _empty_groups(preview: DraftPreview, speller: Speller) -> list[Block]:
    """Approver groups in which nobody is today."""
    names, book = speller.names, speller.book
    told = [
        policy_words.empty_groups(called, [names.of(Field.GROUPS, group, book).text for group in groups])
        for called, groups in preview.empty_groups[:_MOST_LINES]
    ]
    return sections([f"⚠️ {prose(each, 600)}" for each in told])


def _effects(preview: DraftPreview, speller: Speller) -> list[Block]:
    told = impact_words.parts(preview.effects, speller)
    blocks = [block for part in told for block in sections([f"*{part.title}*", *_bullets(part.lines)])[:2]]
    nothing = [section(impact_words.NOTHING)] if preview.changes else []
    return [*(blocks or nothing), *_channels(preview)]


def _bullets(lines: Sequence[str]) -> list[str]:
    return [f"• {line}" for line in lines]


def _channels(preview: DraftPreview) -> list[Block]:
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


def saved(revision: int, *, deleted: bool = False) -> View:
    """After the click."""
    list_button = button("All policies", ActionId.POLICIES, "0")
    done = "Deleted" if deleted else "Saved"
    return note(done, [section(f"✅ {done}. Revision {revision} holds, from now on and everywhere.", list_button)])


def done(outcome: Outcome, *, deleted: bool) -> View:
    """After the click: it is in effect, or a second admin has to approve it."""
    if outcome.result is Result.SAVED:
        return saved(outcome.revision, deleted=deleted)
    said = "🔐 Sent. It's not in effect yet: another admin has to approve it. They have been told, and you will be."
    return note("Sent", [section(said)])


def refused(sentence: str, origin: PreviewNote | None) -> View:
    """Instead of a preview; with the way back to what was typed, where there is one."""
    back = button("Back to the form", ActionId.POLICY_BACK, origin.dump()) if origin and origin.section else None
    return note(TITLE, [section(f"⛔ {prose(sentence)}"), *actions(back, block_id="policy.preview")])
