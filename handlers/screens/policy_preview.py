"""Before policies are saved: what changes, who gains and loses what, what is touched; then one click."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.errors import Field, Refusal
from core.domain.outcome import Outcome, Result
from core.domain.policy_diff import Change, PartChange, Section
from core.domain.policy_validation import LONGEST_WHY, capped, gone_from_bundle, is_about, lacking, out_of_reach
from core.ports import Conversation, Proposal
from core.services.policies.drafts import DraftPreview
from core.services.policies.store import RevisionEntry
from handlers.screens import effects, policy_text
from handlers.screens.filled import Filled
from handlers.screens.ids import ActionId, FormId, InputId
from handlers.screens.inputs import Input, Typed
from handlers.screens.memos import read_memo
from handlers.screens.numbers import read_number
from handlers.screens.parts import Break, Button, Part, Tone, aside, buttons, lines, row
from handlers.screens.policy_notice import why
from handlers.screens.policy_text import Speller
from handlers.screens.screen import Screen, note
from handlers.screens.spans import NOTHING, Instant, Said, Text, Untrusted, fill, joined, name, strong, text
from handlers.words import policy_words, sentences
from handlers.words.counts import noun
from handlers.words.policy_words import SECTIONS

TITLE = "What this changes"
WAITING = "Waits for approval"
_MOST_PARTS, _MOST_MEANWHILE, _MOST_PAGES = 20, 3, 12
_NO_RIGHT = "A bundle gives nobody any right: what people may ask for, and who decides, stays as it is."
_CUT = "… and more changes than fit here"
_MOST_FAULTS, _MOST_LINES = 20, 4


@dataclass(frozen=True, slots=True)
class PreviewNote:
    """The memo of a preview. ``section`` is None where there is no form to go back to.

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
            stored = read_memo(text)
            section = Section(stored["s"]) if stored["s"] else None
            return cls(read_number(stored["d"]), section, str(stored["n"]), stored.get("x") is True)
        except (ValueError, TypeError, KeyError):
            return None


def working() -> Screen:
    """Stands while Identity Center and the chat platform are asked."""
    return note(TITLE, [row("Working out what this changes …")], waits=True)


def build(preview: DraftPreview, origin: PreviewNote, *, was_outdated: bool = False) -> Screen:
    """Show a draft; there is nothing to submit when it may not be saved."""
    before, after = Speller(preview.admin.book, preview.admin.names), Speller(preview.draft.book, preview.admin.names)
    may_save, deletes = preview.may_be_saved, origin.deletes and _is_deletion(preview.changes)
    back = Button("Back to the form", ActionId.POLICY_BACK, origin.dump()) if origin.section else None
    return Screen(
        _deletion_title(preview.changes) if deletes else TITLE,
        (
            *_meanwhile(preview, before, was_outdated=was_outdated),
            *_faults(preview, origin),
            *_changes(preview, before, after),
            _lacking(preview),
            _caps(preview),
            _out_of_reach(preview, after),
            _not_served(preview),
            _empty_groups(preview, after),
            _gone_from_bundles(preview, after),
            Break(),
            *_effects(preview, after),
            *_second_admin(preview),
            buttons(back, id="policy.preview"),
            *([_why()] if may_save else []),
        ),
        FormId.PREVIEW,
        _submit(preview, deletes=deletes) if may_save else "",
        "Cancel",
        origin.dump(),
    )


def _submit(preview: DraftPreview, *, deletes: bool) -> str:
    if preview.waits:
        return "Send for approval"
    return "Delete" if deletes else "Save"


def _second_admin(preview: DraftPreview) -> list[Part]:
    if not preview.waits or not preview.may_be_saved:
        return []
    return [row("🔐 Another admin has to approve this: ", policy_words.waits_because(preview.waits), ".")]


def waiting(preview: DraftPreview, proposal: Proposal) -> Screen:
    """A change that waits for a second admin, whole, for whoever decides about it; its author may take it back."""
    before, after = Speller(preview.admin.book, preview.admin.names), Speller(preview.draft.book, preview.admin.names)
    is_own = proposal.author.principal_id == preview.admin.person.id
    number = str(proposal.id)
    return note(
        WAITING,
        [
            row(waiting_line(proposal)),
            *_faults(preview, PreviewNote(preview.draft.id)),
            *_changes(preview, before, after),
            _lacking(preview),
            _caps(preview),
            _out_of_reach(preview, after),
            _not_served(preview),
            _empty_groups(preview, after),
            _gone_from_bundles(preview, after),
            Break(),
            *_effects(preview, after),
            *_second_admin(preview),
            aside("This is your own change: another admin has to approve it." if is_own else ""),
            buttons(
                None if is_own else Button("Approve", ActionId.CHANGE_APPROVE, number, Tone.PRIMARY),
                Button("Reject", ActionId.CHANGE_REJECT, number, Tone.DANGER),
                id="change.decide",
            ),
        ],
    )


def waiting_line(proposal: Proposal) -> Text:
    """The author, the reason, and the time until which it waits."""
    said = why(proposal.why)
    return text(name(proposal.author.name), " · ", said, " · waits until ", Instant(proposal.expires_at))


def _is_deletion(changes: Sequence[PartChange]) -> bool:
    """True if policies go, and nothing else changes."""
    return bool(changes) and all(part.change is Change.REMOVED for part in changes)


def _deletion_title(changes: Sequence[PartChange]) -> str:
    """As much of it as a title takes; the policy is named whole below."""
    return f"Delete {changes[0].name}?" if len(changes) == 1 else f"Delete {len(changes)} policies?"


def _meanwhile(preview: DraftPreview, speller: Speller, *, was_outdated: bool) -> list[Part]:
    if not preview.meanwhile:
        return []
    begin = "Not saved: others were faster." if was_outdated else "Others have changed the policies meanwhile."
    told = [
        text("⚠️ ", strong(begin), " What you have typed is still here, on top of theirs. Look at it again, then save.")
    ]
    for entry in preview.meanwhile[:_MOST_MEANWHILE]:
        told += [revision_line(entry), *policy_text.changes(entry.changes[:5], speller, speller)]
    rest = len(preview.meanwhile) - _MOST_MEANWHILE
    more = f"and {rest} earlier revisions, see the history" if rest > 0 else ""
    return [lines(*told, most=3), aside(more), Break()]


def revision_line(entry: RevisionEntry) -> Text:
    """``Revision 12 · Erin Gray · today at 14:02 · “a second approver”``."""
    revision = entry.revision
    said = why(revision.why)
    by = text("Revision ", revision.book.revision, " · ", name(revision.author.name))
    return text(by, " · ", Instant(revision.at), " · ", said)


def _faults(preview: DraftPreview, origin: PreviewNote) -> list[Part]:
    """The faults, part by part, each with the way to where it is mended; then what belongs to none."""
    left = list(preview.faults[:_MOST_FAULTS])
    parts: list[Part] = []
    for part in preview.changes:
        found = [fault for fault in left if is_about(fault, part.section, part.name)]
        if found and part.change is not Change.REMOVED:
            left = [fault for fault in left if fault not in found]
            parts.append(_fault_of(part, found, preview.draft.id, origin))
    rest = lines(*map(_fault_line, left), most=5)
    return [row(strong("This cannot be saved:")), *parts, rest, Break()] if preview.faults else []


def _fault_of(part: PartChange, found: Sequence[Refusal], draft: int, origin: PreviewNote) -> Part:
    there = PreviewNote(draft, part.section, part.name)
    is_here = (origin.section, origin.name) == (there.section, there.name)
    edit = Button("Edit", ActionId.POLICY_BACK, there.dump(), spoken=f"Edit {part.name or SECTIONS[part.section]}")
    return row(joined("\n", map(_fault_line, found[:_MOST_LINES])), button=None if is_here else edit)


def _fault_line(fault: Refusal) -> Text:
    return text("⛔ ", _where(fault.policies), Untrusted(sentences.refusal(fault), 500))


def _where(policies: Sequence[str]) -> Text:
    return text(name(policies[0]), ": ") if len(policies) == 1 else NOTHING


def _changes(preview: DraftPreview, before: Speller, after: Speller) -> list[Part]:
    if not preview.changes:
        return [row("Nothing changes: this is already in effect.")]
    shown = policy_text.changes(preview.changes[:_MOST_PARTS], before, after)
    rest = len(preview.changes) - _MOST_PARTS
    if rest > 0:
        return [lines(*shown, most=_MOST_PAGES), aside(_CUT)]
    return [lines(*shown, most=_MOST_PAGES, cut=_CUT)]


def _caps(preview: DraftPreview) -> Part:
    """Policies that say more than the global maximum: told where this change makes it so."""
    cap, was = preview.draft.book.settings.max_duration, preview.admin.book
    known = set(capped(was)) if was.settings.max_duration == cap else set()
    told = [
        text("⚠️ ", Untrusted(policy_words.capped(called, promised, cap), 400))
        for called, promised in capped(preview.draft.book)
        if (called, promised) not in known
    ]
    rest = len(told) - _MOST_LINES
    return lines(
        *told[:_MOST_LINES], f"and {rest} more {noun(rest, 'policy is', 'policies are')} capped so" if rest > 0 else ""
    )


def _lacking(preview: DraftPreview) -> Part:
    """The last policy of its kind goes, or the first one of the other kind comes."""
    known = lacking(preview.admin.book)
    told = (policy_words.lacking(section) for section in lacking(preview.draft.book) if section not in known)
    return lines(*(text("⚠️ ", each) for each in told))


def _out_of_reach(preview: DraftPreview, speller: Speller) -> Part:
    """Sets that could not be granted, of policies that this change makes or changes."""
    names, before = speller.names, preview.admin.book.eligibility
    changed = {policy.name for policy in preview.draft.book.eligibility if policy not in before}
    told = [each for each in out_of_reach(preview.draft.book, names.organization) if each[0] in changed]
    spelled = [
        (called, [names.of(Field.PERMISSION_SETS, arn, speller.book).text for arn in sets]) for called, sets in told
    ]
    return lines(*(text("⚠️ ", Untrusted(policy_words.out_of_reach(*each), 600)) for each in spelled[:_MOST_LINES]))


def _not_served(preview: DraftPreview) -> Part:
    """Channels of a platform that is not configured, of policies that this change makes or changes."""
    changed = {policy.name for policy in preview.draft.book.approval if policy not in preview.admin.book.approval}
    told = [each for each in preview.not_served if each[0] in changed]
    return lines(*(text("⚠️ ", Untrusted(policy_words.not_served(*each), 600)) for each in told[:_MOST_LINES]))


def _empty_groups(preview: DraftPreview, speller: Speller) -> Part:
    """Approver groups in which nobody is today."""
    names, book = speller.names, speller.book
    told = [
        policy_words.empty_groups(called, [names.of(Field.GROUPS, group, book).text for group in groups])
        for called, groups in preview.empty_groups[:_MOST_LINES]
    ]
    return lines(*(text("⚠️ ", Untrusted(each, 600)) for each in told))


def _gone_from_bundles(preview: DraftPreview, speller: Speller) -> Part:
    """Targets that are not there, of bundles that this change makes or changes."""
    names, changed = (
        speller.names,
        [each for each in preview.draft.book.bundles if each not in preview.admin.book.bundles],
    )
    told = [lost for bundle in changed for lost in gone_from_bundle(bundle, names.organization)]
    halves = {Field.ACCOUNT: Field.ACCOUNTS, Field.PERMISSION_SET: Field.PERMISSION_SETS}
    said = (
        policy_words.gone_from_bundle(
            each.bundle, each.place, names.of(halves[each.half], each.gone, speller.book).text
        )
        for each in told[:_MOST_LINES]
    )
    return lines(*(text("⚠️ ", Untrusted(each, 400)) for each in said))


def _effects(preview: DraftPreview, speller: Speller) -> list[Part]:
    told = [_effect(each) for each in effects.parts(preview.effects, speller)]
    alone = all(part.section is Section.BUNDLES for part in preview.changes)
    nothing = [row(_NO_RIGHT if alone else effects.NOTHING)] if preview.changes else []
    return [*(told or nothing), *_channels(preview)]


def _effect(effect: effects.Effect) -> Part:
    return lines(strong(effect.title), *(text("• ", line) for line in effect.lines), most=2)


def _channels(preview: DraftPreview) -> list[Part]:
    """The channels of future cards, and whether the bot can post there."""
    told = (
        ("The bot can post in {channels}.", preview.posts),
        ("The bot is not in {channels} yet. It joins when you save.", preview.joins),
    )
    return [row("💬 ", fill(said, channels=_called(channels))) for said, channels in told if channels]


def _called(channels: Sequence[Conversation]) -> Said:
    return Untrusted(sentences.names([f"#{channel.called}" for channel in channels]), 1000)


def _why() -> Input:
    control = Typed(LONGEST_WHY, is_long=True, placeholder="What this is for")
    hint = "Kept with the revision, and in the audit trail."
    return Input(InputId.WHY, ActionId.PICK, "Why", control, hint=hint)


def typed_why(filled: Filled) -> str:
    """The reason typed into **Why**."""
    return filled.typed(InputId.WHY).strip()


def saved(revision: int, *, deleted: bool = False) -> Screen:
    """After the click."""
    list_button = Button("All policies", ActionId.POLICIES, "0")
    done = "Deleted" if deleted else "Saved"
    said = f"✅ {done}. Revision {revision} is in effect now."
    return note(done, [row(said, button=list_button)])


def done(outcome: Outcome, *, deleted: bool) -> Screen:
    """After the click: it is in effect, or a second admin has to approve it."""
    if outcome.result is Result.SAVED:
        return saved(outcome.revision, deleted=deleted)
    said = "🔐 Sent. It's not in effect yet: another admin has to approve it. They have been told, and you will be."
    return note("Sent", [row(said)])


def refused(sentence: str, origin: PreviewNote | None) -> Screen:
    """Instead of a preview; with the way back to what was typed, where there is one."""
    back = Button("Back to the form", ActionId.POLICY_BACK, origin.dump()) if origin and origin.section else None
    return note(TITLE, [row("⛔ ", Untrusted(sentence)), buttons(back, id="policy.preview")])
